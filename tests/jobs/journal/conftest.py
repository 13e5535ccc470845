"""What tests of the journal share: a DIR of workers that is written, compacted and read within one process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jobs.journal.log import Journal
from jobs.kafka.mart import open_loop
from jobs.keeper import Keeper
from jobs.mart.open import open_mart
from jobs.sources.source import Stopper
from jobs.upkeep import keep
from pipelines.marts.order import rows
from pipelines.partition import Batch
from schemas.journal import SourceRange
from schemas.mart import PURE_TABLES
from tests.generated.arrivals import microseconds
from tests.generated.events import RECEIVED_AT, Event
from tests.generated.maps import small_map
from tests.generated.netted import payloads

RECEIVED_US = microseconds(RECEIVED_AT)
Rows = dict[str, list[tuple[object, ...]]]


@dataclass
class Yard:
    """A DIR of workers with some partitions."""

    dir: Path
    partitions: int = 1
    keepers: dict[int, Keeper] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the DIR."""
        assert self.journal.partitions == self.partitions

    @property
    def journal(self) -> Journal:
        """The journal, opened anew."""
        return Journal(self.dir, self.partitions, shared=True)

    def keeper(self, number: int) -> Keeper:
        """The one that writes a partition."""
        if number not in self.keepers:
            self.keepers[number] = Keeper.open(self.journal, number, small_map(), None)
        return self.keepers[number]

    def commit(self, events: Sequence[Event], number: int = 0, *, lazily: bool = False) -> None:
        """Commit a batch; it is judged at once, or, ``lazily``, with what comes next."""
        keeper = self.keeper(number)
        name = f"topic:{number}"
        lo = keeper.sources[name].hi if name in keeper.sources else 0
        reached = SourceRange(lo=lo, hi=lo + len(events), received_us=RECEIVED_US)
        keeper.commit(Batch(payloads(events), name, RECEIVED_US, lo), name, reached, may_wait=1000 if lazily else 0)

    def part(self, number: int, *, cached: bool) -> None:
        """Let a worker lose a partition; with its cache the state is kept for the next time."""
        keeper = self.keepers.pop(number, None)
        if keeper is not None and cached:
            keeper.close()

    def compact(self) -> None:
        """Compact all, and remove at once what nothing needs."""
        assert keep(self.dir, grace_s=-60, fresh_s=-60) is not None

    def follow(self) -> None:
        """Let a mart that goes on from where it stood read what is new, and publish."""
        loop = open_loop(self.dir, small_map(), None, Stopper(), patient=False)
        assert loop is not None
        loop.once()
        loop.mart.close()

    def published(self) -> Rows:
        """Return every pure table of the newest snapshot."""
        with open_mart(self.dir) as mart:
            return {name: rows(mart, name) for name in PURE_TABLES}

    def rebuilt(self) -> Rows:
        """The same of a mart that begins with nothing."""
        (self.dir / "mart" / "live.duckdb").unlink(missing_ok=True)
        self.follow()
        return self.published()
