"""What a worker makes sure of before it begins: that brokers answer and let us in, and that its topics are there and fit."""

from __future__ import annotations

import logging
import time

from jobs.kafka.link import reach
from jobs.kafka.settings import Settings
from jobs.kafka.tools.admin import patiently
from jobs.kafka.tools.topics import check_topics, create_topics, read_topics
from schemas.errors import SettingError

PATIENCE_S = 60.0
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

    return patiently(prepared, PATIENCE_S, lambda error: log.warning("%s; asking again", error))


def _prepared(settings: Settings) -> int:
    for name in create_topics(settings):
        log.info("made topic %s", name)
    there = read_topics(settings)
    if findings := check_topics(settings.topics, there):
        raise SettingError("; ".join(f"topic {finding.topic} {finding.problem} ({finding.remedy})" for finding in findings))
    return there[settings.topics.touchpoints[0]].partitions
