"""The journey map as its file has it: one class a table. The class bodies are the contract of the file.

``schemas/json/journey_map.1.schema.json`` is generated from them, and ``schemas/maps/default.toml`` shows each key in use.
What a map means once it is read stands in ``journey_map``.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from schemas import duration

Text = Annotated[str, Meta(min_length=1, max_length=1024)]
Span = Annotated[timedelta, Meta(description=f"A duration: {duration.FORM}.", extra_json_schema={"pattern": duration.PATTERN})]
Instant = Annotated[datetime, Meta(tz=True)]
Amount = Annotated[int, Meta(ge=0, le=1 << 53)]
Hours = Annotated[
    str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", description="From and until, as in '09:00-13:00'.")
]
Zone = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_+/-]{0,63}$", description="A time zone of the IANA database, as in 'Europe/Berlin'.")]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}$", description="A country of ISO 3166, as in 'DE'.")]
Subdivision = Annotated[str, Meta(pattern=r"^[A-Za-z0-9 -]{1,32}$", description="A part of a country, as in 'BY' of DE (Bavaria).")]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="A day, as in '2025-12-24'.")]
RuleValue = bool | Annotated[int, Meta(ge=0, le=1 << 53)] | Span
"""What ``[rules.<rule>]`` may say of a setting; ``off`` is true or false."""
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$", description="A currency of ISO 4217, as in 'EUR'.")]


class _Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings that all tables share."""


class Journeys(_Table, frozen=True):
    """``[journeys]``: when a journey ends and what is too much."""

    lateness: Span | None = None  # how much later than newer ones an event may come before it counts as late
    max_ahead: Span | None = None  # how far in the future of its receipt an event may lie
    case_max_age: Span | None = None  # silence after which a case is final
    max_events: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None  # more than this, and a journey is oversized


class Identifier(_Table, frozen=True):
    """``[identifiers]``, one entry: what a kind of identifier is worth."""

    rank: Annotated[int, Meta(ge=0, le=1000)]  # the smallest names the customer
    device: bool = False  # it knows a device, not a person


class TypeEntry(_Table, frozen=True):
    """``[types]``, one entry: what a type of touchpoint means."""

    roles: tuple[Text, ...] = ()
    thing: Text | None = None  # things pair only with themselves; not given: the type up to its first dot


class StageRule(_Table, frozen=True):
    """``[[stages]]``: the first rule whose globs match gives the stage."""

    stage: Text
    types: Annotated[tuple[Text, ...], Meta(min_length=1)]
    channels: tuple[Text, ...] = ()  # none: any channel, also none at all


class PairEntry(_Table, frozen=True):
    """``[[pairs]]``: a role that opens something, and the roles that close it."""

    name: Text
    thing: Text
    opens: Text
    closes: Annotated[tuple[Text, ...], Meta(min_length=1)]
    key: Literal["correlation", "case", "journey"] = "correlation"
    wait: bool = True  # the customer waits in between
    stage: Text | None = None  # where: the stage whose zone judges a wait that is still open; not given: that of the event that opens it


class ToleranceEntry(_Table, frozen=True):
    """``[[tolerance]]``: the desired and the adequate wait of a stage, for whom, and from when on."""

    stage: Text
    desired: Span
    adequate: Span
    segment: Text | None = None
    client_type: Text | None = None
    context: Text | None = None
    valid_from: Instant | None = None
    owner: Text | None = None
    calendar: Text | None = None  # desired and adequate are in its business time; none: in calendar time


class Owner(_Table, frozen=True):
    """``[owners]``, one entry: who answers for a stage."""

    team: Text
    person: Text | None = None


class OpenHours(_Table, frozen=True):
    """``[[calendars]]``, ``open``: the intervals of each day of the week, in the calendar's time zone."""

    mon: tuple[Hours, ...] = ()
    tue: tuple[Hours, ...] = ()
    wed: tuple[Hours, ...] = ()
    thu: tuple[Hours, ...] = ()
    fri: tuple[Hours, ...] = ()
    sat: tuple[Hours, ...] = ()
    sun: tuple[Hours, ...] = ()


WEEK = OpenHours.__struct_fields__
"""The days of the week, as a calendar names them."""


class Calendar(_Table, frozen=True):
    """``[[calendars]]``: when the company works. The same name again with a later ``valid_from`` is its next version."""

    name: Text
    time_zone: Zone = "UTC"
    open: OpenHours = OpenHours()
    holidays: tuple[date, ...] = ()
    country: Country | None = None  # its public holidays are closed too
    subdivision: Subdivision | None = None  # those of a part of the country among them
    days: dict[Day, tuple[Hours, ...]] = field(default_factory=dict)  # hours of a single day, in place of its week's and of holidays; () is closed
    valid_from: Instant | None = None


class Feed(_Table, frozen=True):
    """``[[feeds]]``: what is expected to be heard, so that silence isn't taken for peace."""

    name: Text
    at_least_every: Span
    source: Text = "*"  # globs
    type: Text = "*"
    channel: Text = "*"
    site: Text = "*"
    calendar: Text | None = None  # none: always


class Priority(_Table, frozen=True):
    """``[[priorities]]``: how much a minute beyond adequate weighs, 1 where nothing is said; all that match are multiplied."""

    weight: Annotated[float, Meta(ge=0, le=1000)]
    stage: Text | None = None
    segment: Text | None = None
    client_type: Text | None = None
    context: Text | None = None


class MoneyTable(_Table, frozen=True):
    """``[money]``: what is assumed where the events say nothing; amounts in minor units."""

    currency: Currency | None = None
    margin: Annotated[float, Meta(ge=0, le=1)] | None = None  # share of a purchase that is earned
    purchase_minor: Amount | None = None  # worth of a purchase without an amount
    human_contact_minor: Amount | None = None  # cost of a contact with a person
    machine_contact_minor: Amount | None = None  # cost of a contact with a machine
    customer_hour_minor: Amount | None = None  # worth of an hour of a customer's waiting


class SeverityTable(_Table, frozen=True):
    """``[severity]``: how grave an alert is, and how long it is news. Harm is counted in time that one person waits beyond what is tolerable."""

    warning: Span | None = None  # from this harm on
    high: Span | None = None
    critical: Span | None = None
    count: Span | None = None  # what each one beyond the threshold of a rule that counts weighs
    most_at_risk: Annotated[float, Meta(ge=1, le=1000)] | None = None  # revenue at risk multiplies harm by at most this
    max_age: Span | None = None  # what began longer ago when it could first be said is recorded, not sent
    unmask: tuple[Literal["phone", "email", "card"], ...] = ()  # what texts in alerts may show
    weights: dict[Text, Annotated[float, Meta(ge=0, le=1000)]] = field(default_factory=dict)  # of rules, 1 where nothing is said


STANDARD_SEVERITY = SeverityTable(
    warning=timedelta(minutes=15),
    high=timedelta(hours=4),
    critical=timedelta(days=2),
    count=timedelta(minutes=30),
    most_at_risk=10.0,
    max_age=timedelta(hours=1),
)
"""What holds where a map says nothing, also one that starts from nothing."""


class MapFile(_Table, frozen=True):
    """A whole file. Everything is optional in a user's map, which starts from the default one."""

    name: Text | None = None
    version: Text | None = None
    extends: Literal["default", "nothing"] = "default"
    designed: tuple[Text, ...] = ()
    placeholders: tuple[Annotated[str, Meta(max_length=1024)], ...] = ()
    journeys: Journeys = Journeys()
    gaps: dict[Text, Span] = field(default_factory=dict)
    identifiers: dict[Text, Identifier] = field(default_factory=dict)
    types: dict[Text, TypeEntry] = field(default_factory=dict)
    stages: tuple[StageRule, ...] = ()
    pairs: tuple[PairEntry, ...] = ()
    tolerance: tuple[ToleranceEntry, ...] = ()
    owners: dict[Text, Owner] = field(default_factory=dict)
    calendars: tuple[Calendar, ...] = ()
    feeds: tuple[Feed, ...] = ()
    priorities: tuple[Priority, ...] = ()
    money: MoneyTable = MoneyTable()
    severity: SeverityTable = SeverityTable()
    rules: dict[Text, dict[Text, RuleValue]] = field(default_factory=dict)
