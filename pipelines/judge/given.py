"""What rules see beside events: roles, zones of tolerance and pairs of the journey map, as small tables."""

from __future__ import annotations

import pyarrow as pa

from schemas.journey_map import JourneyMap
from schemas.roles import ROLES, bit

_ROLES = pa.schema([("role", pa.string()), ("bit", pa.uint64())])
_TOLERANCE = pa.schema(
    [
        *(("stage", pa.string()), ("desired_ms", pa.int64()), ("adequate_ms", pa.int64())),
        *(("segment", pa.string()), ("client_type", pa.string()), ("context", pa.string())),
        *(("valid_from_us", pa.int64()), ("conditions", pa.int32()), ("file_order", pa.int32())),
    ]
)
_PAIRS = pa.schema(
    [
        *(("name", pa.string()), ("thing", pa.string()), ("opens", pa.uint64()), ("closes", pa.uint64())),
        *(("key", pa.string()), ("wait", pa.bool_()), ("stage", pa.string())),
    ]
)


def given(journey_map: JourneyMap) -> dict[str, pa.Table]:
    """Return the tables ``roles``, ``tolerance`` and ``pairs`` of a map."""
    roles = [{"role": role, "bit": bit(role)} for role in ROLES]
    zones = [
        {name: getattr(zone, name) for name in _TOLERANCE.names if name != "file_order"} | {"file_order": place}
        for place, zone in enumerate(journey_map.tolerance)
    ]
    pairs = [{name: getattr(pair, name, None) for name in _PAIRS.names} for pair in journey_map.pairs]
    rows = ((roles, _ROLES), (zones, _TOLERANCE), (pairs, _PAIRS))
    return {name: pa.Table.from_pylist(each, schema=schema) for name, (each, schema) in zip(("roles", "tolerance", "pairs"), rows, strict=True)}
