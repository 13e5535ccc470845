"""A user's map on top of the map that it starts from. What is given replaces or extends, table by table, as `merged` says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from schemas.map_file import Calendar, Feed, MapFile, PairEntry, SeverityTable

_S = TypeVar("_S", bound=msgspec.Struct)
_Named = TypeVar("_Named", PairEntry, Feed)


def merged(own: MapFile, base: MapFile) -> MapFile:
    """Return one file that holds both; where they disagree, `own` wins.

    ======================================  ==================================================================
    name, version, journeys, money          key by key: what is given replaces
    severity                                the same, its weights entry by entry
    rules                                   setting by setting of each rule
    gaps, identifiers, types, owners        entry by entry: an entry of the same name is replaced whole
    pairs, feeds, calendars                 the same, by ``name`` (a calendar with all its versions)
    placeholders                            added to those of the base
    stages                                  stand before those of the base, so they match first
    tolerance                               replaces all entries of the base for the stages that it names
    designed, priorities                    replace those of the base as a whole
    ======================================  ==================================================================
    """
    stages = {entry.stage for entry in own.tolerance}
    return MapFile(
        name=own.name or base.name,
        version=own.version or base.version,
        designed=own.designed or base.designed,
        placeholders=tuple(dict.fromkeys(base.placeholders + own.placeholders)),
        journeys=replaced(own.journeys, base.journeys),
        gaps=base.gaps | own.gaps,
        identifiers=base.identifiers | own.identifiers,
        types=base.types | own.types,
        stages=own.stages + base.stages,
        pairs=_by_name(base.pairs, own.pairs),
        tolerance=tuple(entry for entry in base.tolerance if entry.stage not in stages) + own.tolerance,
        owners=base.owners | own.owners,
        calendars=_calendars(base.calendars, own.calendars),
        feeds=_by_name(base.feeds, own.feeds),
        priorities=own.priorities or base.priorities,
        money=replaced(own.money, base.money),
        severity=_severity(own.severity, base.severity),
        rules=base.rules | {rule: base.rules.get(rule, {}) | settings for rule, settings in own.rules.items()},
    )


def canonical(file: MapFile) -> MapFile:
    """Return the same map in one form: lists without an order of their own are sorted."""
    return msgspec.structs.replace(
        file,
        extends="nothing",
        placeholders=tuple(sorted(set(file.placeholders))),
        pairs=tuple(sorted(file.pairs, key=lambda pair: pair.name)),
        feeds=tuple(sorted(file.feeds, key=lambda feed: feed.name)),
        types={name: msgspec.structs.replace(entry, roles=tuple(sorted(set(entry.roles)))) for name, entry in sorted(file.types.items())},
        calendars=tuple(sorted((_plain(calendar) for calendar in file.calendars), key=_version)),
    )


def replaced(own: _S, base: _S) -> _S:
    """Return a table where what `own` doesn't give is taken from the base."""
    given = {name: value for name, value in msgspec.structs.asdict(own).items() if value is not None}
    return msgspec.structs.replace(base, **given)


def _severity(own: SeverityTable, base: SeverityTable) -> SeverityTable:
    both = replaced(own, base)
    return msgspec.structs.replace(both, weights=base.weights | own.weights, unmask=tuple(sorted({*base.unmask, *own.unmask})))


def _by_name(base: Iterable[_Named], own: Iterable[_Named]) -> tuple[_Named, ...]:
    # dicts keep the first place of a name, so a replaced entry stays where it was
    return tuple({entry.name: entry for entries in (base, own) for entry in entries}.values())


def _calendars(base: tuple[Calendar, ...], own: tuple[Calendar, ...]) -> tuple[Calendar, ...]:
    names = {calendar.name for calendar in own}
    return tuple(calendar for calendar in base if calendar.name not in names) + own


def _plain(calendar: Calendar) -> Calendar:
    return msgspec.structs.replace(calendar, holidays=tuple(sorted(set(calendar.holidays))), days=dict(sorted(calendar.days.items())))


def _version(calendar: Calendar) -> tuple[str, str]:
    return calendar.name, calendar.valid_from.isoformat() if calendar.valid_from else ""
