"""``sojourn demo``: a simulated company, from its events to answers, in one go."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

from jobs.commands.options import new_folder
from jobs.commands.stopping import stoppable
from jobs.journal.log import Journal
from jobs.mart.open import open_mart
from jobs.run import RunSettings, Summary, run
from jobs.show.demo import compared_page, demo_page
from jobs.show.progress import Progress
from jobs.show.summary import read_answers
from jobs.show.timeline import read_illustration
from jobs.show.words import counted
from jobs.simulate import simulate
from jobs.sources.jsonl import JsonLines
from jobs.sources.source import Stopper
from schemas.errors import SettingError
from schemas.journey_map import default_map

_UNFINISHED = {"format", "journal", "run.lock", "simulated"}
DIFFERS = 1


@dataclass(frozen=True)
class _Asked:
    """The simulation that a demo stands on."""

    events: int
    seed: int


@click.command("demo", short_help="Simulate a company, rebuild its journeys, show what they say.")
@click.option("--events", metavar="N", default=200_000, show_default=True, type=click.IntRange(1000, 50_000_000), help="How many events to simulate.")
@click.option("--seed", metavar="S", default=1, show_default=True, type=click.IntRange(0), help="Another seed, another company.")
@click.option("--to", metavar="DIR", type=new_folder, help="Where to put it.  [default: demo, with --kafka demo-kafka]")
@click.option("--kafka", "on_kafka", is_flag=True, help="Through Kafka, with workers and a mart, and then compared with the run without.")
@click.option("--workers", metavar="N", default=2, show_default=True, type=click.IntRange(1, 64), help="How many workers, with --kafka.")
@click.pass_context
def command(ctx: click.Context, events: int, seed: int, to: Path | None, on_kafka: bool, workers: int) -> None:
    """Simulate a service company, rebuild its customers' journeys, and show what they say.

    Takes a few seconds. What is shown lies in DIR and can be asked on with sojourn sql, journey, status and check.

    With --kafka the events go through topics of their own at KAFKA_BOOTSTRAP_SERVERS; all that is started there ends with the demo.
    """
    asked, to = _Asked(events, seed), to or Path("demo-kafka" if on_kafka else "demo")
    click.echo(f"A simulated service company: {counted(events, 'event')}, seed {seed}. It is invented; what is said about it is computed.", err=True)
    with stoppable() as (stopper, came), Progress() as progress:
        if on_kafka:
            equal = _on_kafka(asked, to, workers, stopper, progress)
        else:
            log = _simulated(asked, to, progress)
            summary = run([JsonLines(log)], RunSettings(to=to, journey_map=default_map()), stopper=stopper, report=progress.events)
    if came:
        ctx.exit(130)
    if not on_kafka:
        _show(summary, to)
    elif not equal:
        ctx.exit(DIFFERS)


def _on_kafka(asked: _Asked, to: Path, workers: int, stopper: Stopper, progress: Progress) -> bool:
    """Do it through a broker; return whether it says the same as without, True where it was told to end before."""
    from jobs.kafka.demo import Demonstration
    from jobs.kafka.link import reach
    from jobs.kafka.settings import read_settings

    settings = read_settings(os.environ)
    reach(settings.connection)
    log = _simulated(asked, to, progress, settings.topics.partitions)
    shown = Demonstration(to, log, settings, workers, progress.say, progress.events, stopper).show()
    if shown is None:
        return True
    _show(shown.summary, to)
    click.echo("\n" + compared_page(shown.tables, f"{counted(workers, 'worker')} on Kafka", "the embedded run"))
    return shown.equal


def _simulated(asked: _Asked, folder: Path, progress: Progress, partitions: int = 0) -> Path:
    """Return the log of the simulation, made anew only where it is not there; the folder is made for so many partitions of workers, 0 = for a run.

    Raises:
        SettingError: the folder holds another simulation, or something else.
    """
    place, note = folder / "simulated", folder / "simulated" / "asked.json"
    if note.exists():
        before = msgspec.json.decode(note.read_bytes(), type=_Asked)
        if before != asked:
            raise SettingError(f"{folder} holds a demo of {before.events} events, seed {before.seed}; remove it, or give another --to")
        return place / "events.jsonl"
    _refuse_other_things(folder)
    Journal(folder, partitions or 1, shared=partitions > 0)  # makes the DIR while it is empty
    made = simulate(asked.events, asked.seed, place, lambda count: progress.events("simulating", count))
    note.write_bytes(msgspec.json.encode(asked))
    return made.events_path


def _refuse_other_things(folder: Path) -> None:
    """Invented events must never come among real ones. What a demo leaves that was stopped before it had simulated everything is no hindrance."""
    held = {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()
    strange = sorted(held - _UNFINISHED) or sorted(path.name for path in folder.glob("journal/log/*/*.json"))
    if strange:
        raise SettingError(f"{folder} is not empty, and holds no demo (it has {strange[0]!r}): invented events don't go there; give another --to")


def _show(summary: Summary, folder: Path) -> None:
    with open_mart(folder) as con:
        answers = read_answers(con)
        example = read_illustration(con, [str(customer["customer_id"]) for customer in answers.customers])
        click.echo(demo_page(summary, answers, example, folder))
