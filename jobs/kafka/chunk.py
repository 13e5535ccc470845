"""A chunk: fetched records of one partition of a topic, as columns, so that a worker holds bytes and numbers rather than an object a record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

OVERHEAD = 160
"""What a record costs beside its key and value (bytes): the heads of two objects, two places in a list, two numbers."""

Header = tuple[str, bytes]
_OFFSET, _HEADERS, _VALUE, _KEY, _TIME = map(attrgetter, ("offset", "headers", "value", "key", "timestamp"))


@dataclass(frozen=True)
class Chunk:
    """Some records in the order of their offsets.

    Attributes:
        topic, partition: Where they lie.
        turn: Which seek of the partition they came after; an older one's are dropped.
        values, keys: Bytes; None where a record has none.
        headers: Of each record; None where none has any.
        times_ms: Kafka's record times, milliseconds since 1970; -1 where a record has none.
        offsets: Ascending; compaction and transactions leave gaps.
        end: The partition's end as the broker said with these records: the offset of its next record that can be read.
        next: The offset to read on from. It lies behind the last record, and behind what follows that is none for us: marks of
            transactions, and what they took back. A chunk of nothing but these has no records.
        begin: Where the client stood before it: from there to the first record there is nothing that can be read.
    """

    topic: str
    partition: int
    turn: int
    values: Sequence[bytes | None]
    keys: Sequence[bytes | None]
    headers: Sequence[Sequence[Header]] | None
    times_ms: NDArray[np.int64]
    offsets: NDArray[np.int64]
    end: int
    next: int
    begin: int

    @classmethod
    def of(cls, tp: tuple[str, int], records: Sequence[Any], turn: int, end: int | None, begin: int, position: int = 0) -> Chunk:
        """Make a chunk of aiokafka's records of one partition, parsed or wrapped as well, at least one.

        Args:
            tp: Topic and partition.
            records: In the order of their offsets.
            turn: After which seek they came.
            end: The partition's end, where it is known.
            begin: Where the client stood before.
            position: Where the client reads on; 0 = behind the last.
        """
        offsets, headers = np.fromiter(map(_OFFSET, records), np.int64, len(records)), list(map(_HEADERS, records))
        return cls(
            topic=tp[0],
            partition=tp[1],
            turn=turn,
            values=list(map(_VALUE, records)),
            keys=list(map(_KEY, records)),
            headers=headers if any(headers) else None,
            times_ms=np.fromiter((-1 if time is None else time for time in map(_TIME, records)), np.int64, len(records)),
            offsets=offsets,
            end=max(end or 0, int(offsets[-1]) + 1),
            next=max(position, int(offsets[-1]) + 1),
            begin=min(begin, int(offsets[0])),
        )

    @classmethod
    def empty(cls, topic: str, partition: int, turn: int, end: int | None, begin: int, position: int) -> Chunk:
        """Make a chunk that says only that there is nothing for us up to a position."""
        return cls(topic, partition, turn, [], [], None, np.empty(0, np.int64), np.empty(0, np.int64), max(end or 0, position), position, begin)

    @property
    def first(self) -> int:
        """The first offset; where there are no records, the next one."""
        return int(self.offsets[0]) if len(self.offsets) else self.next

    @cached_property  # asked for whenever it moves
    def size(self) -> int:
        """About how many bytes of memory it takes."""
        return sum(map(len, filter(None, self.values))) + sum(map(len, filter(None, self.keys))) + OVERHEAD * len(self.values)

    def behind(self, offset: int) -> Chunk:
        """Return the records from an offset on."""
        cut = int(np.searchsorted(self.offsets, offset))
        if cut == 0:
            return self
        headers = self.headers[cut:] if self.headers is not None else None
        return Chunk(
            *(self.topic, self.partition, self.turn, self.values[cut:], self.keys[cut:], headers),
            *(self.times_ms[cut:], self.offsets[cut:], self.end, self.next, offset),
        )
