"""Zones of tolerance, through a whole run: whose wait it is decides whether it is too long, and a level that changes leaves the past as it was."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jobs.mart.open import open_mart
from schemas.journey_map import JourneyMap, default_map, parse_map
from tests.jobs.conftest import Run, piped

MARCH = datetime(2025, 3, 3, 9, tzinfo=UTC)
TYPES = """
[[tolerance]]
stage = "queue"
desired = "30s"
adequate = "2min"
client_type = "1"
[[tolerance]]
stage = "queue"
desired = "1min"
adequate = "5min"
client_type = "2"
[[tolerance]]
stage = "queue"
desired = "10s"
adequate = "1min"
context = "with a child"
"""
FROM_JULY = """
[[tolerance]]
stage = "queue"
desired = "1min"
adequate = "10min"
client_type = "1"
valid_from = 2025-07-01T00:00:00Z
"""


def journey_map(text: str) -> JourneyMap:
    return parse_map(f'name = "types"\n{text}', name="types.toml", base=default_map())


def call(customer: str, begun: datetime, waited: timedelta, **attributes: str) -> list[bytes]:
    """A call that waited so long."""
    shared = {"source": "pbx", "customer_id": customer, "channel": "phone", "correlation_id": f"{customer}{begun}", "attributes": attributes}
    ends = (("call.queued", begun), ("call.answered", begun + waited))
    return [json.dumps({**shared, "id": f"{kind}{at}{customer}", "type": kind, "time": at.isoformat()}).encode() for kind, at in ends]


def zones(to: Path) -> dict[object, tuple[object, ...]]:
    """Customer and month → zone, margin of adequacy and of superiority (s) of the call that was answered then."""
    query = (
        "select j.customer_id, month(s.occurred_at), s.zone, s.margin_adequacy_s, s.margin_superiority_s "
        "from mart.steps as s join mart.journeys as j using (journey_id) where s.type = 'call.answered'"
    )
    with open_mart(to) as mart:
        return {(customer, month): tuple(rest) for customer, month, *rest in mart.execute(query).fetchall()}


def test_the_same_four_minutes_are_too_long_for_type_1_and_within_the_zone_for_type_2(run_into: Run, tmp_path: Path) -> None:
    four = timedelta(minutes=4)
    calls = [
        *call("hasty", MARCH, four, client_type="1"),
        *call("calm", MARCH, four, client_type="2"),
        *call("parent", MARCH, timedelta(seconds=90), context="with a child"),
    ]
    run_into("out", [piped(calls)], journey_map=journey_map(TYPES))
    found = zones(tmp_path / "out")
    assert found["hasty", 3] == ((120 - 240) / (120 - 30), -120.0, -210.0)
    assert found["calm", 3] == ((300 - 240) / (300 - 60), 60.0, -180.0)
    assert found["parent", 3] == ((60 - 90) / (60 - 10), -30.0, -80.0)
    with open_mart(tmp_path / "out") as mart:
        shown = mart.execute(
            "select below, inside, above, margin_adequacy_ms, margin_superiority_ms from mart.stage_waits where judged > 0"
        ).fetchall()
    assert shown == [(2, 1, 0, 1000 * (-120 + 60 - 30), 1000 * (-210 - 180 - 80))]


def test_a_level_that_changes_from_a_day_on_changes_no_journey_before_it(run_into: Run, tmp_path: Path) -> None:
    july, four = datetime(2025, 7, 1, tzinfo=UTC), timedelta(minutes=4)
    begun = (MARCH, july - four - timedelta(microseconds=1), july - four, july + timedelta(days=1))
    lines = [line for number, at in enumerate(begun) for line in call(f"c{number}", at, four, client_type="1")]
    run_into("before", [piped(lines)], journey_map=journey_map(TYPES))
    run_into("after", [piped(lines)], journey_map=journey_map(TYPES + FROM_JULY))
    before, after = zones(tmp_path / "before"), zones(tmp_path / "after")
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {("c2", 7), ("c3", 7)}  # answered at the very instant, and later
    assert after["c3", 7] == ((600 - 240) / (600 - 60), 360.0, -180.0)
    old, new = rows_before(tmp_path / "before", july), rows_before(tmp_path / "after", july)
    assert old == new
    assert len(old) == 2


def rows_before(to: Path, instant: datetime) -> list[tuple[object, ...]]:
    """All columns of hours before an instant."""
    with open_mart(to) as mart:
        return mart.execute('from mart.stage_waits where "hour" < ? and waits > 0 order by all', [instant.replace(tzinfo=None)]).fetchall()
