"""What the readable rebuild takes from a journey map, as plain numbers and small tables that SQL can join."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa

from pipelines.counted import OPEN_HOURS, open_hours
from schemas.journey_map import JourneyMap
from schemas.roles import bit


def schema(**columns: pa.DataType) -> pa.Schema:
    """Return the schema of these columns."""
    return pa.schema(list(columns.items()))


GAPS = schema(channel=pa.string(), gap_us=pa.int64())
PAIRS = schema(
    name=pa.string(),
    thing=pa.string(),
    opens=pa.uint64(),
    closes=pa.uint64(),
    key=pa.string(),
)
TOLERANCE = schema(
    stage=pa.string(),
    desired_ms=pa.int64(),
    adequate_ms=pa.int64(),
    segment=pa.string(),
    client_type=pa.string(),
    context=pa.string(),
    valid_from_us=pa.int64(),
    calendar=pa.string(),  # by whose business time the levels count
    conditions=pa.int32(),  # how many of segment, client_type and context are given
    file_order=pa.int32(),
)


@dataclass(frozen=True)
class Rules:
    """What the oracle takes from a journey map.

    Attributes:
        numbers: lateness_us, largest_gap_us, max_events, case_max_age_us, and the role bits terminal, backstage, house.
        gaps: The gap (µs) per channel, schema :data:`GAPS`; exactly one row has a null channel: the default.
        pairs: Pairs whose closing step shows a wait, schema :data:`PAIRS`, in the map's order.
        tolerance: Zones of tolerance, schema :data:`TOLERANCE`.
        open_hours: When the calendars are open by which they count, schema `counted.OPEN_HOURS`.
    """

    numbers: dict[str, int]
    gaps: pa.Table
    pairs: pa.Table
    tolerance: pa.Table
    open_hours: pa.Table = field(default_factory=OPEN_HOURS.empty_table)


def rules_of(journey_map: JourneyMap, channels: Iterable[str | None]) -> Rules:
    """Return the rules of a map.

    Args:
        journey_map: The map.
        channels: Those that occur, since a map answers for any channel and a table can't.
    """
    named = sorted({channel for channel in channels if channel is not None})
    gaps = [{"channel": channel, "gap_us": journey_map.gap_us(channel)} for channel in (None, *named)]
    waits = [pair for pair in journey_map.pairs if pair.wait]
    numbers = {name: getattr(journey_map, name) for name in ("lateness_us", "largest_gap_us", "max_events", "case_max_age_us")}
    return Rules(
        numbers=numbers | {role: bit(role) for role in ("terminal", "backstage", "house")},
        gaps=pa.Table.from_pylist(gaps, schema=GAPS),
        pairs=pa.Table.from_pylist([{name: getattr(pair, name) for name in PAIRS.names} for pair in waits], schema=PAIRS),
        tolerance=pa.Table.from_pylist(zones(journey_map), schema=TOLERANCE),
        open_hours=open_hours(journey_map),
    )


def zones(journey_map: JourneyMap) -> list[dict[str, object]]:
    """Return the map's zones of tolerance as rows of :data:`TOLERANCE`."""
    entries = enumerate(journey_map.tolerance)
    return [{name: getattr(zone, name) for name in TOLERANCE.names if name != "file_order"} | {"file_order": place} for place, zone in entries]
