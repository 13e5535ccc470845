"""A record's key is the customer that the rebuild will find, whatever form the event has; equal keys lie in one partition."""

from __future__ import annotations

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.lexicon import Lexicon
from pipelines.record_key import murmur2, murmur2s, partition_of, record_keys
from pipelines.table import engine
from schemas.cloudevents import to_structured
from schemas.journey_map import default_map

EVENT = {"id": "1", "source": "shop", "type": "page.viewed", "time": "2026-01-01T00:00:00Z"}


def keys_of(*events: dict[str, object] | bytes) -> list[str | None]:
    payloads = [event if isinstance(event, bytes) else msgspec.json.encode({**EVENT, **event}) for event in events]
    return record_keys(payloads, Lexicon(default_map()), engine())


@pytest.mark.parametrize(
    ("event", "key"),
    [
        ({"customer_id": "c7"}, "c7"),
        ({"customer_id": "c7", "identifiers": ["phone:+7"]}, "c7"),
        ({"identifiers": ["cookie:z", "phone:+7"]}, "phone:+7"),
        ({"customer_id": "undefined", "identifiers": ["cookie:z"]}, "cookie:z"),
        ({"customer_id": "undefined", "case_id": "5"}, "case:shop/5"),
        ({"customer_id": "undefined"}, "event:shop/1"),
        ({"type": "op.queued", "correlation_id": "flow", "causation_id": "cause"}, "flow"),
        ({"type": "op.queued", "causation_id": "cause"}, "cause"),
        ({"type": "op.queued"}, "shop"),
        ({"type": "op.queued", "correlation_id": "flow", "customer_id": "c7"}, "c7"),
        ({"type": "feed.heartbeat"}, "shop"),
        ({}, None),
        ({"time": "yesterday", "customer_id": "c7"}, None),
        (b"not json", None),
        (msgspec.json.encode(to_structured({**EVENT, "customer_id": "c7"})), "c7"),
    ],
)
def test_the_key_is_whom_the_event_is_about(event: dict[str, object] | bytes, key: str | None) -> None:
    assert keys_of(event) == [key]


def test_keys_stand_at_the_place_of_their_payload() -> None:
    assert keys_of(b"x", {"customer_id": "a"}, {}, {"customer_id": "b"}, {"identifiers": ["phone:1"]}) == [None, "a", None, "b", "phone:1"]
    assert keys_of() == []


@pytest.mark.parametrize(
    ("text", "signed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"abc", 479470107),
    ],
)
def test_murmur2_gives_the_numbers_of_kafkas_own_test(text: bytes, signed: int) -> None:
    assert murmur2(text) == signed & 0xFFFFFFFF


@given(st.binary(max_size=64), st.integers(1, 1000))
def test_partitions_agree_with_the_library_that_others_produce_with(key: bytes, partitions: int) -> None:
    library = pytest.importorskip("kafka.partitioner.default")
    assert partition_of(key, partitions) == (library.murmur2(key) & 0x7FFFFFFF) % partitions


@given(st.lists(st.none() | st.binary(max_size=80), max_size=40), st.integers(0, 3))
def test_murmur2_of_many_keys_is_that_of_each(keys: list[bytes | None], skipped: int) -> None:
    held = pa.array(keys, pa.binary())[skipped:]
    assert murmur2s(held).tolist() == [murmur2(key or b"") for key in keys[skipped:]]
