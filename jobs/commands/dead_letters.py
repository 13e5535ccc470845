"""``sojourn dead-letters``: what could not be read, looked at, repaired and sent again."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from jobs.commands.options import folder_argument, json_option, map_option, read_map
from jobs.contents import Contents
from jobs.journal.log import Journal
from jobs.letters.letter import SHORT, Choice, Letter, line_of, read_letters, repaired_by
from jobs.letters.repair import Verdict, edited, judged
from jobs.show.progress import Progress
from jobs.show.summary import called
from jobs.show.table import table
from jobs.show.values import write_json
from jobs.show.words import counted
from schemas.errors import SettingError
from schemas.journey_map import JourneyMap

REASONS = ("not_json", "schema", "no_identity", "time_in_future", "too_large", "schema_unknown", "erased")
FOUND = 1
BATCH = 5_000
reason_option = click.option("--reason", "reasons", multiple=True, type=click.Choice(REASONS), help="Only those of this reason; may be repeated.")
since_option = click.option("--since", metavar="INSTANT", help="Only those that came from then on, like 2026-03-31T12:00:00Z.")


@click.group("dead-letters", short_help="List, show, repair and send again what could not be read.")
def command() -> None:
    """List, show, repair and send again what could not be read.

    Every payload that breaks the contract is kept with its bytes, its place and the reason. Repaired and sent again, everything but the dead letters
    equals a run that was never broken; the letters stay where they are, as what happened. Sending one twice does no harm.
    """


@command.command("list", short_help="List them.")
@folder_argument
@reason_option
@since_option
@click.option("--limit", metavar="N", default=20, show_default=True, type=click.IntRange(1), help="In the table at most so many.")
@click.option("--lines", "as_lines", is_flag=True, help="All, one JSON object a line: repair their payload and give them to replay --from.")
@json_option
def list_(folder: Path, reasons: tuple[str, ...], since: str | None, limit: int, as_lines: bool, as_json: bool) -> None:
    """List the dead letters of DIR: those that its newest snapshot shows, one for each payload."""
    letters = list(read_letters(folder, Choice(reasons, _instant_us(since))))
    if as_lines:
        sys.stdout.buffer.writelines(line_of(letter) + b"\n" for letter in letters)
        return
    if as_json:
        write_json(({"md5": one.md5, "received_at": one.received_at, **_told(one), "payload": _text(one)} for one in letters), sys.stdout)
        return
    rows = [(one.md5[:SHORT], one.received_at, one.reason, one.detail, one.feed, one.place, len(one.payload or b"")) for one in letters[:limit]]
    if rows:
        click.echo(table(["letter", "came", "reason", "detail", "source", "place", "bytes"], rows))
    by_reason = ", ".join(f"{count:,} {reason}" for reason, count in Counter(one.reason for one in letters).most_common())
    click.echo(counted(len(letters), "dead letter") + (f": {by_reason}" if by_reason else ""))


@command.command("show", short_help="Show one, with its bytes.")
@folder_argument
@click.argument("letter", metavar="LETTER")
@click.pass_context
def show(ctx: click.Context, folder: Path, letter: str) -> None:
    """Show a dead letter: why it was refused, where it lay, and its bytes as they came. LETTER is the beginning of its md5, as list prints it."""
    found = list(read_letters(folder, Choice(names=[letter])))
    if len(found) != 1:
        click.echo(f"sojourn: {counted(len(found), 'dead letter')} of {folder} begin with {letter!r}; give another or more digits", err=True)
        ctx.exit(FOUND)
    for name, value in {"letter": found[0].md5, "came": found[0].received_at, **_told(found[0])}.items():
        click.echo(f"{click.style(f'{name:8}', bold=True)}  {value}")
    click.echo()
    sys.stdout.flush()
    sys.stdout.buffer.write((found[0].payload or b"") + b"\n")
    sys.stdout.buffer.flush()


@command.command("replay", short_help="Repair some and send them again.")
@folder_argument
@click.option(
    "--edit", metavar="COMMAND", help="Run this for each: it reads the payload and writes it repaired; where it fails the letter is left out."
)
@click.option("--from", "lines", metavar="FILE", type=click.File("rb"), help="Lines of list --lines with repaired payloads; - for standard input.")
@click.option("--letter", "names", metavar="LETTER", multiple=True, help="Only those whose md5 begins so; may be repeated.")
@reason_option
@since_option
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write them to a new file, for sojourn run to read.")
@click.option("--dry-run", is_flag=True, help="Only say what would become of them.")
@map_option
@click.pass_context
def replay(
    ctx: click.Context,
    folder: Path,
    edit: str | None,
    lines: click.utils.LazyFile | None,
    names: tuple[str, ...],
    reasons: tuple[str, ...],
    since: str | None,
    out: Path | None,
    dry_run: bool,
    map_path: Path | None,
) -> None:
    """Repair dead letters of DIR and send them again.

    What would still be refused is not sent, and named. Letters of a DIR of workers go to the topic they came from, with the headers they had (the
    topic of dead letters has them for a month), keyed by customer; those of a run are written to --out.
    Without --edit and --from they are sent as they are: a schema may be known by now, or a future have come.
    """
    if edit and lines:
        raise click.UsageError("give --edit or --from, not both")
    journey_map, shared = _map_of(folder, map_path), Journal(folder, None).shared
    if not (shared or out or dry_run):
        raise click.UsageError(f"{folder} was made by sojourn run: say with --out into which file the repaired letters go, for it to read")
    if out is not None and out.exists():
        raise SettingError(f"{out} is there already; give a new file")
    letters = [one for one in _letters(folder, Choice(reasons, _instant_us(since), names), shared) if one.payload]
    with Progress() as progress:
        repaired = list(repaired_by(lines, letters)) if lines else _edited(letters, edit, progress) if edit else letters  # type: ignore[arg-type]
        verdicts = [verdict for at in range(0, len(repaired), BATCH) for verdict in judged(repaired[at : at + BATCH], journey_map)]
        accepted = [verdict for verdict in verdicts if verdict.line is not None]
        sent = "none was sent" if dry_run or not accepted else _sent(folder, accepted, journey_map, out, progress)
    refused = [verdict for verdict in verdicts if verdict.line is None]
    for verdict in refused[:10]:
        click.echo(f"{verdict.letter.feed} at {verdict.letter.place}: still {verdict.reason}: {verdict.detail}", err=True)
    left = f", {len(letters) - len(repaired):,} left out" if len(repaired) < len(letters) else ""
    click.echo(f"{counted(len(letters), 'dead letter')}: {len(accepted):,} readable now, {len(refused):,} still refused{left}; {sent}")
    if refused:
        ctx.exit(FOUND)


def _letters(folder: Path, choice: Choice, shared: bool) -> list[Letter]:
    """Return the letters of a DIR; those of workers from their topic, as far as it still has them, for there they have their headers."""
    letters = list(read_letters(folder, choice))
    if not shared:
        return letters
    from jobs.kafka.settings import read_settings
    from jobs.kafka.tools.letters import read_topic

    found = [letter for letter in read_topic(read_settings(os.environ), Contents.of(folder).sources) if choice.means(letter)]
    there = {letter.md5 for letter in found}
    return [*found, *(letter for letter in letters if letter.md5 not in there)]


def _edited(letters: Sequence[Letter], command: str, progress: Progress) -> list[Letter]:
    repaired = []
    for count, letter in enumerate(letters, 1):
        after = edited(letter, command)
        repaired += [after] if after is not None else []
        progress.events("repairing", count)
    return repaired


def _sent(folder: Path, accepted: Sequence[Verdict], journey_map: JourneyMap, out: Path | None, progress: Progress) -> str:
    """Bring them on their way, and say how they go on."""
    if out is not None:
        out.write_bytes(b"".join((verdict.line or b"") + b"\n" for verdict in accepted))
        return f"{counted(len(accepted), 'event')} written to {out}; bring them in: {called()} run {out} --to {folder}"
    from jobs.kafka.settings import read_settings
    from jobs.kafka.tools.letters import send_again

    sent = send_again(read_settings(os.environ), journey_map, accepted, lambda count: progress.events("sending", count))
    return ", ".join(f"{counted(count, 'event')} sent to {topic}" for topic, count in sent.items())


def _map_of(folder: Path, path: Path | None) -> JourneyMap:
    """Return the map, which must be the DIR's: it says who a customer is, and so under which key an event goes.

    Raises:
        SettingError: it is another one.
    """
    journey_map = read_map(path)
    first = next((commit for number in range(Journal(folder, None).partitions) for commit in Journal(folder, None).commits(number)), None)
    if first is not None and first.map_digest != journey_map.digest:
        raise SettingError(f"{folder} was made with another journey map (digest {first.map_digest[:8]}); give that map with --map")
    return journey_map


def _text(letter: Letter) -> str | None:
    return None if letter.payload is None else letter.payload.decode("utf-8", "backslashreplace")


def _told(letter: Letter) -> dict[str, object]:
    return {"reason": letter.reason, "detail": letter.detail, "source": letter.feed, "place": letter.place}


def _instant_us(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise SettingError(f"--since {text!r}: give an instant like 2026-03-31T12:00:00Z") from None
    return int((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp() * 1_000_000)
