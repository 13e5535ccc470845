"""What the fold keeps at hand for rules of scope all: who begins and ends to wait, and the work behind the line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa

from pipelines.resources import read_text
from schemas.journey_map import JourneyMap

COLUMNS = {
    "touchpoints": (
        *("key", "content", "disputed", "time_us", "sequence", "customer_id", "event_id", "case_id", "correlation_id", "type", "channel", "kind"),
    ),
    "operations": (
        *("key", "content", "disputed", "time_us", "sequence", "source", "event_id", "type", "channel", "site", "actor_id", "team", "correlation_id"),
        *("causation_id", "attributes", "given_stage"),
    ),
}
"""What is kept of facts."""
BITS = 64
_STATEMENTS = {"touchpoints": "waits_insert", "operations": "works_insert"}
_WAITING: dict[str, pa.DataType] = {"type": pa.string(), "channel": pa.string(), "opens": pa.uint64(), "closes": pa.uint64()}


def waiting(journey_map: JourneyMap) -> int:
    """Return the roles of events that open or close a wait, as bits."""
    bits = 0
    for pair in journey_map.pairs:
        if pair.wait:
            bits |= pair.opens | pair.closes
    return bits


def tied(journey_map: JourneyMap) -> tuple[int, int]:
    """Return which of the map's pairs (bits by place) a flow, and a case, hold together; none where two pairs share a bit."""
    if len(journey_map.pairs) >= BITS:
        return 0, 0
    by_case = sum(1 << place for place, pair in enumerate(journey_map.pairs) if pair.key == "case")
    return (1 << len(journey_map.pairs)) - 1 & ~by_case, by_case


def keep(con: duckdb.DuckDBPyConnection, commits: Sequence[Mapping[str, pa.Table]], journey_map: JourneyMap) -> None:
    """Keep what rules of scope all need of the facts of some commits; the map's meanings of their types are known to the mart."""
    for name, columns in COLUMNS.items():
        parts = [table.select(columns) for tables in commits if (table := tables.get(name)) is not None and len(table)]
        if parts:
            con.register("waiting", _waiting(con, journey_map))
            con.register(f"incoming_{name}", pa.concat_tables(parts, promote_options="permissive"))
            con.execute(read_text(f"pipelines/overall/{_STATEMENTS[name]}.sql"))
            con.unregister(f"incoming_{name}")
            con.unregister("waiting")


def _waiting(con: duckdb.DuckDBPyConnection, journey_map: JourneyMap) -> pa.Table:
    """Return which of the map's pairs a type opens and closes, where it does, as bits by their place; of more than ``BITS`` some share one."""
    known = con.execute("select distinct type, channel from internal.meanings").fetchall()
    rows = [(kind, channel, *_pairs(journey_map, kind, channel)) for kind, channel in known]
    return pa.Table.from_pylist([dict(zip(_WAITING, row, strict=True)) for row in rows if row[2] | row[3]], schema=pa.schema(list(_WAITING.items())))


def _pairs(journey_map: JourneyMap, kind: str, channel: str | None) -> tuple[int, int]:
    meaning = journey_map.meaning(kind, channel)
    pairs = [(1 << place % BITS, pair) for place, pair in enumerate(journey_map.pairs) if pair.wait and pair.thing == meaning.thing]
    return sum(bit for bit, pair in pairs if pair.opens & meaning.roles), sum(bit for bit, pair in pairs if pair.closes & meaning.roles)
