"""Who makes a customer wait, instant by instant: what ``marts/wait_causes.sql`` must say, written so that a reader can check it. Times in µs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

Operation = str
Link = tuple[Operation, str | None]
"""A piece of work, and the cause by which it is linked."""


@dataclass(frozen=True)
class Wait:
    """A wait that a customer can feel.

    Attributes:
        name: Names it, uniquely.
        first_id: The event that opened it, else the one that carries it.
        flow: The correlation of that event.
        wait_ms: How long it lasted; up to 1 ms less than `until_us` - `since_us`.
    """

    name: str
    first_id: str
    flow: str | None
    since_us: int
    until_us: int
    wait_ms: int


@dataclass(frozen=True, order=True)
class Act:
    """An event of work behind the line; ordered by the total order."""

    time_us: int
    sequence: int
    key: int
    event_id: str
    operation: Operation
    causation_id: str | None
    is_end: bool


def blame(waits: Iterable[Wait], acts: Sequence[Act], of_customers: frozenset[str]) -> dict[str, dict[Operation | None, int]]:
    """Return for each wait the ms of each piece of work that covers a part of it, and under None the rest.

    Args:
        waits: Longer than 0 ms.
        acts: All work, copies apart.
        of_customers: Ids of the events of journeys.
    """
    works = _Works(acts, of_customers)
    return {wait.name: _split(wait, works) for wait in waits}


class _Works:
    def __init__(self, acts: Sequence[Act], of_customers: frozenset[str]) -> None:
        self.acts: dict[Operation, list[Act]] = defaultdict(list)
        for act in sorted(acts):
            self.acts[act.operation].append(act)
        where: dict[str, set[Operation]] = defaultdict(set)
        for act in acts:
            if act.event_id not in of_customers:
                where[act.event_id].add(act.operation)
        self.inner = frozenset(where)
        self.parents = {
            name: {parent for act in some if act.causation_id for parent in where.get(act.causation_id, ())} - {name}
            for name, some in self.acts.items()
        }

    def outer(self, act: Act) -> str | None:
        """The cause that an event names, unless that is work itself."""
        return None if act.causation_id in self.inner else act.causation_id

    def span(self, link: Link, wait: Wait) -> tuple[int, int, int]:
        """When the work began, and from when to when it covers the wait."""
        some = [act for act in self.acts[link[0]] if self.outer(act) in (None, link[1])]
        ended = some[-1].time_us if some[-1].is_end else wait.until_us
        return some[0].time_us, max(some[0].time_us, wait.since_us), min(ended, wait.until_us)

    def linked(self, wait: Wait) -> set[Link]:
        """The work that holds a wait up."""
        found: set[Link] = set()
        for name, some in self.acts.items():
            causes = {self.outer(act) for act in some}
            if wait.first_id in causes:
                found.add((name, wait.first_id))
            if name == wait.flow and causes == {None} and not self.parents[name]:
                found.add((name, None))
        new = found
        while new:
            holding = {name for name, _ in new}
            children: set[Link] = {(name, None) for name, above in self.parents.items() if above & holding}
            new = children - found
            found |= new
        return found

    def waits_for(self, one: Operation, other: Operation) -> bool:
        """Whether the other is done for the one, directly or not."""
        seen, new = set[Operation](), set(self.parents[other])
        while new:
            seen |= new
            new = {above for name in new for above in self.parents[name]} - seen
        return one in seen


def _split(wait: Wait, works: _Works) -> dict[Operation | None, int]:
    spans: dict[Operation, list[tuple[int, int, int]]] = defaultdict(list)
    for link in works.linked(wait):
        begun, since, until = works.span(link, wait)
        if since < until:
            spans[link[0]].append((begun, since, until))
    whole = {name: tuple(pick(each) for pick, each in zip((min, min, max), zip(*some, strict=True), strict=True)) for name, some in spans.items()}
    parts: dict[Operation, int] = defaultdict(int)
    for since, until in pairwise(sorted({at for _, *ends in whole.values() for at in ends})):
        here = [name for name, (_, low, high) in whole.items() if low <= since < high]
        blamed = [one for one in here if not any(works.waits_for(one, other) and not works.waits_for(other, one) for other in here)]
        for turn, name in enumerate(sorted(blamed, key=lambda name: (whole[name][0], name))):
            parts[name] += (until - since) // len(blamed) + (turn < (until - since) % len(blamed))
    return _in_ms(wait, {name: parts[name] for name in sorted(parts, key=lambda name: (whole[name][0], name))})


def _in_ms(wait: Wait, parts: Mapping[Operation, int]) -> dict[Operation | None, int]:
    """Cut µs to ms one after another, so that nothing is lost, and leave the rest to nobody."""
    found: dict[Operation | None, int] = {}
    so_far = 0
    for name, part in parts.items():
        found[name] = (so_far + part) // 1000 - so_far // 1000
        so_far += part
    return {name: ms for name, ms in found.items() if ms} | {None: wait.wait_ms - so_far // 1000}
