"""What a worker says of itself: whether it is ready, and its figures."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from jobs.kafka.health import Health
from jobs.kafka.worker import Worker


def told(worker: Worker, health: Health) -> None:
    """Tell health how the worker stands."""
    health.collect(lambda: WorkerFigures(worker))
    health.turn(waits_for(worker))


def waits_for(worker: Worker) -> str:
    """Return why the worker isn't ready, nothing when it is."""
    if not worker.rebalances:
        return "no partitions assigned yet"
    if worker.books is not None and worker.books.app.rebalancing:
        return "partitions are being shared out"
    opening = [number for number, lane in worker.lanes.items() if not lane.ready]
    return f"the state of partitions {opening} is being rebuilt" if opening else ""


class WorkerFigures(Collector):
    """Collects a worker's figures when Prometheus asks."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def collect(self) -> Iterable[Metric]:
        """Yield them."""
        worker = self._worker
        counted = dict(worker.counters)
        events = CounterMetricFamily("sojourn_events", "Events by what became of them", labels=["what"])
        dead = CounterMetricFamily("sojourn_dead_letters", "Payloads that broke the contract", labels=["reason"])
        for name, count in sorted(counted.items()):
            if name.startswith("dead:"):
                dead.add_metric([name.removeprefix("dead:")], count)
            else:
                events.add_metric([name], count)
        yield from (events, dead)
        yield GaugeMetricFamily("sojourn_held_records", "Records held and not yet committed", worker.records)
        yield GaugeMetricFamily("sojourn_held_bytes", "Memory of these, about", worker.size)
        yield CounterMetricFamily("sojourn_commits", "Batches committed to the journal", worker.commits)
        yield CounterMetricFamily("sojourn_commit_seconds", "Time that these took, from closed to committed", worker.commit_s)
        yield CounterMetricFamily("sojourn_rebalances", "How often partitions were shared out", worker.rebalances)
        yield from self._lanes()

    def _lanes(self) -> Iterable[Metric]:
        labels = ["topic", "partition"]
        lag = GaugeMetricFamily("sojourn_lag_records", "Records that the journal does not hold yet", labels=labels)
        age = GaugeMetricFamily("sojourn_lag_seconds", "How long the oldest record that the journal does not hold has waited", labels=["partition"])
        offset = GaugeMetricFamily("sojourn_journal_offset", "The offset that the journal reads next", labels=labels)
        newest = GaugeMetricFamily("sojourn_newest_event_seconds", "The greatest event time, seconds since 1970", labels=["partition"])
        for number, lane in sorted(self._worker.lanes.items()):
            for topic, reached in sorted(lane.reached.items()):
                lag.add_metric([topic, str(number)], max(0, lane.ends.get(topic, reached) - reached))
                offset.add_metric([topic, str(number)], reached)
            age.add_metric([str(number)], lane.waits_s)
            if lane.keeper is not None and lane.keeper.latest_us is not None:
                newest.add_metric([str(number)], lane.keeper.latest_us / 1e6)
        yield from (lag, age, offset, newest)
