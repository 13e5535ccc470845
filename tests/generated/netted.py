"""What stands in the mart after some batches: their changes netted by key, later ones winning, every promise of ``existed`` checked on the way."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.lexicon import Lexicon
from pipelines.partition import Absorbed, Batch, Partition
from pipelines.state import State
from schemas.journey_map import JourneyMap
from tests.generated.arrivals import microseconds
from tests.generated.events import RECEIVED_AT, Event

Row = dict[str, Any]
CHANGED = {"journeys": ("journey",), "steps": ("journey", "position")}
FACTS = ("touchpoints", "operations", "dead_letters")


def new_partition(con: duckdb.DuckDBPyConnection, journey_map: JourneyMap, deepest: int = 0) -> Partition:
    """Return a partition that has seen nothing."""
    return Partition(Lexicon(journey_map), State(), con, deepest=deepest)


def payloads(events: Iterable[Event]) -> list[bytes]:
    """Return events as they come over the wire."""
    return [json.dumps(event).encode() for event in events]


@dataclass
class Netted:
    """Rows that stand, by table and key; stored facts in the order in which they were written; summed counters."""

    standing: dict[str, dict[tuple[Any, ...], Row]] = field(default_factory=lambda: {name: {} for name in CHANGED})
    facts: dict[str, list[pa.Table]] = field(default_factory=lambda: {name: [] for name in FACTS})
    counters: Counter[str] = field(default_factory=Counter)

    def absorb(self, partition: Partition, number: int, batches: Iterable[Sequence[Event]], **how: Any) -> None:
        """Let a partition absorb batches, and net what they do."""
        offset = 0
        for events in batches:
            self.add(partition.absorb(Batch(payloads(events), f"touchpoints:{number}", microseconds(RECEIVED_AT), offset, **how)))
            offset += len(events)

    def add(self, absorbed: Absorbed) -> None:
        """Net one batch."""
        self.counters.update(absorbed.counters)
        for name, table in absorbed.tables.items():
            assert len(table), f"{name} is empty and should have been left out"
            if name in CHANGED:
                self._change(name, table.to_pylist())
            else:
                self.facts[name].append(table)

    def stored(self, name: str) -> pa.Table | None:
        """Return the facts of one table, None where there are none."""
        return pa.concat_tables(self.facts[name]) if self.facts[name] else None

    def rows(self, name: str) -> list[Row]:
        """Return what stands, in the order of the keys."""
        return [self.standing[name][key] for key in sorted(self.standing[name])]

    def _change(self, name: str, rows: list[Row]) -> None:
        stand = self.standing[name]
        keys = [tuple(row[column] for column in CHANGED[name]) for row in rows]
        assert len(set(keys)) == len(keys), f"{name}: one batch writes a key twice"
        for key, row in zip(keys, rows, strict=True):
            assert row["existed"] == (key in stand), f"{name} {key}: existed={row['existed']}, op={row['op']}"
            if row["op"] == "drop":
                assert row["existed"], f"{name} {key}: dropped and never put"
                del stand[key]
            else:
                shown = {column: value for column, value in row.items() if column not in ("op", "existed")}
                assert stand.get(key) != shown, f"{name} {key}: put again as it stands"
                stand[key] = shown
