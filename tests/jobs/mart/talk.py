"""Intervals put by hand into a live mart, and what is said about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from jobs.journal.log import Journal
from jobs.mart.bring_up import hear_all
from jobs.mart.live import LiveMart
from jobs.mart.say import Sayer
from jobs.run import mart_of
from schemas.journey_map import JourneyMap, default_map

MINUTE = 60_000_000
HOUR = 60 * MINUTE
T0 = 1_700_000_000_000_000 // HOUR * HOUR
"""10 o'clock, so to speak: what follows is told in minutes after it."""
LATENESS = 60
"""Of the default map, in minutes."""


@dataclass(frozen=True)
class Interval:
    """One interval; instants are minutes after T0."""

    key: int
    since: float
    until: float | None = None
    rule: str = "wait_beyond_adequate"
    unit: str = "ms"
    value: int = 0
    threshold: int = 0
    subject_kind: str = "customer"
    channel: str | None = "phone"
    site: str | None = "north"
    stage: str | None = "queue"
    customer_id: str | None = "anna"
    record: bool = False

    @property
    def row(self) -> list[object]:
        """As internal.intervals has it; times in µs."""
        until = None if self.until is None else T0 + round(self.until * MINUTE)
        since = T0 + round(self.since * MINUTE)
        subject = self.customer_id or "desk"
        return [
            *(self.rule, self.key, self.record, self.unit, self.customer_id, self.subject_kind, subject, since - HOUR // 2, since, until),
            *(self.value, self.threshold, [f"e{self.key}"], [self.key], None, self.stage, self.channel, self.site, None, None),
        ]


@dataclass
class Talk:
    """A DIR whose mart speaks."""

    dir: Path
    journey_map: JourneyMap = field(default_factory=default_map)
    history: bool = False

    def __post_init__(self) -> None:
        self.journal = Journal(self.dir)
        self.open()

    def open(self) -> None:
        """Open mart and writer, as a start does."""
        self.mart: LiveMart = mart_of(self.journal, self.journey_map)
        hear_all(self.journal, self.mart)
        self.sayer = Sayer(self.journal, self.mart, self.journey_map, history=self.history)

    def put(self, *intervals: Interval) -> None:
        """Put intervals in the place of those with their keys."""
        self.drop(*(interval.key for interval in intervals))
        places = ", ".join("make_timestamp(?)" if 7 <= column <= 9 else "?" for column in range(20))
        statement = " ".join(["insert into internal.intervals values (", places, ")"])
        self.mart.con.executemany(statement, [interval.row for interval in intervals])

    def drop(self, *keys: int) -> None:
        """Take intervals away."""
        self.mart.con.execute('delete from internal.intervals where list_contains($keys, "key")', {"keys": list(keys)})
        self.sayer.note({"intervals": pa.table({"key": pa.array(keys, pa.uint64())})})

    def say(self, as_of: float, now: float | None = None, at_most: int | None = None) -> list[tuple[int, str, bool]]:
        """Say what there is to say (minutes after T0; the clock is ``as_of`` unless told), and return key, state and whether it is sent."""
        before = self.rows()
        self.sayer.say(T0 + round(as_of * MINUTE), T0 + round((as_of if now is None else now) * MINUTE), at_most=at_most)
        return [(row[1], row[2], row[3]) for row in self.rows()[len(before) :]]

    def rows(self) -> Sequence[tuple[int, int, str, bool, str, int]]:
        """Return seq, key, state, send, severity and harm of all that was said."""
        return self.mart.con.execute('select seq, "key", state, send, severity, harm from internal.said order by seq').fetchall()

    def standing(self) -> set[int]:
        """Return the keys whose last state is not retracted."""
        last = self.mart.con.execute('select "key", arg_max(state, seq) from internal.said group by "key"').fetchall()
        return {key for key, state in last if state != "retracted"}

    def close(self) -> None:
        """End, as an orderly run does."""
        self.mart.con.execute("checkpoint live")
        self.mart.close()
