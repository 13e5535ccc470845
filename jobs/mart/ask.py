"""The questions of saying, put to a live mart or to a snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.resources import read_text
from pipelines.say.dossier import House, Row
from pipelines.say.ledger import Keys
from schemas.map_check import complete

_PURCHASE_MINOR = 5000
"""Worth of a purchase where the map says nothing."""


class Ask:
    """Runs queries of ``pipelines/say`` by name over one connection."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con

    def __call__(self, name: str, relations: Mapping[str, pa.Table] | None = None, **parameters: int | float | bool) -> pa.Table:
        """Run a query over the mart and Arrow tables, each under its name."""
        for relation, table in (relations or {}).items():
            self._con.register(relation, table)
        try:
            answer: pa.Table = self._con.sql(read_text(f"pipelines/say/{name}.sql"), params=parameters or None).to_arrow_table()
            return answer
        finally:
            for relation in relations or {}:
                self._con.unregister(relation)

    def intervals(self, keys: Keys, house: House) -> pa.Table:
        """Return the intervals of some keys, with what weighs in their severity."""
        relations = {"asked": pa.table({"key": pa.array(keys, pa.uint64())}), "priorities": _priorities(house), "rule_weights": _weights(house)}
        worth = house.journey_map.money.purchase_minor or _PURCHASE_MINOR
        return self("candidates", relations, purchase_minor=worth, most_at_risk=complete(house.journey_map.severity.most_at_risk))

    def texts(self, steps: Iterable[Row]) -> dict[int, str]:
        """Return what was written in some steps, by the key of the event: as far as the files that the mart names hold it."""
        rows = list(steps)
        if not rows or not self._has_facts():
            return {}
        keys = pa.table({"key": pa.array(sorted({row["key"] for row in rows}), pa.uint64())})
        span = {"lo_us": min(row["occurred_us"] for row in rows), "hi_us": max(row["occurred_us"] for row in rows)}
        return {row["key"]: row["text"] for row in self("dossier_texts", {"asked": keys}, **span).to_pylist()}

    def _has_facts(self) -> bool:
        """Whether anything was published: the view that names the files is made then."""
        return bool(self._con.execute("select count(*) from duckdb_views() where view_name = 'touchpoint_facts'").fetchall()[0][0])


def _priorities(house: House) -> pa.Table:
    usable = [entry for entry in house.journey_map.priorities if entry.context is None]
    columns: dict[str, Any] = {
        name: pa.array([getattr(entry, name) for entry in usable], pa.string()) for name in ("stage", "segment", "client_type")
    }
    return pa.table(columns | {"weight": pa.array([entry.weight for entry in usable], pa.float64())})


def _weights(house: House) -> pa.Table:
    weights = {name: speech.weight for name, speech in house.speeches.items()} | house.journey_map.severity.weights
    return pa.table({"rule": pa.array(weights.keys(), pa.string()), "weight": pa.array(weights.values(), pa.float64())})
