"""Identify: from what an event names to the canonical customer (design §4, "Customer"). Links between identifiers will come in here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.columns import Array, Column, array, chosen, numbers, picked, spliced, text_of, whole
from pipelines.state import CASE, GAP, HOUSE, OPERATION
from pipelines.symbols import distinct_strings
from schemas.journey_map import JourneyMap
from schemas.roles import bit

_BACKSTAGE, _HOUSE = np.uint64(bit("backstage")), np.uint64(bit("house"))
_NAMES = ["given_customer", "identifiers", "source", "event_id", "case_id", "correlation_id"]


@dataclass(frozen=True)
class Identified:
    """Who each event is about.

    Attributes:
        customer: The canonical customer; null for house events and backstage work that name nobody.
        scope: In whose name copies are looked for: the customer, ``op:`` and the flow of backstage work, or ``house:`` and the customer, if any.
        anonymous: Nobody, or known only by a device.
        kind: CASE, GAP, HOUSE or OPERATION.
        nobody: Rows without any identity, which the contract refuses.
    """

    customer: Array
    scope: Array
    anonymous: NDArray[np.bool_]
    kind: NDArray[np.uint32]
    nobody: NDArray[np.bool_]


def identify(table: pa.Table, roles: NDArray[np.uint64], journey_map: JourneyMap) -> Identified:
    """Identify every row of extracted touchpoints. ``roles``: the bits of each row, those of the back lane included."""
    customer, named = _given(table["given_customer"], journey_map)
    house, backstage = roles & _HOUSE != 0, roles & _BACKSTAGE != 0
    nobody, anonymous, operation = np.zeros(len(table), bool), np.zeros(len(table), bool), np.zeros(len(table), bool)
    others = np.flatnonzero(~named)
    if len(others):
        rows = table.select(_NAMES).take(array(others))
        identifiers = whole(rows["identifiers"])
        name, device, somebody = _by_identifiers(identifiers, journey_map)
        free = (house | backstage)[others] & ~somebody
        given = numbers(rows["given_customer"].is_valid()) | (_lengths(identifiers) > 0)
        nobody[others] = ~given & ~free
        anonymous[others] = ~somebody | device
        operation[others] = free & ~house[others]
        found = chosen(chosen(name, somebody, _stand_in(rows)), ~free, None)
        customer = whole(pc.replace_with_mask(customer, array(~named), found))
    has_case = numbers(table["case_id"].is_valid())
    kind = np.where(house, HOUSE, np.where(operation, OPERATION, np.where(has_case, CASE, GAP))).astype(np.uint32)
    return Identified(customer, scopes(table, customer, kind), anonymous, kind, nobody)


def scopes(table: pa.Table, customer: Array, kind: NDArray[np.uint32]) -> Array:
    """Return in whose name copies of each row are looked for."""
    other = kind >= HOUSE
    if not other.any():
        return customer
    rows = array(np.flatnonzero(other))
    named = table.select(["correlation_id", "causation_id"]).take(rows)
    flow = spliced(["op", text_of(whole(pc.coalesce(named["correlation_id"], named["causation_id"])))], ":")
    house = spliced(["house", text_of(customer.take(rows))], ":")
    return whole(pc.replace_with_mask(customer, array(other), chosen(flow, kind[other] == OPERATION, house)))


def _given(column: Column, journey_map: JourneyMap) -> tuple[Array, NDArray[np.bool_]]:
    """Return the customers as given, and which of them are somebody."""
    places, distinct = distinct_strings(column)
    real = np.array([*(not journey_map.is_placeholder(name) for name in distinct), False], bool)
    return whole(column), real[places]


def _by_identifiers(lists: Array, journey_map: JourneyMap) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return for each row the smallest of its identifiers that is somebody's, whether devices are all it has, and whether it has any."""
    places, words = distinct_strings(whole(pc.list_flatten(lists)))
    real = np.array([not journey_map.is_placeholder(word) for word in words], bool)
    device = np.array([journey_map.is_device(_kind(word)) for word in words], bool)
    order = sorted(range(len(words)), key=lambda at: _rank(words[at], journey_map))
    rank = np.empty(len(words), np.int64)
    rank[order] = np.arange(len(words))
    row = np.repeat(np.arange(len(lists)), _lengths(lists))
    good = real[places] & (places >= 0)
    least, person = np.full(len(lists), len(words)), np.zeros(len(lists), bool)
    np.minimum.at(least, row[good], rank[places[good]])
    person[row[good & ~device[places]]] = True
    somebody = least < len(words)
    names = picked(pa.array([*(words[at] for at in order), None], pa.string()), least)
    return names, somebody & ~person, somebody


def _rank(identifier: str, journey_map: JourneyMap) -> tuple[int, str, str]:
    return journey_map.identifier_rank(_kind(identifier)), identifier.partition(":")[2], identifier


def _kind(identifier: str) -> str:
    return identifier.partition(":")[0]


def _stand_in(rows: pa.Table) -> Array:
    """Return the name of a customer who is nobody: that of the case, else of the flow, else of the event."""
    source = rows["source"]
    names = {"case": "case_id", "flow": "correlation_id", "event": "event_id"}
    case, flow, event = (spliced([spliced([word, source], ":"), rows[column]], "/") for word, column in names.items())
    return whole(pc.coalesce(case, flow, event))


def _lengths(lists: Array) -> NDArray[np.int64]:
    return numbers(pc.list_value_length(lists)).astype(np.int64)
