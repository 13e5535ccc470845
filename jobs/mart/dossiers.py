"""Fills the bodies of what is sent: asks the live mart what it knows of the alerts, all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Any

import pyarrow as pa

from pipelines.say.dossier import House, Known, Row, alert
from schemas.roles import bit

Ask = Callable[..., pa.Table]
"""Runs a query of ``pipelines/say`` by its name, with relations and parameters."""
Texts = Callable[[Iterable[Row]], Mapping[int, str]]
"""Returns what was written in some steps, by the key of the event."""

PURCHASES = 5
_WEEKS_US = 90 * 86_400 * 1_000_000
"""Evidence lies at most so long before its interval begins (µs)."""


def with_bodies(rows: pa.Table, about: pa.Table, ask: Ask, house: House, texts: Texts | None = None) -> pa.Table:
    """Return rows of ``said`` with a body where they are sent.

    Args:
        rows: Of ``said``.
        about: What they are about, with a column ``key``.
        ask: The live mart.
        house: Who speaks.
        texts: Finds what was written; None: bodies go without.
    """
    said = rows.filter(rows["send"]).to_pylist()
    if not said:
        return rows
    wanted = {row["key"] for row in said}
    intervals = {row["key"]: row for row in about.filter(_among(about["key"], wanted)).to_pylist()}
    known = _known(list(intervals.values()), ask, texts)
    bodies = {row["seq"]: alert(row, intervals[row["key"]], known, house).decode() for row in said}
    column = pa.array([bodies.get(seq) for seq in rows["seq"].to_pylist()], pa.string())
    return rows.set_column(rows.schema.get_field_index("body"), rows.schema.field("body"), column)


def _known(intervals: list[dict[str, Any]], ask: Ask, texts: Texts | None) -> Known:
    """Ask for everything that the dossiers of some intervals show."""
    named = sorted({row["journey"] for row in intervals if row.get("journey")})
    journeys = {row["journey"]: row for row in _rows(ask, "dossier_journeys", "journey", pa.array(named, pa.uint64()))}
    steps = _steps(journeys, ask)
    crowds = [row for row in intervals if not row["customer_id"] and row.get("evidence_keys")]
    customers = pa.array(sorted({row["customer_id"] for row in intervals if row["customer_id"]}), pa.string())
    worth = {row["customer_id"]: row for row in _rows(ask, "dossier_worth", "customer_id", customers)}
    return Known(
        journeys=journeys,
        steps=steps,
        people=_people(crowds, ask),
        worth=worth,
        purchases=_purchases(pa.array(sorted(worth), pa.string()), ask),
        texts={} if texts is None else texts(step for each in steps.values() for step in each),
    )


def _steps(journeys: Mapping[int, Row], ask: Ask) -> dict[int, list[dict[str, Any]]]:
    span = {
        "lo_us": min((row["started_us"] for row in journeys.values()), default=0),
        "hi_us": max((row["ended_us"] for row in journeys.values()), default=0),
    }
    found = _rows(ask, "dossier_steps", "journey", pa.array(sorted(journeys), pa.uint64()), **span)
    return {journey: list(steps) for journey, steps in groupby(found, key=lambda step: step["journey"])}


def _people(crowds: list[dict[str, Any]], ask: Ask) -> dict[int, tuple[str | None, str]]:
    keys = pa.array(sorted({key for row in crowds for key in row["evidence_keys"]}), pa.uint64())
    instants = [row["since_us"] for row in crowds]
    span = {"lo_us": min(instants, default=0) - _WEEKS_US, "hi_us": max(instants, default=0) + _WEEKS_US}
    return {row["key"]: (row["customer_id"], row["event_id"]) for row in _rows(ask, "dossier_people", "key", keys, **span)}


def _purchases(customers: pa.Array[Any], ask: Ask) -> dict[str, list[dict[str, Any]]]:
    found = _rows(ask, "dossier_purchases", "customer_id", customers, most=PURCHASES, purchase=bit("purchase"))
    return {customer: list(rows) for customer, rows in groupby(found, key=lambda row: row["customer_id"])}


def _rows(ask: Ask, name: str, column: str, values: pa.Array[Any], **parameters: int) -> list[dict[str, Any]]:
    """Run a query about some things; nothing is asked about nothing."""
    if not len(values):
        return []
    rows: list[dict[str, Any]] = ask(name, {"asked": pa.table({column: values})}, **parameters).to_pylist()
    return rows


def _among(column: pa.ChunkedArray[Any], wanted: set[int]) -> pa.Array[Any]:
    return pa.array([key in wanted for key in column.to_pylist()])
