"""Logs that don't storm."""

from __future__ import annotations

import logging

import pytest

pytest.importorskip("faust", reason="the distributed form is not installed: pip install '.[kafka]'")

from jobs.kafka.logs import SILENCE_S, Calm


def _record(name: str, at_s: float) -> logging.LogRecord:
    record = logging.LogRecord(name, logging.ERROR, "", 0, "no answer from %s", ("broker",), None)
    record.created = at_s
    return record


def test_a_library_says_the_same_thing_once_in_a_while_and_how_often_it_was_not_said() -> None:
    calm = Calm()
    said = [record.getMessage() for at in range(int(SILENCE_S) + 1) if calm.filter(record := _record("aiokafka", float(at)))]
    assert said == ["no answer from broker", f"no answer from broker (and {int(SILENCE_S) - 1} times more since)"]


def test_what_we_say_ourselves_is_always_said() -> None:
    calm = Calm()
    assert all(calm.filter(_record("jobs.kafka.worker", float(at))) for at in range(5))
