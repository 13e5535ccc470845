"""Offsets: where a group, the journal of a DIR and the topics stand, and how far a group lags behind, in records and in seconds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import OffsetSpec, OffsetTimestamp
from kafka.errors import GroupIdNotFoundError, KafkaError, NoError

from jobs.contents import Contents
from jobs.kafka.link import client_options
from jobs.kafka.settings import Settings
from jobs.kafka.tools.admin import admin, patiently
from schemas.errors import SettingError, SourceError

READ_S = 10.0
"""How long to look for the oldest record that waits in each partition."""


@dataclass(frozen=True)
class Standing:
    """Where one partition of a topic stands.

    Attributes:
        begin, end: The offset of its oldest record, and of the next one to come.
        committed: Where the group would go on; None = it never committed.
        journal: Where the journal of the DIR goes on; None = no DIR was given, or it never read it.
        waiting_s: Age of the oldest record that the group has not passed (seconds); None = nothing waits, or its age can't be read.
    """

    topic: str
    partition: int
    begin: int
    end: int
    committed: int | None
    journal: int | None = None
    waiting_s: float | None = None

    @property
    def done(self) -> int:
        """Where the reader goes on: the journal leads, and Kafka's own offset follows it."""
        known = [offset for offset in (self.committed, self.journal) if offset is not None]
        return min(max([self.begin, *known]), self.end)

    @property
    def lag(self) -> int:
        """Records that wait."""
        return self.end - self.done

    @property
    def gap(self) -> int:
        """Records that were deleted before they were read."""
        known = [offset for offset in (self.committed, self.journal) if offset is not None]
        return max(0, self.begin - max(known)) if known else 0


def standings(settings: Settings, folder: Path | None = None, *, ages: bool = False) -> list[Standing]:
    """Return where each partition of the touchpoint topics stands.

    Args:
        settings: Topics, group and cluster.
        folder: A DIR of workers, for its journal's offsets.
        ages: Look how old the oldest waiting record of each partition is.

    Raises:
        SettingError, SourceError: as for `jobs.kafka.tools.admin.admin`.
    """
    journal = {} if folder is None else {name: source.hi for name, source in Contents.of(folder).sources.items()}
    with admin(settings.connection) as client:
        places = _partitions(client, settings)
        begins = client.list_partition_offsets(dict.fromkeys(places, OffsetSpec.EARLIEST))
        ends = client.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
        committed = _committed(client, settings.consuming.group)
    found = [
        Standing(
            place.topic,
            place.partition,
            begins[place].offset,
            ends[place].offset,
            committed.get(place),
            journal.get(f"{place.topic}:{place.partition}"),
        )
        for place in places
    ]
    return _aged(settings, found) if ages else found


def reset_offsets(settings: Settings, target: str, *, execute: bool) -> dict[TopicPartition, int]:
    """Return where a group's offsets go, and move them there if told to.

    Args:
        settings: Topics, group and cluster.
        target: ``earliest``, ``latest``, an offset, or an instant in RFC 3339; offsets outside of a partition become its nearest end.
        execute: Do it; else only say.

    Raises:
        SettingError: the target is no such thing, or the group has members: stop its workers first.
    """
    spec = _spec(target)
    with admin(settings.connection) as client:
        places = _partitions(client, settings)
        begins = client.list_partition_offsets(dict.fromkeys(places, OffsetSpec.EARLIEST))
        ends = client.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
        asked = client.list_partition_offsets(dict.fromkeys(places, spec)) if type(spec) is not int else {}  # the library's kinds are ints too
        goal = {place: asked[place].offset if place in asked else int(spec) for place in places}
        goal = {
            place: ends[place].offset if offset < 0 else min(max(offset, begins[place].offset), ends[place].offset) for place, offset in goal.items()
        }
        if execute:
            _refuse_members(client, settings.consuming.group)
            done = patiently(lambda: client.reset_group_offsets(settings.consuming.group, dict(goal)))  # it takes entries out
            wrong = [f"{place.topic}:{place.partition}: {row['error'].__name__}" for place, row in done.items() if row["error"] is not NoError]
            if wrong:
                raise SourceError(f"offsets of group {settings.consuming.group!r} were not moved: {', '.join(wrong)}")
    return goal


def _partitions(client: KafkaAdminClient, settings: Settings) -> list[TopicPartition]:
    there = set(client.list_topics())
    missing = [name for name in settings.topics.touchpoints if name not in there]
    if missing:
        raise SettingError(f"there is no topic {missing[0]!r} (SOJOURN_TOPICS); make it with: sojourn topics create")
    described = client.describe_topics(list(settings.topics.touchpoints))
    return sorted(TopicPartition(row["name"], partition["partition_index"]) for row in described for partition in row["partitions"])


def _committed(client: KafkaAdminClient, group: str) -> dict[TopicPartition, int]:
    try:
        found = patiently(lambda: client.list_group_offsets(group)).get(group, {})
    except GroupIdNotFoundError:
        return {}
    return {place: row.offset for place, row in found.items() if row.offset >= 0}


def _refuse_members(client: KafkaAdminClient, group: str) -> None:
    described: Mapping[str, Any] = patiently(lambda: client.describe_groups([group])).get(group, {})
    members = described.get("members") or []
    if members:
        raise SettingError(f"group {group!r} has {len(members)} members: stop its workers, then move its offsets")


def _spec(target: str) -> Any:
    if target in ("earliest", "latest"):
        return OffsetSpec.EARLIEST if target == "earliest" else OffsetSpec.LATEST
    if target.isascii() and target.isdigit():
        return int(target)
    try:
        instant = datetime.fromisoformat(target)
    except ValueError:
        instant = None
    if instant is None:
        raise SettingError(f"{target!r}: give earliest, latest, an offset, or an instant like 2026-03-31T12:00:00Z")
    return OffsetTimestamp(int((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp() * 1000))


def _aged(settings: Settings, found: list[Standing]) -> list[Standing]:
    """Add the age of the oldest waiting record."""
    waiting = {TopicPartition(one.topic, one.partition): one.done for one in found if one.lag}
    if not waiting:
        return found
    times = _times(settings, waiting)
    now = time.time()
    ages = {place: max(0.0, now - ms / 1000) for place, ms in times.items()}
    return [Standing(**{**vars(one), "waiting_s": ages.get(TopicPartition(one.topic, one.partition))}) for one in found]


def _times(settings: Settings, waiting: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
    """Return the time (ms since 1970) of the record at an offset, or the next one there is."""
    consumer = KafkaConsumer(
        **client_options(settings.connection), enable_auto_commit=False, max_poll_records=len(waiting) * 10, fetch_max_wait_ms=100
    )
    times: dict[TopicPartition, int] = {}
    try:
        consumer.assign(list(waiting))
        for place, offset in waiting.items():
            consumer.seek(place, offset)
        due = time.monotonic() + READ_S
        while len(times) < len(waiting) and time.monotonic() < due:
            for place, records in consumer.poll(timeout_ms=200).items():
                if place not in times and records:
                    times[place] = records[0].timestamp
                    consumer.pause(place)
    except KafkaError as error:
        raise SourceError(f"Kafka at {settings.connection.bootstrap} says: {error}") from error
    finally:
        consumer.close(autocommit=False)
    return times
