"""What a worker makes sure of before it begins: that brokers answer and let us in, and that its topics are there and fit."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from kafka.errors import KafkaError, TopicAlreadyExistsError

from jobs.kafka.link import BETWEEN_S, reach
from jobs.kafka.settings import Settings
from jobs.kafka.tools.topics import check_topics, create_topics, read_topics
from schemas.errors import SettingError, SourceError

PATIENCE_S = 60.0
T = TypeVar("T")
log = logging.getLogger(__name__)


def prepare(settings: Settings) -> int:
    """Make topics of ours that are missing, and return how many partitions those of touchpoints have.

    Raises:
        SettingError: a broker refuses us, or topics don't fit together.
        SourceError: no broker answers.
    """
    due = time.monotonic() + PATIENCE_S

    def prepared() -> int:
        reach(settings.connection, due - time.monotonic(), log.warning)
        return _prepared(settings)

    return insist(prepared, due)


def insist(ask: Callable[[], T], due: float) -> T:
    """Ask again while what is wrong passes by itself.

    A broker may go away after it first answered, and another worker make the same topics at the same moment.

    Args:
        ask: Asked at least once.
        due: Until then (monotonic seconds).

    Raises:
        SettingError: a broker refuses us, or topics don't fit together.
        SourceError: it did not pass in time, or is of another kind.
    """
    while True:
        try:
            return ask()
        except SourceError as error:
            if time.monotonic() >= due or not _passes(error.__cause__):
                raise
            log.warning("%s; asking again", error)
        time.sleep(BETWEEN_S)


def _passes(cause: BaseException | None) -> bool:
    return not isinstance(cause, KafkaError) or bool(cause.retriable) or isinstance(cause, TopicAlreadyExistsError)


def _prepared(settings: Settings) -> int:
    for name in create_topics(settings):
        log.info("made topic %s", name)
    there = read_topics(settings)
    if findings := check_topics(settings.topics, there):
        raise SettingError("; ".join(f"topic {finding.topic} {finding.problem} ({finding.remedy})" for finding in findings))
    return there[settings.topics.touchpoints[0]].partitions
