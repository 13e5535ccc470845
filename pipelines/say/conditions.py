"""Conditions beside the rules: a feed that is silent, a pipeline that falls behind. Each lasts from when it begins until it is over, as one alert."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from pipelines.digest import digest
from pipelines.say.feeds import Silence
from pipelines.say.speech import FEED_SILENT
from schemas import duration

Episode = tuple[str, str]
"""Rule and subject: one of each goes on at a time."""


@dataclass(frozen=True)
class Condition:
    """Something that holds now.

    Attributes:
        rule: Its name.
        subject_kind: ``feed`` or ``pipeline``.
        subject_id: Which one.
        since_us: When it began (µs).
        value: What was measured, in the unit.
        threshold: Against what.
    """

    rule: str
    subject_kind: str
    subject_id: str
    since_us: int
    value: int
    threshold: int
    unit: str = "ms"
    channel: str | None = None
    site: str | None = None

    @property
    def episode(self) -> Episode:
        """Which episode it belongs to."""
        return self.rule, self.subject_id


def of_feeds(silences: Iterable[Silence], as_of_us: int) -> list[Condition]:
    """Return the condition of each feed that is silent."""
    return [
        Condition(
            FEED_SILENT,
            "feed",
            silence.feed.name,
            silence.since_us,
            (as_of_us - silence.last_us) // 1000,
            silence.feed.at_least_every // duration.MILLISECOND,
            channel=_name(silence.feed.channel),
            site=_name(silence.feed.site),
        )
        for silence in silences
    ]


def intervals(holding: Iterable[Condition], going_on: Mapping[Episode, tuple[int, Condition]], ended_us: Callable[[Condition], int]) -> pa.Table:
    """Return conditions as intervals, with the columns of ``candidates.sql``: one that goes on keeps its key and its beginning.

    Args:
        holding: What holds now.
        going_on: Key and condition of each episode that was told and is not over.
        ended_us: Says when one that holds no longer has ended.
    """
    now = {condition.episode: condition for condition in holding}
    rows = []
    for episode, condition in now.items():
        key, known = going_on.get(episode, (_key(condition), condition))
        rows.append(_row(key, condition, known.since_us, None))
    over = {episode: held for episode, held in going_on.items() if episode not in now}
    rows += [_row(key, condition, condition.since_us, max(ended_us(condition), condition.since_us)) for key, condition in over.values()]
    return pa.Table.from_pylist(rows, SCHEMA)


_TEXTS = ("rule", "unit", "customer_id", "subject_kind", "subject_id", "stage", "channel", "site", "team", "operation")
_WHOLE = ("opened_us", "since_us", "until_us", "value", "threshold", "beyond", "beyond_minor", "people")
_WEIGHTS = ("rule_weight", "priority", "at_risk")
_KEYS = ("key", "journey")
_FIELDS: dict[str, pa.DataType] = {
    **dict.fromkeys(_TEXTS, pa.string()),
    **dict.fromkeys(_WHOLE, pa.int64()),
    **dict.fromkeys(_KEYS, pa.uint64()),
    **dict.fromkeys(_WEIGHTS, pa.float64()),
    "evidence": pa.list_(pa.string()),
    "evidence_keys": pa.list_(pa.uint64()),
}
SCHEMA = pa.schema(_FIELDS)

_AT_ONCE = 1
"""What is said of the house itself weighs like one beyond a threshold from the beginning, so that it is a warning at once."""


def _row(key: int, condition: Condition, since_us: int, until_us: int | None) -> dict[str, object]:
    same = ("rule", "unit", "subject_kind", "subject_id", "value", "threshold", "channel", "site")
    own = {name: getattr(condition, name) for name in same}
    weights = {"beyond": _AT_ONCE, "beyond_minor": 0, "people": 1, "rule_weight": 1.0, "priority": 1.0, "at_risk": 1.0}
    return own | weights | {"key": key, "opened_us": since_us, "since_us": since_us, "until_us": until_us, "evidence": [], "evidence_keys": []}


def _key(condition: Condition) -> int:
    return digest(f"{condition.rule}\x1f{condition.subject_kind}\x1f{condition.subject_id}\x1f{condition.since_us}")


def _name(glob: str) -> str | None:
    """Return what a glob names, if it is one thing."""
    return None if any(sign in glob for sign in "*?[") else glob
