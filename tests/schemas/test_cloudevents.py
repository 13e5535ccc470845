"""CloudEvents become the touchpoints that they carry."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.cloudevents import from_binary, from_structured, is_binary, is_structured, to_binary, to_structured

EVENT = {"specversion": "1.0", "id": "e1", "source": "/shop", "type": "page.viewed"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)


def made(**more: object) -> dict[str, object]:
    return from_structured({**EVENT, **more})


def test_a_plain_touchpoint_is_not_taken_for_a_cloudevent() -> None:
    assert not is_structured({"id": "e1", "source": "/shop", "type": "page.viewed"})
    assert not is_binary({"content-type": "application/json"})


def test_context_wins_over_data() -> None:
    touchpoint = made(time="2025-01-01T00:00:00Z", correlationid="a", data={"id": "x", "time": "1999-01-01T00:00:00Z", "correlation_id": "b"})
    assert (touchpoint["id"], touchpoint["time"], touchpoint["correlation_id"]) == ("e1", "2025-01-01T00:00:00Z", "a")


def test_subject_is_the_customer_only_where_data_names_none() -> None:
    assert made(subject="c1")["customer_id"] == "c1"
    assert made(subject="c1", data={"customer_id": "c2"})["customer_id"] == "c2"
    assert made(subject="c1", data={"customer_id": None})["customer_id"] == "c1"


def test_a_sequence_in_digits_becomes_a_number() -> None:
    assert made(sequence="00042")["sequence"] == 42
    assert made(sequence=7)["sequence"] == 7
    assert made(sequence=7, data={"sequence": 3})["sequence"] == 7


def test_a_sequence_that_is_no_number_is_kept_as_an_attribute() -> None:
    touchpoint = made(sequence="a-17")
    assert "sequence" not in touchpoint
    assert touchpoint["attributes"] == {"sequence": "a-17"}


def test_other_extensions_become_texts_in_attributes() -> None:
    touchpoint = made(causationid="e0", partitionkey="c1", tenant=5, beta=True, nothing=None, data={"attributes": {"segment": "new"}})
    assert touchpoint["causation_id"] == "e0"
    assert touchpoint["attributes"] == {"segment": "new", "partitionkey": "c1", "tenant": "5", "beta": "true"}


def test_the_object_that_was_given_is_not_changed() -> None:
    event = {**EVENT, "tenant": "5", "data": {"attributes": {"segment": "new"}}}
    from_structured(event)
    assert event == {**EVENT, "tenant": "5", "data": {"attributes": {"segment": "new"}}}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"specversion": "0.3"}, "specversion '0.3' is not '1.0'"),
        ({"specversion": None}, "specversion None is not '1.0'"),
        ({"id": None, "source": None}, "without id, source"),
        ({"data": [1]}, "data is not an object"),
        ({"datacontenttype": "text/plain"}, "is not JSON"),
        ({"data_base64": 5}, "data_base64 is not JSON"),
        ({"x": "1", "data": {"attributes": "a"}}, "attributes is not an object"),
    ],
)
def test_what_is_wrong_is_said_in_a_few_words(change: Mapping[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        made(**change)


@pytest.mark.parametrize(
    "content", ["application/json", "Application/JSON; charset=utf-8", "application/cloudevents+json", "text/json", "application/vnd.shop.v1+json"]
)
def test_any_kind_of_json_is_json(content: str) -> None:
    assert made(datacontenttype=content)["id"] == "e1"


@pytest.mark.parametrize("mark", ["ce_", "ce-", "CE-"])
def test_binary_and_structured_give_the_same_touchpoint(mark: str) -> None:
    context = {**EVENT, "subject": "c1", "time": "2025-01-01T00:00:00Z", "sequence": "9", "correlationid": "flow", "tenant": "5"}
    headers = {mark + name: value for name, value in context.items()} | {"Content-Type": "application/json", "x-request": "1"}
    assert is_binary(headers)
    assert from_binary(headers, {"channel": "web"}) == from_structured({**context, "data": {"channel": "web"}})


def test_http_headers_are_percent_decoded_and_kafka_headers_are_not() -> None:
    data: dict[str, object] = {}
    assert from_binary({f"ce-{name}": value for name, value in EVENT.items()} | {"ce-subject": "%D0%90%20b"}, data)["customer_id"] == "А b"
    assert from_binary({f"ce_{name}": value for name, value in EVENT.items()} | {"ce_subject": "100%25"}, data)["customer_id"] == "100%25"


@given(st.dictionaries(st.sampled_from([*EVENT, "data", "data_base64", "subject", "sequence", "time", "datacontenttype", "tenant"]), JSON))
def test_any_object_gives_a_touchpoint_or_a_reason(changes: dict[str, object]) -> None:
    try:
        touchpoint = from_structured({**EVENT, **changes})
    except ValueError as error:
        assert str(error)
    else:
        assert {"id", "source", "type"} <= set(touchpoint)


WHOLE = {
    "id": "1",
    "source": "crm",
    "type": "order.paid",
    "time": "2026-01-01T00:00:00Z",
    "sequence": -3,
    "customer_id": "Клиент 7",
    "identifiers": ["cookie:a"],
    "causation_id": "k",
    "correlation_id": "r",
    "money": {"amount_minor": 100, "currency": "EUR"},
    "attributes": {"segment": "new"},
}


@pytest.mark.parametrize(
    "touchpoint", [WHOLE, {**WHOLE, "customer_id": ""}, {"id": "1", "source": "s", "type": "t", "time": "2026-01-01T00:00:00Z", "case_id": "5"}]
)
def test_a_touchpoint_survives_both_modes(touchpoint: dict[str, object]) -> None:
    assert from_structured(to_structured(touchpoint)) == touchpoint
    assert from_binary(*to_binary(touchpoint)) == touchpoint
