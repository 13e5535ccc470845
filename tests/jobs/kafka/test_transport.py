"""What the bulk transport relies on, and what it closes of Faust's defaults."""

from __future__ import annotations

import pytest

pytest.importorskip("faust", reason="the distributed form is not installed: pip install '.[kafka]'")

import aiokafka
from aiokafka.consumer.fetcher import Fetcher
from faust.app.base import App as FaustApp

from jobs.kafka.transport import PRIVATE


@pytest.mark.parametrize(("owner", "name"), [(owner, name) for owner, names in PRIVATE.items() for name in names if name != "_read_offset"])
def test_a_private_name_that_we_override_or_call_is_still_there(owner: type, name: str) -> None:
    assert hasattr(owner, name)


def test_the_private_names_of_instances_are_still_there() -> None:
    consumer = aiokafka.AIOKafkaConsumer.__init__.__code__.co_names
    assert {"_partition_assignment_strategy", "_fetch_max_wait_ms"} <= set(consumer)
    assert hasattr(FaustApp, "_new_transport")
    assert hasattr(FaustApp, "_create_directories")
    assert hasattr(Fetcher, "fetched_records")
