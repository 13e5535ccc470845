"""Identify: from what an event names to the canonical customer (design §4, "Customer"). Links between identifiers will come in here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

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
        scope: In whose name copies are looked for: the customer, ``op:`` and the flow of backstage work, or ``house:``.
        anonymous: Nobody, or known only by a device.
        kind: CASE, GAP, HOUSE or OPERATION.
        nobody: Rows without any identity, which the contract refuses.
    """

    customer: pa.Array[Any]
    scope: pa.Array[Any]
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
        rows = table.select(_NAMES).take(pa.array(others))
        name, device, somebody = _by_identifiers(rows["identifiers"].combine_chunks(), journey_map)
        free = (house | backstage)[others] & ~somebody
        given = np.asarray(rows["given_customer"].is_valid()) | (_lengths(rows["identifiers"].combine_chunks()) > 0)
        nobody[others] = ~given & ~free
        anonymous[others] = ~somebody | device
        operation[others] = free & ~house[others]
        found = pc.if_else(pa.array(somebody), name, _stand_in(rows))
        found = pc.if_else(pa.array(free), pa.scalar(None, pa.string()), found)
        customer = pc.replace_with_mask(customer, pa.array(~named), _whole(found))
    kind = np.where(house, HOUSE, np.where(operation, OPERATION, np.where(_valid(table["case_id"]), CASE, GAP))).astype(np.uint32)
    return Identified(customer, scopes(table, customer, kind), anonymous, kind, nobody)


def scopes(table: pa.Table, customer: pa.Array[Any], kind: NDArray[np.uint32]) -> pa.Array[Any]:
    """Return in whose name copies of each row are looked for."""
    if not (kind >= HOUSE).any():
        return customer
    flow = pc.fill_null(pc.coalesce(table["correlation_id"], table["causation_id"]), "")
    operation = pc.binary_join_element_wise("op", flow, ":")
    scope = pc.if_else(pa.array(kind == OPERATION), operation, customer)
    return _whole(pc.if_else(pa.array(kind == HOUSE), pa.scalar("house:"), scope))


def _given(column: pa.ChunkedArray[Any], journey_map: JourneyMap) -> tuple[pa.Array[Any], NDArray[np.bool_]]:
    """Return the customers as given, and which of them are somebody."""
    places, distinct = distinct_strings(column)
    real = np.array([*(not journey_map.is_placeholder(name) for name in distinct), False], bool)
    return _whole(column), real[places]


def _by_identifiers(lists: pa.Array[Any], journey_map: JourneyMap) -> tuple[pa.Array[Any], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return for each row the smallest of its identifiers that is somebody's, whether devices are all it has, and whether it has any."""
    places, words = distinct_strings(lists.flatten())
    real = np.array([not journey_map.is_placeholder(word) for word in words], bool)
    order = sorted(range(len(words)), key=lambda at: _rank(words[at], journey_map))
    rank, device = np.empty(len(words), np.int64), np.array([journey_map.is_device(_kind(word)) for word in words], bool)
    rank[order] = np.arange(len(words))
    row = np.repeat(np.arange(len(lists)), _lengths(lists))
    good = real[places]
    least, person = np.full(len(lists), len(words)), np.zeros(len(lists), bool)
    np.minimum.at(least, row[good], rank[places[good]])
    person[row[good & ~device[places]]] = True
    somebody = least < len(words)
    names = pa.array([*(words[at] for at in order), None], pa.string()).take(pa.array(least))
    return names, somebody & ~person, somebody


def _rank(identifier: str, journey_map: JourneyMap) -> tuple[int, str, str]:
    return journey_map.identifier_rank(_kind(identifier)), identifier.partition(":")[2], identifier


def _kind(identifier: str) -> str:
    return identifier.partition(":")[0]


def _stand_in(rows: pa.Table) -> pa.Array[Any]:
    """Return the name of a customer who is nobody: that of the case, else of the flow, else of the event."""
    source = rows["source"]
    case, flow, event = (
        pc.binary_join_element_wise(pc.binary_join_element_wise(word, source, ":"), rows[column], "/")
        for word, column in (("case", "case_id"), ("flow", "correlation_id"), ("event", "event_id"))
    )
    return _whole(pc.coalesce(case, flow, event))


def _lengths(lists: pa.Array[Any]) -> NDArray[np.int64]:
    return np.asarray(pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)).astype(np.int64)


def _valid(column: pa.ChunkedArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(column.is_valid().to_numpy())


def _whole(column: pa.Array[Any] | pa.ChunkedArray[Any]) -> pa.Array[Any]:
    """Return a column as one array."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole
