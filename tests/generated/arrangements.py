"""The ways in which one history may arrive, none of which may change a result: shuffled, doubled, cut into batches, over partitions."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from schemas.journey_map import JourneyMap
from tests.generated.arrivals import customer
from tests.generated.events import Event
from tests.generated.maps import small_map

Batch = tuple[Event, ...]


@dataclass(frozen=True)
class Arrangement:
    """One way to arrive. All events of one canonical customer, or of one chain of work, are in one partition."""

    partitions: tuple[tuple[Batch, ...], ...]  # 1 to 4, each its batches in order; neither a batch nor a partition need hold anything

    @property
    def events(self) -> list[list[Event]]:
        """The events of each partition, in order of offset."""
        return [[event for batch in batches for event in batch] for batches in self.partitions]


@st.composite
def arrangements(draw: DrawFn, history: Sequence[Event], most_copies: int = 8) -> Arrangement:
    """Any order × up to `most_copies` exact copies × cuts × 1 to 4 partitions. Shrinks to the history as it stands, all at once."""
    copies = draw(st.lists(st.sampled_from(history), max_size=most_copies)) if history else []
    order = draw(st.permutations([*history, *copies]))
    count = draw(st.integers(1, 4))
    placed: list[list[Event]] = [[] for _ in range(count)]
    for event in order:
        placed[partition_of(event, count, small_map())].append(event)
    return Arrangement(tuple(_cut(events, draw(st.lists(st.integers(0, len(events)), max_size=6))) for events in placed))


def partition_of(event: Event, count: int, journey_map: JourneyMap) -> int:
    """Return the partition, 0 to `count` − 1, that a well-keyed record of this event lies in."""
    key = customer(event, journey_map) or event.get("correlation_id") or event.get("causation_id") or ""
    return hashlib.md5(key.encode()).digest()[0] % count


def _cut(events: Sequence[Event], places: Sequence[int]) -> tuple[Batch, ...]:
    bounds = [0, *sorted(places), len(events)]
    return tuple(tuple(events[lo:hi]) for lo, hi in pairwise(bounds))
