"""``sojourn demo --kafka``: a simulated log through a broker, workers and a mart, and then held against the embedded run of the same events."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from jobs.check.compare import Compared, compare
from jobs.journal.log import Journal
from jobs.kafka.fleet import Fleet, Follower
from jobs.kafka.settings import Settings, Topics, shown
from jobs.kafka.tools.admin import admin
from jobs.kafka.tools.produce import Producing, produce
from jobs.kafka.tools.topics import create_topics, wanted_topics
from jobs.run import RunSettings, Summary, run
from jobs.sources.jsonl import JsonLines
from jobs.sources.source import Stopper
from schemas.errors import SourceError
from schemas.journey_map import default_map

LOOK_S = 0.1
PATIENCE_S = 120.0
"""So long nothing may be committed (seconds) while records wait."""
Tell = Callable[[str], None]
Report = Callable[[str, int], None]


@dataclass(frozen=True)
class Shown:
    """What the demonstration came to.

    Attributes:
        summary: Of what the workers read, for the page that every demo ends with.
        tables: Each pure table, the workers' rows and the embedded run's.
    """

    summary: Summary
    tables: list[Compared]

    @property
    def equal(self) -> bool:
        """Whether all are equal."""
        return all(table.equal for table in self.tables)


@dataclass
class Demonstration:
    """A fleet over one DIR and topics of its own, which go when it is over.

    Attributes:
        to: The DIR of the workers.
        events: The simulated log.
        settings: How the cluster is reached.
        tell: Says what happens, a line a step.
        report: Says how far long work is.
    """

    to: Path
    events: Path
    settings: Settings
    workers: int
    tell: Tell
    report: Report
    stopper: Stopper
    _begun: float = field(default_factory=time.monotonic)

    def show(self) -> Shown | None:
        """Do all of it; None where it was told to end before it was done.

        Raises:
            SettingError: the brokers refuse us, or DIR is something else.
            SourceError: no broker answers, or a process of the fleet failed.
        """
        journal = Journal(self.to, self.settings.topics.partitions, shared=True)
        with own_topics(self.settings) as settings:
            self.tell(f"{settings.connection.bootstrap}: topic {settings.topics.touchpoints[0]} with {settings.topics.partitions} partitions")
            with Fleet(self.to, environment_of(settings), self.to / "logs") as fleet:
                summary = self._through(fleet, settings, journal)
        if summary is None:
            return None
        with TemporaryDirectory(prefix="sojourn-embedded-") as folder:
            self.report("the embedded run of the same events", 0)
            run([JsonLines(self.events)], RunSettings(to=Path(folder), journey_map=default_map()), report=self.report)
            return Shown(summary, list(compare(self.to, Path(folder))))

    def _through(self, fleet: Fleet, settings: Settings, journal: Journal) -> Summary | None:
        """Bring the log through the fleet; return what became of it."""
        follower = Follower(journal)
        before = dict(follower.look().counters)
        for number in range(1, self.workers + 1):
            fleet.start(f"worker-{number}", "worker", "--to", str(self.to), "--no-ticks")
        fleet.start("mart", "mart", "--to", str(self.to))
        self.tell(f"{self.workers} workers and a mart started; what they say: {fleet.logs}")
        begun = time.monotonic()
        sent = self._produce(settings)
        self.tell(f"{sent:,} events acknowledged, {time.monotonic() - begun:.1f} s after the first was sent")
        if not self._drained(fleet, follower, before.get("read", 0) + sent):
            return None
        seconds = time.monotonic() - begun
        self.tell(f"all of them in the journal after {seconds:.1f} s")
        ended = fleet.end()
        if any(ended.values()):
            raise SourceError(f"not all ended in order: {ended}; what they said: {fleet.logs}")
        self.tell(f"{', '.join(ended)} told to end, and ended in order")
        fleet.finish("mart-once", "mart", "--to", str(self.to), "--once")
        totals = follower.look().counters
        counters = {name: count - before.get(name, 0) for name, count in totals.items()}
        snapshot = (self.to / "serving" / "current.duckdb").resolve()
        return Summary(counters, dict(totals), seconds, snapshot, sum(one.seq + 1 for one in follower.standing.partitions))

    def _produce(self, settings: Settings) -> int:
        how = Producing(settings.topics.touchpoints[0], default_map())
        done = produce([JsonLines(self.events)], settings, how, self.stopper, lambda count: self.report("producing", count))
        if done.lost:
            raise SourceError(f"the broker did not take {done.lost} events")
        return done.acknowledged

    def _drained(self, fleet: Fleet, follower: Follower, read: int) -> bool:
        """Wait until the journal has read so many; False where we were told to end."""
        seen, moved = -1, time.monotonic()
        while not self.stopper.stopped:
            fleet.watch()
            count = follower.look().counters["read"]
            if count >= read:
                return True
            self.report("workers and mart", count)
            if count != seen:
                seen, moved = count, time.monotonic()
            elif time.monotonic() - moved > PATIENCE_S:
                raise SourceError(f"nothing was committed for {PATIENCE_S:g} s, at {count:,} of {read:,} events; what the workers say: {fleet.logs}")
            self.stopper.wait(LOOK_S)
        return False


@contextmanager
def own_topics(settings: Settings) -> Iterator[Settings]:
    """Make topics and a group that nobody else has, and remove the topics in the end.

    Raises:
        SettingError, SourceError: as for `jobs.kafka.tools.admin.admin`.
    """
    prefix = f"sojourn-demo-{secrets.token_hex(4)}-"
    plain = Topics()
    topics = replace(
        settings.topics,
        touchpoints=(prefix + plain.touchpoints[0],),
        dead_letters=prefix + plain.dead_letters,
        alerts=prefix + plain.alerts,
    )
    own = replace(settings, topics=topics, consuming=replace(settings.consuming, group=prefix + "workers"), web=replace(settings.web, port=0))
    create_topics(own)
    try:
        yield own
    finally:
        with admin(own.connection) as client:
            client.delete_topics(list(wanted_topics(topics)))


def environment_of(settings: Settings) -> Mapping[str, str]:
    """Return the variables that give another process these settings; secrets and how brokers are reached it has from our environment."""
    variables = {name: value for name, value in shown(settings).items() if name.startswith("SOJOURN_")}
    return {**variables, "SOJOURN_TOPIC_PREFIX": "", "KAFKA_GROUP_ID": settings.consuming.group}
