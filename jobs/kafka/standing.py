"""Where the partitions of a DIR stand, as their commit records say: what the mart needs to name its instant and its files."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from schemas.journal import Commit, SourceRange


@dataclass
class PartitionStanding:
    """One partition.

    Attributes:
        seq: The last record that was read, -1 before the first.
        latest_us: The greatest event time, or the last tick beyond it, of what was judged.
        judged: Whether intervals follow from all that it has committed.
    """

    seq: int = -1
    latest_us: int | None = None
    judged: bool = True
    sources: dict[str, SourceRange] = field(default_factory=dict)

    _greatest_us: int | None = None  # of what was not judged yet, too

    @property
    def unread(self) -> bool:
        """Whether something was still to be known when it last committed: records that waited in Kafka, or intervals of what it had read."""
        return not self.judged or any(held.hi < held.size for held in self.sources.values())

    def note(self, commit: Commit) -> None:
        """Take in its next record."""
        self.seq, self.judged = commit.seq, commit.judged
        self.sources |= commit.sources
        self._greatest_us = max((time for time in (self._greatest_us, commit.latest_us, commit.tick_us) if time is not None), default=None)
        if self.judged:
            self.latest_us = self._greatest_us


@dataclass
class Standing:
    """All of them.

    Attributes:
        counters: Totals.
    """

    partitions: list[PartitionStanding]
    counters: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, partitions: int) -> Standing:
        """Begin before the first record."""
        return cls([PartitionStanding() for _ in range(partitions)])

    def note(self, commit: Commit) -> None:
        """Take in the next record of a partition."""
        self.partitions[commit.partition].note(commit)
        self.counters.update(commit.counters)

    @property
    def drained(self) -> bool:
        """Whether each partition had read and judged all when it last committed."""
        return not any(one.unread for one in self.partitions)

    def as_of_us(self) -> int | None:
        """Return when states hold: the least of the greatest times of partitions with unread records; with none unread, the greatest of all.

        What was not judged yet counts as unread: a wait that it ends would else be told of. None while nothing can be said: no event came, or a
        partition with unread records has judged none of its own.
        """
        waiting = [one.latest_us for one in self.partitions if one.unread]
        if waiting:
            return None if None in waiting else min(time for time in waiting if time is not None)
        return max((one.latest_us for one in self.partitions if one.latest_us is not None), default=None)

    def read_up_to(self) -> list[tuple[str, int]]:
        """Return each source with the offset that is read next."""
        return sorted((name, held.hi) for one in self.partitions for name, held in one.sources.items())
