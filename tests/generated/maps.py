"""The journey map of generated histories: the default one, with bounds so small that a few events reach them."""

from __future__ import annotations

from functools import cache

from schemas.journey_map import JourneyMap, default_map, parse_map
from tests.generated.events import SMALL_JOURNEY

_TEXT = f"""
name = "small"

[journeys]
max_events = {SMALL_JOURNEY}
case_max_age = "30d"

[[tolerance]]
stage = "queue"
desired = "20s"
adequate = "3min"

[[tolerance]]
stage = "queue"
desired = "5s"
adequate = "1min"
segment = "gold"

[[tolerance]]
stage = "queue"
desired = "1min"
adequate = "1h"
segment = "plain"
client_type = "new"

[[tolerance]]
stage = "queue"
desired = "10min"
adequate = "10min"
context = "outage"

[[tolerance]]
stage = "queue"
desired = "1s"
adequate = "2s"
valid_from = 2024-03-06T00:00:00Z
"""


@cache
def small_map() -> JourneyMap:
    """Journeys of at most :data:`SMALL_JOURNEY` events, and zones of the queue that depend on who waits and when."""
    return parse_map(_TEXT, name="small.toml", base=default_map())
