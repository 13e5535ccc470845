"""What a record holds is told by its headers and first bytes, and nothing is lost on the way."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.decode import decode
from pipelines.wire import Headers, unwrap
from schemas.cloudevents import to_binary, to_structured
from schemas.touchpoint import MAX_BYTES

EVENT = {"id": "1", "source": "shop", "type": "page.viewed", "time": "2026-01-01T00:00:00Z", "sequence": 4, "customer_id": "c7", "channel": "web"}
PLAIN = msgspec.json.encode(EVENT)
STRUCTURED = msgspec.json.encode(to_structured(EVENT))
NAMES, DATA = to_binary(EVENT)
BINARY = msgspec.json.encode(DATA)
BINARY_HEADERS: Headers = [(name, value.encode()) for name, value in NAMES.items()]


def framed(body: bytes, number: int = 7) -> bytes:
    return b"\0" + number.to_bytes(4, "big") + body


def lines(value: bytes | None, headers: Headers = (), schema_ids: set[int] | None = None) -> tuple[list[bytes], list[str]]:
    """Unwrap and decode one record: its canonical form, or the reason it is refused for."""
    found = unwrap([value], [headers], schema_ids)
    decoded = decode(found.bodies, refused=found.refused)
    return decoded.lines, [letter.reason for letter in decoded.dead]


@pytest.mark.parametrize(
    ("value", "headers"),
    [
        (PLAIN, ()),
        (PLAIN, [("trace", b"\xff"), ("empty", None)]),
        (PLAIN, [("content-type", b"application/json")]),
        (STRUCTURED, ()),
        (STRUCTURED, [("Content-Type", b"Application/CloudEvents+JSON; charset=utf-8")]),
        (BINARY, BINARY_HEADERS),
        (BINARY, [(name.upper(), value) for name, value in BINARY_HEADERS]),
        (framed(PLAIN), ()),
        (framed(STRUCTURED), ()),
        (framed(BINARY), BINARY_HEADERS),
        (PLAIN, [("__value_schema_id", b"\x01" + bytes(16))]),
    ],
)
def test_every_form_gives_the_same_touchpoint(value: bytes, headers: Headers) -> None:
    assert lines(value, headers) == (decode([PLAIN]).lines, [])


@pytest.mark.parametrize(
    ("value", "headers", "reason"),
    [
        (None, (), "schema"),
        (None, BINARY_HEADERS, "schema"),
        (b"", (), "not_json"),
        (b"\0\0", (), "schema_unknown"),
        (framed(b"\x02\x08avro"), (), "schema_unknown"),
        (framed(b""), (), "schema_unknown"),
        (b"\x02avro", [("__value_schema_id", b"\x01" + bytes(16))], "schema_unknown"),
        (b"[]", [("content-type", b"application/cloudevents-batch+json")], "schema_unknown"),
        (b"\x01avro", [("content-type", b"application/cloudevents+avro")], "schema_unknown"),
        (b"{", BINARY_HEADERS, "not_json"),
        (b"[]", BINARY_HEADERS, "schema"),
        (BINARY, [*BINARY_HEADERS, ("ce_specversion", b"0.3")], "schema"),
        (BINARY, [*BINARY_HEADERS, ("ce_subject", b"\xff")], "schema"),
        (b"\x01{}", (), "not_json"),
        (framed(b"{" + b" " * MAX_BYTES), (), "too_large"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(value: bytes | None, headers: Headers, reason: str) -> None:
    assert lines(value, headers) == ([], [reason])


def test_a_frame_of_a_schema_that_is_not_listed_is_unknown() -> None:
    assert lines(framed(PLAIN, 7), schema_ids={7})[1] == []
    assert lines(framed(PLAIN, 8), schema_ids={7})[1] == ["schema_unknown"]


def test_refused_records_keep_their_place_among_the_others() -> None:
    found = unwrap([PLAIN, None, framed(b"\x02"), PLAIN, b"x"])
    decoded = decode(found.bodies, refused=found.refused)
    assert decoded.places.tolist() == [0, 3]
    assert [(letter.place, letter.reason) for letter in decoded.dead] == [(1, "schema"), (2, "schema_unknown"), (4, "not_json")]
    assert found.tombstones == 1


def test_plain_json_is_passed_on_untouched() -> None:
    values = [PLAIN, b"not json", b" " + PLAIN]
    assert unwrap(values).bodies == values


@given(
    st.lists(
        st.tuples(
            st.none() | st.binary(max_size=40),
            st.lists(st.tuples(st.sampled_from(["ce_specversion", "ce_id", "content-type", "a"]), st.none() | st.binary(max_size=20)), max_size=3),
        )
    )
)
def test_no_bytes_make_it_raise_and_none_are_lost(records: list[tuple[bytes | None, Headers]]) -> None:
    found = unwrap([value for value, _ in records], [headers for _, headers in records])
    decoded = decode(found.bodies, refused=found.refused)
    assert sorted([*decoded.places.tolist(), *(letter.place for letter in decoded.dead)]) == list(range(len(records)))
