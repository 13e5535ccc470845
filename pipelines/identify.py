"""Identify: from what an event names to the canonical customer (design §4, "Customer"). Links between identifiers will come in here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.state import CASE, GAP, HOUSE, OPERATION
from pipelines.symbols import distinct_strings
from schemas.journey_map import JourneyMap
from schemas.roles import bit

_BACKSTAGE, _HOUSE = np.uint64(bit("backstage")), np.uint64(bit("house"))


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

    customer: pa.Array
    scope: pa.Array
    anonymous: NDArray[np.bool_]
    kind: NDArray[np.uint32]
    nobody: NDArray[np.bool_]


def identify(table: pa.Table, roles: NDArray[np.uint64], journey_map: JourneyMap) -> Identified:
    """Identify every row of extracted touchpoints. ``roles``: the bits of each row, those of the back lane included."""
    customer, named = _given(table["given_customer"], journey_map)
    anonymous = np.zeros(len(table), bool)
    house, backstage = roles & _HOUSE != 0, roles & _BACKSTAGE != 0
    nobody = np.zeros(len(table), bool)
    operation = np.zeros(len(table), bool)
    others = np.flatnonzero(~named)
    if len(others):
        found = [_other(row, journey_map) for row in _pleas(table, others)]
        values = np.asarray(customer, dtype=object) if isinstance(customer, np.ndarray) else np.array(customer.to_pylist(), dtype=object)
        for place, (name, is_anonymous, has_identity, is_placeholder) in zip(others.tolist(), found, strict=True):
            free = house[place] or (backstage[place] and is_placeholder)
            values[place] = None if free and is_placeholder else name
            anonymous[place] = is_anonymous
            operation[place] = backstage[place] and is_placeholder and not house[place]
            nobody[place] = not has_identity and not free
        customer = pa.array(values.tolist(), pa.string())
    kind = np.where(house, HOUSE, np.where(operation, OPERATION, np.where(_valid(table["case_id"]), CASE, GAP))).astype(np.uint32)
    return Identified(customer, _scopes(table, customer, kind), anonymous, kind, nobody)


def _given(column: pa.ChunkedArray, journey_map: JourneyMap) -> tuple[pa.Array, NDArray[np.bool_]]:
    """Return the customers as given, and which of them are somebody."""
    places, distinct = distinct_strings(column)
    real = np.array([*(not journey_map.is_placeholder(name) for name in distinct), False], bool)
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0), real[places]


def _pleas(table: pa.Table, others: NDArray[np.int64]) -> list[dict[str, object]]:
    """Return what rows without a customer id say of whom they are about."""
    columns = ["given_customer", "identifiers", "source", "event_id", "case_id", "correlation_id"]
    rows: list[dict[str, object]] = table.select(columns).take(pa.array(others)).to_pylist()
    return rows


def _other(row: dict[str, object], journey_map: JourneyMap) -> tuple[str, bool, bool, bool]:
    """Return (name, anonymous, has any identity, nobody by its identity) of a row whose customer_id is absent or a placeholder."""
    identifiers = row["identifiers"]
    given: Sequence[str] = identifiers if isinstance(identifiers, list) else ()
    somebody = [name for name in given if not journey_map.is_placeholder(name)]
    if somebody:
        name = min(somebody, key=lambda name: (journey_map.identifier_rank(_kind(name)), name.partition(":")[2], name))
        return name, all(journey_map.is_device(_kind(other)) for other in somebody), True, False
    has_identity = bool(given) or row["given_customer"] is not None
    if row["case_id"] is not None:
        return f"case:{row['source']}/{row['case_id']}", True, has_identity, True
    if row["correlation_id"] is not None:
        return f"flow:{row['source']}/{row['correlation_id']}", True, has_identity, True
    return f"event:{row['source']}/{row['event_id']}", True, has_identity, True


def _kind(identifier: str) -> str:
    return identifier.partition(":")[0]


def _valid(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    return np.asarray(column.is_valid().to_numpy())


def _scopes(table: pa.Table, customer: pa.Array, kind: NDArray[np.uint32]) -> pa.Array:
    if not (kind >= HOUSE).any():
        return customer
    flow = pc.fill_null(pc.coalesce(table["correlation_id"], table["causation_id"]), "").combine_chunks()
    operation = pc.binary_join_element_wise("op", flow, ":")
    scope = pc.if_else(pa.array(kind == OPERATION), operation, customer)
    scope = pc.if_else(pa.array(kind == HOUSE), pa.scalar("house:"), scope)
    return scope.combine_chunks() if isinstance(scope, pa.ChunkedArray) else scope
