"""The journey map: what a type means, so that rules never name types. It is data; `parse_map` reads a TOML file, `default_map` the one that ships.

Everything that changes a result is in the map's `digest`, so two runs with equal digests read their events in the same way.
"""

from __future__ import annotations

import fnmatch
import hashlib
import importlib.resources
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

import msgspec

from schemas import duration, roles
from schemas.counted_days import counted_days
from schemas.map_check import check, complete
from schemas.map_file import (
    STANDARD_SEVERITY,
    Calendar,
    Feed,
    MapFile,
    MoneyTable,
    Owner,
    Priority,
    RuleValue,
    SeverityTable,
    StageRule,
    ToleranceEntry,
)
from schemas.map_merge import canonical, merged, replaced
from schemas.map_parts import Meaning, Pair, Tolerance
from schemas.map_reading import read_file

__all__ = ["JourneyMap", "Meaning", "Pair", "Tolerance", "default_map", "parse_map"]

DEFAULT = "default"
"""The entry of ``[gaps]`` and ``[identifiers]`` that stands for every channel or kind without one of its own."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REMEMBERED = 100_000  # types and channels come from outside: the cache of meanings must not grow with them


@dataclass(frozen=True, eq=False, kw_only=True)
class JourneyMap:
    """A map that was read and checked. Equal digests mean equal results."""

    digest: str  # md5 of the canonical content but [severity] and [rules]: neither white space nor the order of tables changes it
    name: str
    version: str
    designed: tuple[str, ...] = field(repr=False)  # stages in the order that the company planned
    pairs: tuple[Pair, ...] = field(repr=False)
    tolerance: tuple[Tolerance, ...] = field(repr=False)
    lateness_us: int  # how much later than newer ones an event may come before it counts as late
    max_ahead_us: int  # how far in the future of its receipt an event may lie
    case_max_age_us: int  # the silence after which a case is final
    largest_gap_us: int
    max_events: int  # a journey of more is oversized
    owners: Mapping[str, Owner] = field(repr=False)  # by stage
    calendars: tuple[Calendar, ...] = field(repr=False)  # by name, then by valid_from
    feeds: tuple[Feed, ...] = field(repr=False)
    priorities: tuple[Priority, ...] = field(repr=False)
    money: MoneyTable = field(repr=False)
    severity: SeverityTable = field(repr=False)
    rules: Mapping[str, Mapping[str, int]] = field(repr=False)  # settings of rules that differ from their defaults; durations in ms
    off: frozenset[str] = field(repr=False)  # rules that are not run
    file: MapFile = field(repr=False)  # the whole content, with what came from the base
    _gaps_us: Mapping[str, int] = field(repr=False)
    _zones: Mapping[str, tuple[Tolerance, ...]] = field(repr=False)
    _placeholder: re.Pattern[str] = field(repr=False)
    _globs: tuple[str, ...] = field(repr=False)
    _meanings: dict[tuple[str, str | None], Meaning] = field(default_factory=dict, repr=False)

    def gap_us(self, channel: str | None) -> int:
        """Return the gap of a channel, µs: a caseless event that comes later than this after the one before starts a new journey."""
        return self._gaps_us.get(channel or DEFAULT, self._gaps_us[DEFAULT])

    def is_placeholder(self, identifier: str) -> bool:
        """Whether this id is nobody's: blank, or one of the map's placeholders, as it stands or after its kind (``phone:0``).

        Case and outer blanks don't count.

        >>> default_map().is_placeholder("NULL"), default_map().is_placeholder("cookie:undefined"), default_map().is_placeholder("10")
        (True, True, False)
        """
        return self._placeholder.fullmatch(identifier.strip().casefold()) is not None

    def identifier_rank(self, kind: str) -> int:
        """Return the rank of a kind of identifier; the smallest names the customer."""
        kinds = self.file.identifiers
        return kinds.get(kind, kinds[DEFAULT]).rank

    def is_device(self, kind: str) -> bool:
        """Whether this kind knows a device and not a person, so that who is known by it alone is anonymous."""
        kinds = self.file.identifiers
        return kinds.get(kind, kinds[DEFAULT]).device

    def meaning(self, type: str, channel: str | None) -> Meaning:  # noqa: A002
        """Return what a type means in a channel.

        The stage is that of the first stage rule whose globs match, else the type itself. Roles and thing come from the entry of exactly this type,
        else from the longest glob that matches (of equally long ones the first in the alphabet).

        >>> default_map().meaning("call.answered", "phone").stage
        'queue'
        """
        known = self._meanings.get((type, channel))
        if known is None:
            if len(self._meanings) >= _REMEMBERED:
                self._meanings.clear()
            known = self._meanings[type, channel] = self._meaning(type, channel)
        return known

    def zone_for(self, stage: str, segment: str | None, client_type: str | None, context: str | None, at_us: int) -> tuple[int, int] | None:
        """Return the (desired, adequate) wait in ms, as the map writes it, that holds for these facts at an instant (µs); None if none.

        Of the entries whose conditions hold, the one with most conditions wins, then the latest ``valid_from``, then the first in the file.
        """
        entry = self.tolerance_for(stage, segment, client_type, context, at_us)
        return None if entry is None else (entry.desired_ms, entry.adequate_ms)

    def tolerance_for(self, stage: str, segment: str | None, client_type: str | None, context: str | None, at_us: int) -> Tolerance | None:
        """Return the entry that `zone_for` takes; it says by which calendar its levels count, too."""
        return next((entry for entry in self._zones.get(stage, ()) if entry.holds(segment, client_type, context, at_us)), None)

    @property
    def counting(self) -> tuple[str, ...]:
        """The calendars by which a zone of tolerance counts, in the order of the alphabet; mostly none."""
        return tuple(sorted({entry.calendar for entry in self.tolerance if entry.calendar is not None}))

    def _meaning(self, type: str, channel: str | None) -> Meaning:  # noqa: A002
        stage = next((rule.stage for rule in self.file.stages if _matches(rule, type, channel or "")), type)
        types = self.file.types
        entry = types.get(type) or next((types[glob] for glob in self._globs if fnmatch.fnmatchcase(type, glob)), None)
        if entry is None:
            return Meaning(stage, 0, None)
        return Meaning(stage, roles.union(entry.roles), entry.thing or type.partition(".")[0])


def parse_map(text: str, *, name: str, base: JourneyMap | None = None) -> JourneyMap:
    """Read a map.

    Args:
        text: The TOML text.
        name: The name of the file, for messages only.
        base: What the map starts from, unless it says ``extends = "nothing"``; ``map_merge.merged`` says which tables replace and which extend.

    Raises:
        SettingError: a key or a value is wrong; the message names the file, the key, the value, and what is allowed.
    """
    own = read_file(text, name)
    file = canonical(merged(own, base.file) if base and own.extends == "default" else own)
    check(file, name)
    return _compiled(file)


@cache
def default_map() -> JourneyMap:
    """Return the map for the standard types that ships with the package."""
    resource = importlib.resources.files("schemas") / "maps" / "default.toml"
    return parse_map(resource.read_text(encoding="utf-8"), name="default.toml")


def _compiled(file: MapFile) -> JourneyMap:
    tolerance = tuple(_tolerance(entry) for entry in file.tolerance)
    gaps = {channel: _us(gap) for channel, gap in file.gaps.items()}
    return JourneyMap(
        digest=_digest(file),
        name=complete(file.name),
        version=complete(file.version),
        designed=file.designed,
        pairs=tuple(
            Pair(pair.name, pair.thing, roles.bit(pair.opens), roles.union(pair.closes), pair.key, pair.wait, pair.stage) for pair in file.pairs
        ),
        tolerance=tolerance,
        lateness_us=_us(complete(file.journeys.lateness)),
        max_ahead_us=_us(complete(file.journeys.max_ahead)),
        case_max_age_us=_us(complete(file.journeys.case_max_age)),
        largest_gap_us=max(gaps.values()),
        max_events=complete(file.journeys.max_events),
        owners=file.owners,
        calendars=file.calendars,
        feeds=file.feeds,
        priorities=file.priorities,
        money=file.money,
        severity=replaced(file.severity, STANDARD_SEVERITY),
        rules={rule: {name: _number(value) for name, value in given.items() if name != "off"} for rule, given in file.rules.items()},
        off=frozenset(rule for rule, given in file.rules.items() if given.get("off")),
        file=file,
        _gaps_us=gaps,
        _zones=_zones(tolerance),
        _placeholder=_placeholder(file.placeholders),
        _globs=tuple(sorted((name for name in file.types if _is_glob(name)), key=lambda name: (-len(name), name))),
    )


def _digest(file: MapFile) -> str:
    # What is said about results changes none; and rules have digests of their own, a changed one judges again what is stored.
    judged = msgspec.json.decode(msgspec.json.encode(msgspec.structs.replace(file, severity=SeverityTable(), rules={}), order="deterministic"))
    _without_unused(judged)
    if days := counted_days(file):
        judged["counted_days"] = days
    return hashlib.md5(msgspec.json.encode(judged), usedforsecurity=False).hexdigest()


def _without_unused(judged: dict[str, list[dict[str, object]]]) -> None:
    """Take out keys that came later where nothing is said by them, so that a map that doesn't use them keeps its digest."""
    for table, names in (("tolerance", ("calendar",)), ("calendars", ("subdivision", "days"))):
        for entry in judged[table]:
            for name in names:
                if not entry[name]:
                    del entry[name]


def _number(value: RuleValue) -> int:
    return value // duration.MILLISECOND if isinstance(value, timedelta) else int(value)


def _us(span: timedelta) -> int:
    return span // duration.MICROSECOND


def _zones(tolerance: tuple[Tolerance, ...]) -> dict[str, tuple[Tolerance, ...]]:
    ordered = sorted(tolerance, key=lambda entry: entry.precedence, reverse=True)  # stable: at last the order of the file decides
    return {stage: tuple(entry for entry in ordered if entry.stage == stage) for stage in {entry.stage for entry in tolerance}}


def _tolerance(entry: ToleranceEntry) -> Tolerance:
    since = None if entry.valid_from is None else _us(entry.valid_from - _EPOCH)
    return Tolerance(
        entry.stage,
        entry.desired // duration.MILLISECOND,
        entry.adequate // duration.MILLISECOND,
        entry.segment,
        entry.client_type,
        entry.context,
        since,
        entry.owner,
        entry.calendar,
    )


def _placeholder(patterns: tuple[str, ...]) -> re.Pattern[str]:
    globs = "|".join(fnmatch.translate(pattern.strip().casefold()) for pattern in patterns)
    return re.compile(rf"(?:[a-z][a-z0-9_]*:\s*)?(?:{globs or '(?!)'}|)", re.ASCII)


def _is_glob(text: str) -> bool:
    return any(sign in text for sign in "*?[")


def _matches(rule: StageRule, type: str, channel: str) -> bool:  # noqa: A002
    return any(fnmatch.fnmatchcase(type, glob) for glob in rule.types) and (
        not rule.channels or any(fnmatch.fnmatchcase(channel, glob) for glob in rule.channels)
    )
