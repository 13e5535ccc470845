"""Topics: what is missing is made, and what is there is held to what workers rely on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType

from jobs.kafka.settings import Settings, Topics
from jobs.kafka.tools.admin import admin
from schemas.touchpoint import MAX_BYTES

DEAD_LETTER_DAYS = 30
DAY_MS = 86_400_000


@dataclass(frozen=True)
class Topic:
    """A topic as it is.

    Attributes:
        cleanup: ``delete``, ``compact`` or both.
        retention_ms: How long records stay; -1 = for ever.
        replication: The least number of replicas of a partition.
    """

    name: str
    partitions: int
    replication: int
    cleanup: str
    retention_ms: int


@dataclass(frozen=True)
class Finding:
    """What is wrong with a topic, and what to do about it."""

    topic: str
    problem: str
    remedy: str


def create_topics(settings: Settings) -> list[str]:
    """Make what is missing and return the names; what is there stays as it is.

    Raises:
        SettingError, SourceError: as for `jobs.kafka.tools.admin.admin`.
    """
    wanted = wanted_topics(settings.topics)
    with admin(settings.connection) as client:
        there = set(client.list_topics())
        missing = {name: options for name, options in wanted.items() if name not in there}
        if missing:
            client.create_topics(missing, wait_for_metadata=True)
    return list(missing)


def wanted_topics(topics: Topics) -> dict[str, dict[str, Any]]:
    """Return the topics that we need and how they are made.

    Touchpoints are deleted by age, as the broker is set up; compaction would keep a customer's last event only. They may be larger than the
    contract allows, so that what is too large is a dead letter of ours and no mystery at the producer. Dead letters wait a month to be looked at.
    """
    base = {"num_partitions": topics.partitions, "replication_factor": topics.replication}
    facts = {"cleanup.policy": "delete", "max.message.bytes": str(2 * MAX_BYTES)}
    dead = {"cleanup.policy": "delete", "max.message.bytes": str(3 * MAX_BYTES), "retention.ms": str(DEAD_LETTER_DAYS * DAY_MS)}
    made: dict[str, dict[str, Any]] = {name: {**base, "configs": facts} for name in topics.touchpoints}
    made[topics.dead_letters] = {**base, "configs": dead}
    made[topics.alerts] = {**base, "num_partitions": 1, "configs": {"cleanup.policy": "delete"}}
    return made


def read_topics(settings: Settings) -> dict[str, Topic]:
    """Return our topics that are there, by name."""
    ours = list(wanted_topics(settings.topics))
    with admin(settings.connection) as client:
        there = [name for name in ours if name in set(client.list_topics())]
        if not there:
            return {}
        described = client.describe_topics(there)
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in there]
        configs = client.describe_configs(resources, config_filter="all")
    return {row["name"]: _topic(row, configs.get("topic", {}).get(row["name"], {})) for row in described}


def check_topics(topics: Topics, there: Mapping[str, Topic]) -> list[Finding]:
    """Return what workers can't live with.

    Args:
        topics: What is configured.
        there: What was found.
    """
    absent = [Finding(name, "is not there", "sojourn topics create") for name in wanted_topics(topics) if name not in there]
    found = [there[name] for name in topics.touchpoints if name in there]
    return [*absent, *_unequal(found), *(finding for topic in found for finding in _cleanup(topic))]


def _unequal(found: Sequence[Topic]) -> list[Finding]:
    counts = {topic.partitions for topic in found}
    if len(counts) <= 1:
        return []
    most = max(found, key=lambda topic: topic.partitions)
    remedy = "make a new topic with that count and move the traffic: partitions added to a keyed topic split its customers"
    return [
        Finding(
            topic.name, f"has {topic.partitions} partitions, {most.name} has {most.partitions}: a customer's events would lie on two workers", remedy
        )
        for topic in found
        if topic.partitions != most.partitions
    ]


def _cleanup(topic: Topic) -> list[Finding]:
    if "compact" not in topic.cleanup:
        return []
    remedy = f"kafka-configs --alter --topic {topic.name} --add-config cleanup.policy=delete"
    return [Finding(topic.name, f"has cleanup.policy={topic.cleanup}: compaction keeps only the last event of a key", remedy)]


def _topic(row: Mapping[str, Any], config: Mapping[str, Any]) -> Topic:
    partitions = row["partitions"]
    replication = min((len(partition["replica_nodes"]) for partition in partitions), default=0)
    return Topic(row["name"], len(partitions), replication, _value(config, "cleanup.policy", "delete"), int(_value(config, "retention.ms", "-1")))


def _value(config: Mapping[str, Any], name: str, default: str) -> str:
    entry = config.get(name)
    value = entry.get("value") if isinstance(entry, Mapping) else entry
    return default if value is None else str(value)
