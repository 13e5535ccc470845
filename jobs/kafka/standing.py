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
        latest_us: The greatest event time, or the last tick beyond it.
    """

    seq: int = -1
    latest_us: int | None = None
    sources: dict[str, SourceRange] = field(default_factory=dict)

    @property
    def unread(self) -> bool:
        """Whether records waited in Kafka when it last committed."""
        return any(held.hi < held.size for held in self.sources.values())


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
        one = self.partitions[commit.partition]
        one.seq = commit.seq
        one.sources |= commit.sources
        one.latest_us = max((time for time in (one.latest_us, commit.latest_us, commit.tick_us) if time is not None), default=None)
        self.counters.update(commit.counters)

    @property
    def drained(self) -> bool:
        """Whether no partition had unread records when it last committed."""
        return not any(one.unread for one in self.partitions)

    def as_of_us(self) -> int | None:
        """Return when states hold: the least of the greatest times of partitions with unread records; with none unread, the greatest of all.

        None while nothing can be said: no event came, or a partition with unread records has committed none of them.
        """
        waiting = [one.latest_us for one in self.partitions if one.unread]
        if waiting:
            return None if None in waiting else min(time for time in waiting if time is not None)
        return max((one.latest_us for one in self.partitions if one.latest_us is not None), default=None)

    def read_up_to(self) -> list[tuple[str, int]]:
        """Return each source with the offset that is read next."""
        return sorted((name, held.hi) for one in self.partitions for name, held in one.sources.items())
