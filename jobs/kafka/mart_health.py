"""What the mart's loop says of itself: whether it is ready, and its figures."""

from __future__ import annotations

import time
from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from jobs.kafka.health import Health
from jobs.kafka.mart import MartLoop


def told(loop: MartLoop, health: Health) -> None:
    """Tell health how the loop stands."""
    health.collect(lambda: MartFigures(loop))
    health.turn("" if loop.published is not None else "nothing is published yet")


class MartFigures(Collector):
    """Collects the loop's figures when Prometheus asks."""

    def __init__(self, loop: MartLoop) -> None:
        self._loop = loop

    def collect(self) -> Iterable[Metric]:
        """Yield them."""
        loop = self._loop
        yield CounterMetricFamily("sojourn_mart_commits", "Commits folded since the start", loop.folded)
        if loop.published is not None:
            yield GaugeMetricFamily("sojourn_mart_snapshot", "Number of the newest snapshot", int(loop.published.stem.rpartition("-")[2]))
        if loop.as_of_us is not None:
            yield GaugeMetricFamily("sojourn_mart_watermark_delay_seconds", "Now minus the snapshot's as_of", time.time() - loop.as_of_us / 1e6)
