"""Feeds that are silent at ``as_of``: what they would have told is unknown, so nobody may conclude from their silence that nothing happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.calendars import policy_then
from pipelines.say.transitions import Flags
from schemas.duration import MICROSECOND
from schemas.journey_map import JourneyMap
from schemas.map_file import Feed
from schemas.roles import bit


@dataclass(frozen=True)
class Silence:
    """A feed that should have been heard.

    Attributes:
        feed: As the journey map has it.
        last_us: The greatest time of an event of it; before the first, when anything was heard at all.
        since_us: When it should have been heard again at the latest.
    """

    feed: Feed
    last_us: int
    since_us: int


def heard_by_feed(journey_map: JourneyMap, heard: pa.Table) -> dict[str, int]:
    """Return for each feed the greatest time of its events (µs); feeds that none is of are left out.

    Args:
        journey_map: Names the feeds.
        heard: Columns source, type, channel, site, last_us: the greatest time of events that agree in the others.
    """
    latest: dict[str, int] = {}
    for row in heard.to_pylist():
        for feed in journey_map.feeds:
            if all(_fits(getattr(feed, name), row[name]) for name in ("source", "type", "channel", "site")):
                latest[feed.name] = max(row["last_us"], latest.get(feed.name, row["last_us"]))
    return latest


def silences(journey_map: JourneyMap, heard: Mapping[str, int], begun_us: int, as_of_us: int) -> list[Silence]:
    """Return the feeds that are silent at an instant. Old events that are filled in later leave a silence as it is: the greatest time counts.

    Args:
        journey_map: Names the feeds and the calendars.
        heard: The greatest time of an event of each feed.
        begun_us: When anything was heard at all: a feed that never was is silent since then.
        as_of_us: The instant.
    """
    found = []
    for feed in journey_map.feeds:
        last_us = heard.get(feed.name, begun_us)
        due_us = _due(journey_map, feed, last_us)
        if due_us < as_of_us:
            found.append(Silence(feed, last_us, due_us))
    return found


def _due(journey_map: JourneyMap, feed: Feed, last_us: int) -> int:
    """Return when a feed should be heard again at the latest, in the business time of its calendar; a time far off where that does not open again."""
    span_us = feed.at_least_every // MICROSECOND
    return last_us + span_us if feed.calendar is None else int(policy_then(journey_map, feed.calendar).after(last_us, span_us))


def doubtful(journey_map: JourneyMap, found: list[Silence], openings: pa.Table) -> Flags:
    """Return which intervals nobody can be sure of: they began after the last that was heard of a feed which their opening event came from.

    A feed of house events, such as heartbeats, speaks for what its source, channel and site name, whatever the type.

    Args:
        journey_map: Says which types are of the house.
        found: The feeds that are silent.
        openings: Of each interval ``since_us``, and source, type, channel and site of the event that opened it.
    """
    flags = np.zeros(len(openings), bool)
    for silence in found:
        names = _speaks_by(silence.feed, journey_map)
        fits = [all(_fits(getattr(silence.feed, name), row[name]) for name in names) for row in openings.to_pylist()]
        flags |= np.array(fits, bool) & (openings["since_us"].to_numpy() > silence.last_us)
    return flags


def _speaks_by(feed: Feed, journey_map: JourneyMap) -> tuple[str, ...]:
    named = ("source", "channel", "site")
    return named if journey_map.meaning(feed.type, None).roles & bit("house") else ("type", *named)


def _fits(glob: str, value: Any) -> bool:
    return glob == "*" or fnmatchcase(value or "", glob)
