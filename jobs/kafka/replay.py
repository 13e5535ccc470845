"""A replay: what topics hold now, from some point on, into a DIR that workers can go on with; nobody who is at work is disturbed."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from faust.types import TP
from kafka.errors import KafkaError

from jobs.kafka.mart import open_loop
from jobs.kafka.prepare import prepare
from jobs.kafka.settings import Settings
from jobs.kafka.tools.admin import admin
from jobs.kafka.tools.offsets import reset_offsets
from jobs.kafka.worker import Worker, WorkerSettings, work
from jobs.sources.source import Stopper
from pipelines.judge.shelf import shelf
from schemas.journey_map import JourneyMap

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Replay:
    """What is replayed.

    Attributes:
        to: A new DIR, or one where a replay was interrupted: it goes on there.
        start: ``earliest``, an offset, or an instant in RFC 3339, of Kafka's record times.
        horizon_days: Of the churn risk; None lets the data decide.
    """

    to: Path
    journey_map: JourneyMap
    start: str
    horizon_days: int | None = None
    strict: bool = False


def replay(asked: Replay, settings: Settings, report: Callable[[Worker], None]) -> Path | None:
    """Read topics up to where they end now, publish the mart, and return the snapshot; None where it was told to end before.

    A group of its own reads, which goes with it; dead letters are not sent to their topic again.

    Raises:
        SettingError: ``start`` is no such thing, the brokers refuse us, or DIR was made with another map.
        SourceError: no broker answers.
    """
    group = f"{settings.consuming.group}-replay-{secrets.token_hex(4)}"
    own = replace(settings, consuming=replace(settings.consuming, group=group))
    partitions = prepare(own)
    begin = {TP(place.topic, place.partition): offset for place, offset in reset_offsets(own, asked.start, execute=False).items()}
    rules = shelf(asked.journey_map)
    how = WorkerSettings(
        asked.to, asked.journey_map, own, partitions, until_end=True, ticks=False, strict=asked.strict, begin=begin, tell_dead=False, rules=rules
    )
    try:
        worker = asyncio.new_event_loop().run_until_complete(work(how, report))  # never closed: that may wait for brokers that are away
    finally:
        _forget(own)
    if worker.stopping.is_set():
        return None
    loop = open_loop(asked.to, asked.journey_map, asked.horizon_days, Stopper(), patient=False, rules=rules)
    if loop is None:
        return None
    try:
        return loop.once()
    finally:
        loop.mart.close()


def _forget(settings: Settings) -> None:
    """Remove the group; where that fails Kafka forgets it by itself, after a week."""
    try:
        with admin(settings.connection) as client:
            client.delete_groups([settings.consuming.group])
    except KafkaError as error:
        log.warning("group %s stays for a week: %s", settings.consuming.group, error)
