"""``sojourn alerts``: what was said about breaches, and notes about it."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from getpass import getuser
from pathlib import Path
from typing import Literal

import click

from jobs.alerts.dossier import dossier
from jobs.alerts.page import dossier_page, list_page, notes_page
from jobs.alerts.read import Choice, Row, one, read_alerts, read_history
from jobs.commands.options import folder_argument, json_option, map_option, read_map
from jobs.mart.open import open_mart
from jobs.notes import Notes
from jobs.show.values import write_json
from pipelines.judge.shelf import shelf
from pipelines.say.dossier import House
from pipelines.say.speech import speeches
from pipelines.say.step import Manner
from schemas import duration
from schemas.errors import SettingError
from schemas.note import Note

Kind = Literal["ack", "snooze", "maintenance", "lift"]

_US = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

key_argument = click.argument("key", metavar="KEY")
by_option = click.option("--by", metavar="WHO", help="Who says so; without it the user of this machine.")
why_option = click.option("--why", metavar="WORDS", required=True, help="Why, for whoever reads it later.")
for_option = click.option("--for", "lasting", metavar="DURATION", help="How long, as in 30min, 2h or 1d12h.")
until_option = click.option("--until", metavar="INSTANT", help="Until when, as in 2025-03-31T08:00:00Z.")
rule_option = click.option("--rule", metavar="GLOB", help="Only alerts of these rules.")
site_option = click.option("--site", metavar="GLOB", help="Only at these sites.")
stage_option = click.option("--stage", metavar="GLOB", help="Only in these stages.")


@click.group("alerts", short_help="List alerts; acknowledge, snooze, or announce maintenance.")
def command() -> None:
    """Alerts: what was said about breaches, and notes about it.

    Notes silence delivery, never a rule: what is silenced is recorded and listed all the same.
    """


@command.command("list", short_help="List the alerts that hold, the gravest first.")
@folder_argument
@click.option("--all", "everything", is_flag=True, help="Those that are over too.")
@rule_option
@site_option
@stage_option
@json_option
def list_command(folder: Path, everything: bool, rule: str | None, site: str | None, stage: str | None, as_json: bool) -> None:
    """List the alerts of the newest snapshot that hold, the gravest first."""
    rows = _rows(folder, Choice(everything, rule, site, stage))
    if as_json:
        write_json(iter(rows), sys.stdout)
    else:
        click.echo(list_page(rows, everything=everything))


@command.command("show", short_help="Show one alert whole.")
@folder_argument
@key_argument
@map_option
@json_option
def show_command(folder: Path, key: str, map_path: Path | None, as_json: bool) -> None:
    """Show one alert: what it follows from, the journey with its waits, who answers for it, what was said when. KEY may be the beginning of a key."""
    row = _one(folder, key)
    journey_map = read_map(map_path)
    house = House(journey_map, speeches(shelf(journey_map)), scale=Manner.of(journey_map).scale.steps)
    with open_mart(folder) as con:
        data = dossier(con, int(row["key"], 16), house)
        history = read_history(con, row["key"])
    if as_json:
        write_json(iter([data]), sys.stdout)
    else:
        click.echo(dossier_page(data, history, row["notes"]))


@command.command("ack", short_help="Say that somebody takes care of an alert.")
@folder_argument
@key_argument
@by_option
@why_option
def ack_command(folder: Path, key: str, by: str | None, why: str) -> None:
    """Acknowledge an alert: nothing more of it is delivered. KEY may be the beginning of a key."""
    _note(folder, "ack", by, why, key=int(_one(folder, key)["key"], 16))


@command.command("snooze", short_help="Ask for silence about an alert for a while.")
@folder_argument
@key_argument
@for_option
@until_option
@by_option
@why_option
def snooze_command(folder: Path, key: str, lasting: str | None, until: str | None, by: str | None, why: str) -> None:
    """Ask for silence about an alert until an instant, or for a duration. KEY may be the beginning of a key."""
    key_bits, now = int(_one(folder, key)["key"], 16), _now_us()
    _note(folder, "snooze", by, why, key=key_bits, from_us=now, until_us=_end(lasting, until, now))


@command.command("maintenance", short_help="Announce work, so that nobody is woken.")
@folder_argument
@rule_option
@site_option
@stage_option
@click.option("--from", "begins", metavar="INSTANT", help="From when on, as in 2025-03-31T22:00:00Z; without it from now on.")
@for_option
@until_option
@by_option
@why_option
def maintenance_command(
    folder: Path,
    rule: str | None,
    site: str | None,
    stage: str | None,
    begins: str | None,
    lasting: str | None,
    until: str | None,
    by: str | None,
    why: str,
) -> None:
    """Announce work on a site, a stage or what a rule watches: while it lasts nothing of it is delivered."""
    if not (rule or site or stage):
        raise click.UsageError("say what the work is on: --rule, --site or --stage (--rule '*' is everything)")
    from_us = _now_us() if begins is None else _instant("--from", begins)
    _note(folder, "maintenance", by, why, from_us=from_us, until_us=_end(lasting, until, from_us), rule=rule, site=site, stage=stage)


@command.command("notes", short_help="List acknowledgements, snoozes and maintenance.")
@folder_argument
@json_option
def notes_command(folder: Path, as_json: bool) -> None:
    """List the notes of DIR that were not lifted and have not ended."""
    notes = [note for note in Notes(folder).standing() if note.until_us is None or note.until_us > _now_us()]
    if as_json:
        write_json(({name: getattr(note, name) for name in Note.__struct_fields__} for note in notes), sys.stdout)
    else:
        click.echo(notes_page(notes))


@command.command("lift", short_help="End a note before its time.")
@folder_argument
@click.argument("note_id", metavar="NOTE")
@by_option
@why_option
def lift_command(folder: Path, note_id: str, by: str | None, why: str) -> None:
    """End an acknowledgement, a snooze or a maintenance. NOTE is its id, as sojourn alerts notes shows it."""
    known = [note.id for note in Notes(folder).standing()]
    if note_id not in known:
        raise SettingError(f"no note {note_id!r} holds in {folder}; those that do: {', '.join(known) or 'none'}")
    _note(folder, "lift", by, why, of=note_id)


def _rows(folder: Path, choice: Choice) -> list[Row]:
    with open_mart(folder) as con:
        return read_alerts(con, choice, Notes(folder).standing(), _now_us())


def _one(folder: Path, key: str) -> Row:
    return one(_rows(folder, Choice(everything=True, key=key.lower())), key)


def _note(
    folder: Path,
    kind: Kind,
    by: str | None,
    why: str,
    *,
    from_us: int | None = None,
    until_us: int | None = None,
    key: int | None = None,
    rule: str | None = None,
    site: str | None = None,
    stage: str | None = None,
    of: str | None = None,
) -> None:
    """Keep a note and say what was kept."""
    now, notes = _now_us(), Notes(folder)
    note = Note(
        id=notes.new_id(now),
        kind=kind,
        at_us=now,
        who=by or getuser(),
        why=why,
        from_us=now if from_us is None else from_us,
        until_us=until_us,
        key=key,
        rule=rule,
        site=site,
        stage=stage,
        of=of,
    )
    notes.add(note)
    click.echo(notes_page([note]))


def _end(lasting: str | None, until: str | None, from_us: int) -> int:
    if (lasting is None) == (until is None):
        raise click.UsageError("say how long: either --for 2h or --until 2025-03-31T08:00:00Z")
    if lasting is not None:
        try:
            return from_us + duration.parse(lasting) // _US
        except ValueError as error:
            raise SettingError(f"--for {lasting!r}: allowed: {error}") from None
    end_us = _instant("--until", until or "")
    if end_us <= from_us:
        raise SettingError(f"--until {until!r} is over before it begins; give a later instant")
    return end_us


def _instant(option: str, text: str) -> int:
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise ValueError
    except ValueError:
        raise SettingError(f"{option} {text!r}: give an instant with a zone, as in 2025-03-31T08:00:00Z") from None
    return (instant - _EPOCH) // _US


def _now_us() -> int:
    return time.time_ns() // 1000
