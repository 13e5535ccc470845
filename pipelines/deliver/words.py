"""Notices and digests in words, for chats and mail: what is wrong, where, since when. No dossier: that stays with receivers that sign for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from pipelines.deliver.digest import lines
from pipelines.deliver.instants import day_and_minute, measured
from pipelines.deliver.notice import Notice

SHOWN = 20
"""So many alerts of a digest are told one by one; the rest is counted."""
_STATES = {
    "opened": "opened",
    "updated": "goes on",
    "resolved": "is over",
    "retracted": "taken back: later data show that it never held",
    "unknown": "unknown: its source is silent",
}


@dataclass(frozen=True, slots=True)
class Words:
    """A message for people, in plain text."""

    title: str
    text: str
    severity: str
    closing: bool


def words_of(notice: Notice) -> Words:
    """Tell one notice."""
    said = _of_body(notice.body)
    facts = [
        ("", _text(said.get("sentence"))),
        ("Harm", _text(_part(said.get("harm")).get("sum"))),
        ("Measured", _measure(notice)),
        ("Since", day_and_minute(notice.since_us)),
        ("Until", day_and_minute(notice.until_us) if notice.until_us is not None else ""),
        ("Where", _where(notice)),
        ("Who can help", ", ".join(filter(None, (notice.team, notice.operation)))),
        ("What to do", _text(said.get("runbook"))),
        ("Alert", f"{notice.key:016x}"),
    ]
    title = f"[{notice.severity}] {_text(said.get('title')) or f'{_rule(notice.rule)}: {_subject(notice)}'} – {_STATES[notice.state]}"
    return Words(title, _listed(facts), notice.severity, notice.closing)


def words_of_digest(notices: Sequence[Notice]) -> Words:
    """Tell many notices: what holds, and what began and ended meanwhile."""
    found = lines(notices)
    last = {notice.key: notice for notice in notices}
    told = [_line(last[int(line.key, 16)], line.severity) for line in found[:SHOWN]]
    if len(found) > SHOWN:
        told.append(f"… and {len(found) - SHOWN:,} more")
    ended = sum(last[int(line.key, 16)].closing for line in found)
    first, until = min(notice.said_us for notice in notices), max(notice.said_us for notice in notices)
    title = f"{len(found):,} alerts: {len(found) - ended:,} hold, {ended:,} are over"
    return Words(title, "\n".join([f"Said from {day_and_minute(first)} to {day_and_minute(until)}:", *told]), found[0].severity, ended == len(found))


def _line(notice: Notice, severity: str) -> str:
    ended = f" until {day_and_minute(notice.until_us)}" if notice.until_us is not None else ""
    over = " – never held" if notice.state == "retracted" else " – over" if notice.closing else ""
    measure = f", {measure}" if (measure := _measure(notice)) else ""
    where = f", {where}" if (where := _where(notice)) else ""
    return f"[{severity}] {_rule(notice.rule)}: {_subject(notice)}, since {day_and_minute(notice.since_us)}{ended}{measure}{where}{over}"


def _measure(notice: Notice) -> str:
    if notice.value is None:
        return ""
    against = f" (allowed: {measured(notice.threshold, notice.unit)})" if notice.threshold is not None else ""
    return measured(notice.value, notice.unit) + against


def _where(notice: Notice) -> str:
    return ", ".join(filter(None, (notice.stage, notice.channel, notice.site)))


def _subject(notice: Notice) -> str:
    return f"{notice.subject_kind} {notice.subject_id}"


def _rule(rule: str) -> str:
    return rule.replace("_", " ")


def _listed(facts: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"{name}: {value}" if name else value for name, value in facts if value)


def _of_body(body: str | None) -> Mapping[str, object]:
    """Return the data of the CloudEvent, nothing where it has none that can be read."""
    try:
        event = msgspec.json.decode(body or "{}", type=dict[str, object])
    except msgspec.MsgspecError:
        return {}
    return _part(event.get("data"))


def _part(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
