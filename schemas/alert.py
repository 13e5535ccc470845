"""An alert as it leaves the house: a CloudEvent whose data is the dossier. ``schemas/json/alert.1.schema.json`` is generated from these classes.

What a dossier says of customers stands there with the ids of the events that it follows from, as ``events``: those of ``mart.touchpoints``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Instant = Annotated[
    str,
    Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z$", description="RFC 3339, UTC."),
]
Key = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$", description="Names the alert, through all that is said about it.")]
Text = Annotated[str, Meta(min_length=1)]
Count = Annotated[int, Meta(ge=0)]
Weight = Annotated[float, Meta(ge=0)]
Events = Annotated[tuple[Text, ...], Meta(description="Ids of the events that this follows from.")]
State = Literal["opened", "updated", "resolved", "retracted", "unknown"]
Severity = Literal["info", "warning", "high", "critical"]
Zone = Literal["desired", "tolerable", "inadequate"]


class _Part(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Settings that all parts share."""


class Subject(_Part, frozen=True):
    """What it is about."""

    kind: Text
    id: Text
    customer_id: Text | None = None
    case_id: Text | None = None


class Interval(_Part, frozen=True):
    """When it holds."""

    since: Instant
    as_of: Instant  # the instant of event time at which this was so
    opened_at: Instant | None = None  # of the event that opened it
    until: Instant | None = None  # not given: it holds at as_of


class Measured(_Part, frozen=True):
    """What was measured, and against what."""

    unit: Literal["ms", "count", "minor"]
    value: int | None = None
    threshold: int | None = None


class Harm(_Part, frozen=True):
    """How the severity comes about: (lasting + beyond) × people × weights, in minutes that one person waits beyond what is tolerable."""

    minutes: Count
    lasting_minutes: Weight  # since ``since``
    beyond_minutes: Weight  # what the value beyond the threshold of a rule that counts weighs
    people: Annotated[int, Meta(ge=1)]
    rule_weight: Weight
    priority: Weight
    value_at_risk: Weight
    steps_minutes: Annotated[tuple[int, ...], Meta(description="From which harm on it is a warning, high, critical.")]
    sum: Text  # the same in words


class Owner(_Part, frozen=True):
    """Who answers for something."""

    what: Text  # stage, operation or team
    team: Text
    person: Text | None = None


class Place(_Part, frozen=True):
    """Where it opened."""

    stage: Text | None = None
    channel: Text | None = None
    site: Text | None = None
    team: Text | None = None
    operation: Text | None = None


class Step(_Part, frozen=True):
    """One event of the journey."""

    event_id: Text
    source: Text
    occurred_at: Instant
    type: Text
    position: int
    channel: Text | None = None
    stage: Text | None = None
    site: Text | None = None
    team: Text | None = None
    since_previous_s: float | None = None
    wait_s: float | None = None
    zone: Zone | None = None  # of the wait
    text: str | None = None  # masked
    evidence: bool = False  # the alert follows from it


class Journey(_Part, frozen=True):
    """The journey in which it opened, oldest event first."""

    journey_id: Text
    started_at: Instant
    ended_at: Instant
    step_count: Count
    steps: tuple[Step, ...]
    left_out: Count = 0  # steps in the middle that are not shown
    case_id: Text | None = None
    segment: Text | None = None
    client_type: Text | None = None


class Claim(_Part, frozen=True):
    """One thing that the dossier says, and the events that it follows from."""

    text: Text
    events: Events


class Worth(_Part, frozen=True):
    """What is at stake: the expected revenue that is lost if the customer leaves."""

    revenue_at_risk_minor: Count
    currency: Text | None
    churn_risk: Annotated[float, Meta(ge=0, le=1)]
    horizon_days: int
    reasons: tuple[Text, ...]
    events: Events  # purchases of the customer, the latest first


class Dossier(_Part, frozen=True):
    """Everything that is needed to act."""

    key: Key
    seq: Count  # order in which things are said
    state: State
    severity: Severity
    title: Text
    rule: Text
    sentence: Text  # what a breach of the rule is
    subject: Subject
    interval: Interval
    measured: Measured
    harm: Harm
    place: Place
    owners: tuple[Owner, ...]
    claims: tuple[Claim, ...]
    evidence: Events
    runbook: Text | None = None  # where to read what to do
    customers: tuple[Text, ...] = ()  # those who are concerned, where it is about several
    journey: Journey | None = None
    worth: Worth | None = None


class Alert(_Part, frozen=True, kw_only=True, omit_defaults=False):
    """The CloudEvent."""

    specversion: Literal["1.0"] = "1.0"
    id: Text  # of what was said: key and number
    source: Text
    type: Literal["sojourn.alert.opened", "sojourn.alert.updated", "sojourn.alert.resolved", "sojourn.alert.retracted", "sojourn.alert.unknown"]
    time: Instant  # the clock
    subject: Text
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: Literal["urn:sojourn:alert:1"] = "urn:sojourn:alert:1"
    data: Dossier
