"""The broker that storms are over, and the line that says which it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from infra.kafka.broker import Cluster

OVER = pytest.StashKey[str]()


@pytest.fixture
def weather(pytestconfig: pytest.Config) -> Iterator[tuple[Cluster | None, str]]:
    """A broker: our own Apache Kafka, which may be taken away, or another one, which may not, and its address."""
    pytest.importorskip("kafka", reason="the distributed form is not installed: pip install '.[kafka]'")
    from infra.kafka.jars import NoKafka
    from tests.chaos.kafka import brokers, title

    try:
        with brokers() as (cluster, bootstrap):
            pytestconfig.stash[OVER] = title(cluster, bootstrap)
            yield cluster, bootstrap
    except NoKafka as problem:
        pytest.skip(f"no Kafka broker: {problem}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which broker the storm was over."""
    if over := config.stash.get(OVER, ""):
        terminalreporter.write_line(f"the storm over Kafka ran on {over}")
