"""One step of saying: from intervals, as the mart has them, and the ledger to rows of ``said`` and the ledger's new entries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pyarrow as pa

from pipelines.say.ledger import NEVER, NONE, OPENED, RESOLVED, UNKNOWN, Entries, Keys, Ledger
from pipelines.say.rows import Moment, numbered, said_rows
from pipelines.say.severity import Harm, Numbers, Scale
from pipelines.say.transitions import Flags, Holding, transitions
from schemas.duration import MICROSECOND, MILLISECOND
from schemas.journal import SAID
from schemas.journey_map import JourneyMap
from schemas.map_check import complete


@dataclass(frozen=True)
class Manner:
    """How things are said.

    Attributes:
        scale: From which harm on an alert has which severity.
        count_ms: What each one beyond a threshold weighs where a rule counts.
        hour_minor: What an hour of waiting is worth, where a rule measures money.
        news_us: What began at most so long before it is said is news: ``max_age``, and the lateness that time itself is told with.
        history: Everything is news.
    """

    scale: Scale
    count_ms: int
    hour_minor: int
    news_us: int
    history: bool = False

    @classmethod
    def of(cls, journey_map: JourneyMap, *, history: bool = False) -> Manner:
        """Take the manner of a journey map."""
        table = journey_map.severity
        news_us = complete(table.max_age) // MICROSECOND + journey_map.lateness_us
        return cls(Scale.of(table), complete(table.count) // MILLISECOND, journey_map.money.customer_hour_minor or _HOUR_MINOR, news_us, history)


_HOUR_MINOR = 1000
"""Worth of an hour of waiting where the map says nothing."""
_HOUR_MS = timedelta(hours=1) // MILLISECOND


@dataclass(frozen=True)
class Step:
    """What one step says.

    Attributes:
        rows: Of ``said``.
        entries: For the ledger.
        about: What the rows are about, with what made up the harm.
    """

    rows: pa.Table
    entries: Entries
    about: pa.Table


def step(
    asked: Keys,
    intervals: pa.Table,
    ledger: Ledger,
    manner: Manner,
    moment: Moment,
    last_said: Callable[[Numbers], pa.Table],
    uncertain: Callable[[pa.Table], Flags] | None = None,
) -> Step:
    """Say what there is to say about some keys.

    Args:
        asked: The keys, each once.
        intervals: Those of them that have an interval: the answer of ``candidates.sql``.
        ledger: What was said before; it is not changed.
        manner: How to say it.
        moment: When.
        last_said: Returns for numbers of rows what they say, with their key: for those whose interval is gone.
        uncertain: Tells of which intervals the end would come from a silent feed.
    """
    present: Keys = intervals["key"].to_numpy().astype(np.uint64)
    silent = ledger.of(asked[~np.isin(asked, present)])
    gone = silent[np.isin(silent["state"], [OPENED, RESOLVED, UNKNOWN])]
    before = np.concatenate([ledger.of(present), gone])
    about = intervals
    if len(gone):
        about = _both(intervals, last_said(gone["seq"]), gone["key"])
    doubtful = uncertain(intervals) if uncertain is not None else np.zeros(len(present), bool)
    about, harm = weighed(about, manner)
    now, minutes = _holding(about, harm, doubtful, manner, moment)
    sayings = transitions(before, now, moment.as_of_us)
    forgotten = silent[silent["state"] == NONE]
    forgotten["due_us"] = NEVER
    entries = np.concatenate([numbered(sayings, moment.seq), forgotten])
    return Step(said_rows(about, sayings, minutes, moment) if len(sayings.at) else SAID.empty_table(), entries, about)


def _both(intervals: pa.Table, said: pa.Table, gone: Keys) -> pa.Table:
    """Return the intervals, and what was said of those that are gone, in this order."""
    keys = said["key"].to_numpy()
    order = np.argsort(keys)[np.searchsorted(np.sort(keys), gone)]
    return pa.concat_tables([intervals, said.take(order)], promote_options="permissive")


def _holding(about: pa.Table, harm: Harm, doubtful: Flags, manner: Manner, moment: Moment) -> tuple[Holding, Numbers]:
    """Return what holds of each key, and its harm in minutes; the first have an interval, as many as it was asked of whether it is doubtful."""
    since, until = _numbers(about, "since_us", 0), _numbers(about, "until_us", NEVER)
    minutes = harm.minutes(since, np.minimum(until, moment.as_of_us))
    level = manner.scale.level(minutes)
    there = np.arange(len(about)) < len(doubtful)
    young = np.full(len(about), manner.history) | (moment.said_us - since <= manner.news_us)
    uncertain = np.zeros(len(about), bool)
    uncertain[: len(doubtful)] = doubtful
    holding = Holding(there, since, until, uncertain & (until > moment.as_of_us), level, harm.reaches(since, manner.scale.next_step(level)), young)
    return holding, minutes


def weighed(about: pa.Table, manner: Manner) -> tuple[pa.Table, Harm]:
    """Return intervals with a column ``counted_ms``, what their values beyond the threshold weigh, and what makes up their harm."""
    harm = _harm(about, manner)
    return about.append_column("counted_ms", pa.array(harm.counted_ms)), harm


def _harm(about: pa.Table, manner: Manner) -> Harm:
    weight = np.ones(len(about))
    if "rule_weight" not in about.column_names:
        return Harm(np.zeros(len(about), np.int64), np.ones(len(about), np.int64), weight)
    for name in ("rule_weight", "priority", "at_risk"):
        weight = weight * about[name].fill_null(pa.scalar(1.0)).to_numpy()
    counted = _numbers(about, "beyond", 0) * manner.count_ms + _numbers(about, "beyond_minor", 0) * _HOUR_MS // manner.hour_minor
    return Harm(counted, _numbers(about, "people", 1), weight)


def _numbers(table: pa.Table, name: str, absent: int) -> Numbers:
    return np.asarray(table[name].cast(pa.int64()).fill_null(pa.scalar(absent, pa.int64())).to_numpy(), np.int64)
