"""Alerts in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from jobs.show.table import table
from jobs.show.words import counted, instant, span
from schemas.note import Note

Row = dict[str, Any]

_COLOURS = {"critical": "red", "high": "red", "warning": "yellow"}
_HEADS = ("key", "severity", "harm", "rule", "about", "since", "where", "state", "note")


def list_page(rows: Sequence[Row], *, everything: bool) -> str:
    """Lay out a list."""
    if not rows:
        return "Nothing was said yet." if everything else "Nothing is wrong that the rules know of; --all shows what is over."
    lines = [[_short(row), row["severity"], span(row["harm_min"] * 60), row["rule"], _about(row), _minute(row["since"]), *_rest(row)] for row in rows]
    head = counted(len(rows), "alert") if everything else f"{counted(len(rows), 'alert')} that hold{'s' if len(rows) == 1 else ''}"
    return f"{click.style(head, bold=True)}, the gravest first (harm: time of one person waiting beyond what is tolerable)\n" + table(
        _HEADS, lines, right=(2,)
    )


def history_lines(history: Sequence[Row]) -> str:
    """Lay out what was said of one alert."""
    rows = [
        [_second(row["said_at"]), row["state"], row["severity"], f"{row['harm']:,} min", "sent" if row["send"] else "recorded"] for row in history
    ]
    return table(("said at", "state", "severity", "harm", ""), rows, right=(3,))


def dossier_page(data: Row, history: Sequence[Row], notes: Sequence[Row]) -> str:
    """Lay out one alert whole."""
    interval, colour = data["interval"], _COLOURS.get(data["severity"])
    until = f", until {_second(interval['until'])}" if interval.get("until") else ""
    parts = [
        f"{click.style(data['severity'], fg=colour, bold=True)}  {click.style(data['title'], bold=True)}",
        *filter(None, [data["sentence"], f"What to do: {data['runbook']}" if data.get("runbook") else ""]),
        f"Since {_second(interval['since'])}{until}, as of {_second(interval['as_of'])}. Key {data['key']}.",
        f"Harm: {data['harm']['sum']}",
        *(f"Owner of {owner['what']}: {owner['team']}" + (f", {owner['person']}" if owner.get("person") else "") for owner in data["owners"]),
        *(f"{note['kind']} by {note['who']}: {note['why']}" + _until(note) for note in notes),
    ]
    if data.get("customers"):
        parts.append(f"Customers: {', '.join(data['customers'][:20])}" + (" …" if len(data["customers"]) > 20 else ""))
    worth = data.get("worth")
    if worth:
        amount = f"{worth['revenue_at_risk_minor'] / 100:,.2f} {worth['currency'] or ''}".rstrip()
        parts.append(f"At stake: {amount}; {worth['churn_risk']:.0%} leave within {worth['horizon_days']} days".replace("%", " %"))
    blocks = ["\n".join(parts), *_claims(data), *_journey(data), history_lines(history)]
    return "\n\n".join(blocks)


def _claims(data: Row) -> list[str]:
    lines = [f"  · {claim['text']}  [{', '.join(claim['events'][:5])}{' …' if len(claim['events']) > 5 else ''}]" for claim in data["claims"]]
    return ["\n".join(["What it follows from, with the events:", *lines])] if lines else []


def _journey(data: Row) -> list[str]:
    journey = data.get("journey")
    if not journey:
        return []
    left_out = f", {counted(journey['left_out'], 'step')} left out" if journey.get("left_out") else ""
    lines = [f"Journey {journey['journey_id']} ({counted(journey['step_count'], 'step')}{left_out})"]
    wide = max(len(step["type"]) for step in journey["steps"]) if journey["steps"] else 0
    for step in journey["steps"]:
        waited = f"waited {span(step['wait_s'])}" + (f", {step['zone']}" if step.get("zone") else "") if step.get("wait_s") is not None else ""
        text = f"“{' '.join(step['text'].split())[:80]}”" if step.get("text") else ""
        remarks = "; ".join(filter(None, (waited, text)))
        mark, channel = "→" if step.get("evidence") else " ", step.get("channel") or ""
        lines.append(f"{mark} {_second(step['occurred_at'])}  {step['type']:{wide}}  {channel:9} {remarks}".rstrip())
    return ["\n".join(lines)]


def _short(row: Row) -> str:
    return str(row["key"])[:8]


def _about(row: Row) -> str:
    return f"{row['subject_kind']} {row['subject_id']}"


def _rest(row: Row) -> list[str]:
    where = ", ".join(row[name] for name in ("stage", "channel", "site") if row[name])
    return [where, row["state"], "; ".join(f"{note['kind']}: {note['who']}" for note in row["notes"])]


def _until(note: Row) -> str:
    return f" (until {instant(note['until_us'])})" if note["until_us"] is not None else ""


def _minute(text: str) -> str:
    return f"{text[:10]} {text[11:16]}"


def _second(text: str) -> str:
    return f"{text[:10]} {text[11:19]}Z"


def notes_page(notes: Sequence[Note]) -> str:
    """Lay out notes."""
    if not notes:
        return "No notes."
    rows = [[note.id, note.kind, _what(note), instant(note.from_us), instant(note.until_us) or "for ever", note.who, note.why] for note in notes]
    return table(("note", "kind", "about", "from", "until", "who", "why"), rows)


def _what(note: Note) -> str:
    if note.kind == "lift":
        return f"note {note.of}"
    if note.key is not None:
        return f"alert {note.key:016x}"
    return ", ".join(f"{name} {glob}" for name, glob in (("rule", note.rule), ("site", note.site), ("stage", note.stage)) if glob)
