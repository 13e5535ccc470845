"""What befalls a worker between the broker's first answer and its own first record is waited out where it passes by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("kafka", reason="the distributed form is not installed: pip install '.[kafka]'")

from kafka.errors import KafkaConnectionError, KafkaError, TopicAlreadyExistsError, TopicAuthorizationFailedError

from jobs.kafka.tools.admin import patiently
from schemas.errors import SourceError


def failing(problems: list[KafkaError]) -> Callable[[], int]:
    """Return what fails as the administrator's connection does, once for each problem, and then says 4."""

    def ask() -> int:
        if problems:
            raise SourceError("Kafka says no") from problems.pop(0)
        return 4

    return ask


@pytest.mark.parametrize("problem", [KafkaConnectionError("socket disconnected"), TopicAlreadyExistsError("another worker made it")])
def test_a_broker_that_restarts_and_a_worker_that_is_quicker_are_waited_out(problem: KafkaError) -> None:
    assert patiently(failing([problem, problem]), 60) == 4


def test_a_refusal_ends_at_once_and_a_broker_that_stays_away_when_time_is_over() -> None:
    refused, away = failing([TopicAuthorizationFailedError()]), failing([KafkaConnectionError()])
    with pytest.raises(SourceError):
        patiently(refused, 60)
    with pytest.raises(SourceError):
        patiently(away, 0)
