"""Opening hours in the mart, for the business time that analysts ask for: of the years of the data, made anew where these or schedules changed."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb

from jobs.mart.rows import replace
from pipelines.calendars import in_force
from pipelines.hours_by_day import hours_table
from schemas.journey_map import JourneyMap

_YEARS = (1970, 2099)


class Hours:
    """The table ``internal.hours`` of one mart."""

    def __init__(self, journey_map: JourneyMap) -> None:
        """Begin where nobody knows what the table holds."""
        self._map, self._held = journey_map, ""
        self._names = sorted({calendar.name for calendar in journey_map.calendars})

    def refresh(self, con: duckdb.DuckDBPyConnection, as_of_us: int) -> None:
        """Bring it up to an instant: from the year of the first event to the one after."""
        first = con.execute("select min(started_at) from internal.journeys").fetchall()[0][0]
        last = datetime.fromtimestamp(min(max(as_of_us // 1_000_000, 0), _LAST_S), UTC).year + 1
        years = max(min(first.year if first else last, last), _YEARS[0]), min(last, _YEARS[1])
        versions = {name: in_force(self._map, name, as_of_us) for name in self._names}
        if (held := f"{years} {versions}") != self._held:
            replace(con, "hours", hours_table(self._map, versions, *years))
            self._held = held


_LAST_S = 4_102_444_799
