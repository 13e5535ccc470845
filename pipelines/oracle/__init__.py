"""The rebuild again, slow and readable: SQL models over the records that arrived. Tests compare the fast kernel with it, with ``==``.

The models run in one line: arrivals ─▶ arrived ─▶ kept ─▶ members ─▶ (pairing) ─▶ steps, journeys; operations, house, counts. The words are
those of the journey's rules: a copy, a late event, a gap, a terminal. Nothing here is shared with the kernel.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from pipelines.oracle.pairing import pairs_found
from pipelines.oracle.rules import Rules, rules_of, schema
from pipelines.resources import read_text

__all__ = ["ANSWERS", "ARRIVALS", "Rules", "rebuild", "rules_of"]

ARRIVALS = schema(
    partition=pa.int32(),
    offset=pa.int64(),  # order of arrival in the partition
    feed=pa.string(),  # the journal's source: running maxima are per feed
    received_us=pa.int64(),
    source=pa.string(),
    event_id=pa.string(),
    type=pa.string(),
    time_us=pa.int64(),
    sequence=pa.int64(),
    customer=pa.string(),  # canonical; null where a house or backstage event names nobody
    anonymous=pa.bool_(),  # nobody, or known only by a device
    case_id=pa.string(),
    correlation_id=pa.string(),
    causation_id=pa.string(),
    channel=pa.string(),
    site=pa.string(),
    lifecycle=pa.string(),
    wait_ms=pa.int64(),
    service_ms=pa.int64(),
    stage=pa.string(),  # the event's own, else the map's
    roles=pa.uint64(),  # bits; an actor's lane `back` sets the bit of backstage too
    thing=pa.string(),
    segment=pa.string(),
    client_type=pa.string(),
    context=pa.string(),
    canonical=pa.string(),  # md5 of the canonical form, hex: of copies the smallest wins
)
"""What the oracle reads: one row a decoded record."""

_PAIRS_FOUND = schema(
    customer=pa.string(),
    first_key=pa.uint64(),
    key=pa.uint64(),
    lifecycle_wait_ms=pa.int64(),
    lifecycle_service_ms=pa.int64(),
    role_wait_ms=pa.int64(),
    opener_position=pa.int32(),
    open_wait=pa.bool_(),
)
ANSWERS = ("journeys", "steps", "operations", "house", "counts")


def rebuild(con: duckdb.DuckDBPyConnection, arrivals: pa.Table, rules: Rules, *, as_of_us: int) -> dict[str, pa.Table]:
    """Return the tables :data:`ANSWERS` of all that arrived; each in a fixed order, so that two can be compared as they stand.

    Args:
        con: An in-memory connection; relations of the models' names are registered on it anew.
        arrivals: Schema :data:`ARRIVALS`, any order.
        rules: Of the journey map.
        as_of_us: The instant (µs since 1970, UTC) at which a journey is final or not.
    """
    numbers = rules.numbers | {"as_of_us": as_of_us}
    for name, table in (("arrivals", arrivals), ("gaps", rules.gaps), ("tolerance", rules.tolerance), ("open_hours", rules.open_hours)):
        con.register(name, table)
    for model in ("arrived", "kept", "members"):
        con.register(model, _answer(con, model, numbers))
    members = con.sql("from members order by customer, rule, case_id, first_key, position").to_arrow_table()
    found = pairs_found(members.to_pylist(), rules.pairs.to_pylist())
    con.register("pairs_found", pa.Table.from_pylist(found, schema=_PAIRS_FOUND))
    return {model: _answer(con, model, numbers) for model in ANSWERS}


def _answer(con: duckdb.DuckDBPyConnection, model: str, numbers: dict[str, int]) -> pa.Table:
    """Run one model with those of the numbers that it names."""
    query = read_text(f"pipelines/oracle/{model}.sql")
    wanted = con.extract_statements(query)[0].named_parameters
    table: pa.Table = con.sql(query, params={name: numbers[name] for name in wanted}).to_arrow_table()
    return table
