"""The journey map of generated histories: the default one, with bounds so small that a few events reach them."""

from __future__ import annotations

from functools import cache

from schemas.journey_map import JourneyMap, default_map, parse_map
from tests.generated.events import SMALL_JOURNEY

_TEXT = """
name = "small"

[journeys]
max_events = SMALL_JOURNEY
case_max_age = "30d"

[[calendars]]
name = "desk"
time_zone = "America/New_York"
open = { mon = ["04:00-07:15", "08:00-24:00"], tue = ["00:00-03:30", "04:10-24:00"], sun = ["00:00-06:00"] }
days = { "2024-03-08" = ["01:00-11:45"] }

[[calendars]]
name = "desk"
time_zone = "Europe/Berlin"
valid_from = 2024-03-05T09:07:31Z
open = { mon = ["08:00-17:00"], tue = ["08:00-12:00", "12:30-17:00"], wed = ["10:00-11:30"], thu = ["08:00-20:00"] }

[[calendars]]
name = "night"
open = { mon = ["00:00-09:05", "09:06-24:00"], wed = ["00:00-05:00"], fri = ["20:00-24:00"] }

[[tolerance]]
stage = "delivery"
desired = "30min"
adequate = "3h"
calendar = "desk"

[[tolerance]]
stage = "waiting"
desired = "0s"
adequate = "1min"
calendar = "night"

[[tolerance]]
stage = "letters"
desired = "10min"
adequate = "1h"
calendar = "night"

[[tolerance]]
stage = "letters"
desired = "10min"
adequate = "1h"
segment = "gold"
calendar = "desk"

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
calendar = "desk"

[[tolerance]]
stage = "queue"
desired = "10min"
adequate = "10min"
context = "outage"

[[tolerance]]
stage = "queue"
desired = "1s"
adequate = "2s"
calendar = "desk"
valid_from = 2024-03-06T00:00:00Z
"""


@cache
def small_map() -> JourneyMap:
    """Journeys of at most :data:`SMALL_JOURNEY` events, and zones of the queue that depend on who waits and when."""
    return parse_map(_TEXT.replace("SMALL_JOURNEY", str(SMALL_JOURNEY)), name="small.toml", base=default_map())
