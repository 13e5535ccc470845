"""Calendars as a table of opening hours, a UTC day at a time: SQL then finds the hours of an instant by its day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from pipelines.calendars import policy_now, policy_then
from pipelines.open_time import OpenTime
from schemas.journey_map import JourneyMap

_DAY_US = 86_400_000_000
_COLUMNS: dict[str, pa.DataType] = {"calendar": pa.string(), "policy": pa.string(), "day": pa.date32()}
HOURS = pa.schema(_COLUMNS | {name: pa.int64() for name in ("before_us", "opens_us", "closes_us")})
"""An open part of a UTC day, or an empty one where none of it begins open; and the open time before that day."""


def hours_table(journey_map: JourneyMap, versions: Mapping[str, int], first_year: int, last_year: int) -> pa.Table:
    """Return the opening hours of calendars as `HOURS`, by the policies ``then`` and ``now``.

    Args:
        journey_map: Has the calendars.
        versions: Which, and the version of each that holds now, as `calendars.in_force` counts.
        first_year: From its first UTC day on.
        last_year: To its last.
    """
    days = np.arange((date(first_year, 1, 1) - date(1970, 1, 1)).days, (date(last_year + 1, 1, 1) - date(1970, 1, 1)).days)
    parts = [HOURS.empty_table()]
    for name, version in versions.items():
        for policy, open_time in (("then", policy_then(journey_map, name)), ("now", policy_now(journey_map, name, version))):
            parts.append(_hours(name, policy, open_time, days))
    return pa.concat_tables(parts)


def _hours(name: str, policy: str, open_time: OpenTime, days: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.Table:
    edges = np.concatenate([open_time.opens, open_time.closes])
    begin, end = days[0] * _DAY_US, (days[-1] + 1) * _DAY_US
    cuts = np.unique(np.concatenate([days * _DAY_US, edges[(edges > begin) & (edges < end)]]))
    ends = np.append(cuts[1:], end)
    is_open, day = open_time.between(cuts, ends) > 0, cuts // _DAY_US
    kept = is_open | (cuts == day * _DAY_US)
    columns = [
        pa.repeat(name, int(kept.sum())),
        pa.repeat(policy, int(kept.sum())),
        pa.array(day[kept].astype(np.int32)).cast(pa.date32()),
        pa.array(open_time.clock(day[kept] * _DAY_US)),
        pa.array(cuts[kept]),
        pa.array(np.where(is_open, ends, cuts)[kept]),
    ]
    return pa.table(columns, schema=HOURS)
