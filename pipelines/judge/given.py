"""What rules see beside events: roles, zones of tolerance, pairs and the calendars of zones of the journey map, as tables."""

from __future__ import annotations

import pyarrow as pa

from pipelines.counted import open_hours
from schemas.journey_map import JourneyMap
from schemas.roles import ROLES, bit


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


_TEXT, _NUMBER, _BITS = pa.string(), pa.int64(), pa.uint64()
_ROLES = _schema(role=_TEXT, bit=_BITS)
_TOLERANCE = _schema(
    stage=_TEXT,
    desired_ms=_NUMBER,
    adequate_ms=_NUMBER,
    segment=_TEXT,
    client_type=_TEXT,
    context=_TEXT,
    valid_from_us=_NUMBER,
    calendar=_TEXT,
    conditions=pa.int32(),
    file_order=pa.int32(),
)
_PAIRS = _schema(name=_TEXT, thing=_TEXT, opens=_BITS, closes=_BITS, key=_TEXT, wait=pa.bool_(), stage=_TEXT)


def given(journey_map: JourneyMap) -> dict[str, pa.Table]:
    """Return the tables ``roles``, ``tolerance``, ``pairs`` and ``open_hours`` of a map."""
    roles = [{"role": role, "bit": bit(role)} for role in ROLES]
    zones = [
        {name: getattr(zone, name) for name in _TOLERANCE.names if name != "file_order"} | {"file_order": place}
        for place, zone in enumerate(journey_map.tolerance)
    ]
    pairs = [{name: getattr(pair, name, None) for name in _PAIRS.names} for pair in journey_map.pairs]
    rows = ((roles, _ROLES), (zones, _TOLERANCE), (pairs, _PAIRS))
    tables = {name: pa.Table.from_pylist(each, schema=schema) for name, (each, schema) in zip(("roles", "tolerance", "pairs"), rows, strict=True)}
    return tables | {"open_hours": open_hours(journey_map)}
