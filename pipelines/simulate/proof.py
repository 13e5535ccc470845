"""Whether rules found what the simulator planted, and nothing on a log where nothing is planted.

An interval **proves** a planted situation if all of this holds:

- both are of the same rule,
- both are about the same customer; of a breakdown, about the same operation, and the events of evidence are of all customers whom the truth names,
- an event that the truth gives as evidence is among the interval's evidence (the truth of a breakdown names none),
- where the truth names the operation behind a wait and its team, the interval names the same,
- their times overlap: each began before the other was over. An open end never is over.

A situation is found if at least one interval proves it. An interval that proves nothing is *unplanned*.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from pipelines.simulate.truth import Row


@dataclass(frozen=True)
class Interval:
    """What a rule returned, as far as it is compared. Times are UTC; ``until`` None: it holds still."""

    rule: str
    customer: str | None
    operation: str | None
    team: str | None
    since: datetime
    until: datetime | None
    events: frozenset[str]
    customers: frozenset[str]  # of the events of evidence


@dataclass(frozen=True)
class Proof:
    """One rule: how many situations were planted, how many of them were found, and how many intervals prove none of them."""

    rule: str
    planted: int
    found: int
    unplanned: int
    missed: tuple[Row, ...]

    @property
    def recall(self) -> float:
        """Share of the planted situations that were found; 1 where none was planted."""
        return self.found / self.planted if self.planted else 1.0


def prove(rules: Iterable[str], situations: Iterable[Row], intervals: Iterable[Interval]) -> list[Proof]:
    """Compare, rule by rule. Of rules that are not named nothing is said."""
    planted, returned = defaultdict(list), defaultdict(list)
    for row in situations:
        planted[str(row["rule"])].append(row)
    for interval in intervals:
        returned[interval.rule].append(interval)
    return [_proof(rule, planted[rule], returned[rule]) for rule in rules]


def _proof(rule: str, planted: list[Row], returned: list[Interval]) -> Proof:
    by_subject = defaultdict(list)
    for number, interval in enumerate(returned):
        by_subject[interval.customer or interval.operation].append(number)
    missed, proving = [], set()
    for row in planted:
        found = {number for number in by_subject[_subject(row)] if _proves(returned[number], row)}
        proving |= found
        if not found:
            missed.append(row)
    return Proof(rule, len(planted), len(planted) - len(missed), len(returned) - len(proving), tuple(missed))


def _subject(row: Row) -> str:
    return str(row["customer"] if "customer" in row else row["operation"])


def _proves(interval: Interval, row: Row) -> bool:
    since, until = _instant(row["since"]), _instant(row["until"])
    overlaps = (until is None or interval.since <= until) and (since is None or interval.until is None or since <= interval.until)
    named = all(row[name] == getattr(interval, name) for name in ("operation", "team") if name in row)
    return (
        overlaps
        and named
        and (set(_texts(row, "events")) & interval.events != set() if "events" in row else interval.customers >= set(_texts(row, "customers")))
    )


def _texts(row: Row, name: str) -> Iterator[str]:
    told = row[name]
    assert isinstance(told, list), row  # noqa: S101 - the truth is ours
    return map(str, told)


def _instant(text: object) -> datetime | None:
    return None if text is None else datetime.fromisoformat(str(text)).replace(tzinfo=None)
