"""The dossier of an alert: everything that is needed to act, each claim with the events that it follows from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from pipelines.say.instants import lasting, rfc3339
from pipelines.say.masking import mask
from pipelines.say.speech import Speech
from schemas.alert import Alert, Claim, Dossier, Harm, Interval, Journey, Measured, Owner, Place, Step, Subject, Worth, Zone
from schemas.journey_map import JourneyMap

Row = Mapping[str, Any]

FIRST, LAST = 10, 50
"""Of a long journey so many steps are shown from its beginning and from its end, and those that the alert follows from."""
MOST_CLAIMS = 20
MOST_PEOPLE = 1000
"""Of those who wait for one operation at most so many are listed."""


@dataclass(frozen=True)
class Known:
    """What the mart knows of what some alerts are about.

    Attributes:
        journeys: By their 64 bits.
        steps: Of each journey, oldest first.
        people: Customer and event id by the key of the event.
        worth: By customer.
        purchases: Events and currency of the latest purchases, by customer.
        texts: What was written, by the key of the event.
    """

    journeys: Mapping[int, Row] = field(default_factory=dict)
    steps: Mapping[int, Sequence[Row]] = field(default_factory=dict)
    people: Mapping[int, tuple[str | None, str]] = field(default_factory=dict)
    worth: Mapping[str, Row] = field(default_factory=dict)
    purchases: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    texts: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class House:
    """Who speaks: the journey map, what each rule says of itself, and the name of the sender."""

    journey_map: JourneyMap
    speeches: Mapping[str, Speech]
    source: str = "urn:sojourn"
    scale: tuple[int, int, int] = (15, 240, 2880)

    def speech(self, rule: str) -> Speech:
        """Return what a rule says of itself."""
        return self.speeches.get(rule) or Speech(rule.replace("_", " "))


def alert(said: Row, interval: Row, known: Known, house: House) -> bytes:
    """Return the CloudEvent (JSON) of one row of ``said``.

    Args:
        said: The row.
        interval: What it is about: the columns of the interval with its weights; of one that is gone only what was said last.
        known: What the mart knows.
        house: Who speaks.
    """
    data = _dossier(said, interval, known, house)
    event = Alert(
        id=f"{data.key}-{data.seq}",
        source=house.source,
        type=f"sojourn.alert.{data.state}",  # type: ignore[arg-type] # one of the five
        time=rfc3339(said["said_us"]),
        subject=f"{data.subject.kind}/{data.subject.id}",
        data=data,
    )
    return msgspec.json.encode(event)


def _dossier(said: Row, interval: Row, known: Known, house: House) -> Dossier:
    speech, evidence = house.speech(said["rule"]), tuple(interval.get("evidence") or ())
    journey = _journey(interval, known, house)
    claims = list(_claims(said, interval, known, speech, evidence))
    return Dossier(
        key=f"{said['key']:016x}",
        seq=said["seq"],
        state=said["state"],
        severity=said["severity"],
        title=_title(said),
        rule=said["rule"],
        sentence=speech.sentence,
        runbook=speech.runbook,
        subject=_subject(said, interval, known),
        interval=_interval(said, interval),
        measured=Measured(unit=said["unit"] or "ms", value=said["value"], threshold=said["threshold"]),
        harm=_harm(said, interval, house),
        place=Place(**{name: said[name] or None for name in ("stage", "channel", "site", "team", "operation")}),
        owners=tuple(_owners(said, house)),
        claims=tuple(claims[:MOST_CLAIMS]),
        evidence=evidence,
        customers=_customers(said, interval, known),
        journey=journey,
        worth=_worth(said, known),
    )


def _title(said: Row) -> str:
    where = ", ".join(said[name] for name in ("stage", "channel", "site") if said[name])
    return f"{said['rule'].replace('_', ' ')}: {said['subject_kind']} {said['subject_id']}" + (f" ({where})" if where else "")


def _subject(said: Row, interval: Row, known: Known) -> Subject:
    journey = known.journeys.get(interval.get("journey") or 0)
    case_id = journey["case_id"] if journey else None
    return Subject(kind=said["subject_kind"], id=said["subject_id"], customer_id=said["customer_id"], case_id=case_id)


def _interval(said: Row, interval: Row) -> Interval:
    return Interval(
        since=rfc3339(said["since_us"]),
        as_of=rfc3339(said["as_of_us"]),
        opened_at=None if interval.get("opened_us") is None else rfc3339(interval["opened_us"]),
        until=None if said["until_us"] is None else rfc3339(said["until_us"]),
    )


def _harm(said: Row, interval: Row, house: House) -> Harm:
    end = said["as_of_us"] if said["until_us"] is None else said["until_us"]
    lasts = round(max(0, end - said["since_us"]) / 60e6, 1)
    counted, people = round((interval.get("counted_ms") or 0) / 60e3, 1), interval.get("people") or 1
    rule, priority, at_risk = (round(float(interval.get(name) or 1.0), 3) for name in ("rule_weight", "priority", "at_risk"))
    beyond = f" + {counted:g} min beyond the threshold" if counted else ""
    weights = "".join(
        f" × {weight:g} {name}" for weight, name in ((rule, "of the rule"), (priority, "priority"), (at_risk, "value at risk")) if weight != 1
    )
    return Harm(
        minutes=said["harm"] or 0,
        lasting_minutes=lasts,
        beyond_minutes=counted,
        people=people,
        rule_weight=rule,
        priority=priority,
        value_at_risk=at_risk,
        steps_minutes=house.scale,
        sum=f"({lasts:g} min{beyond}) × {people} {'person' if people == 1 else 'people'}{weights} = {said['harm'] or 0} min",
    )


def _owners(said: Row, house: House) -> Iterator[Owner]:
    """Who does the work that is named comes first, then who answers for the stage."""
    if said["operation"] or said["team"]:
        yield Owner(what=f"operation {said['operation']}" if said["operation"] else "team at work", team=said["team"] or said["operation"])
    owner = house.journey_map.owners.get(said["stage"] or "")
    if owner is not None:
        yield Owner(what=f"stage {said['stage']}", team=owner.team, person=owner.person)


def _claims(said: Row, interval: Row, known: Known, speech: Speech, evidence: tuple[str, ...]) -> Iterator[Claim]:
    if not evidence:
        return
    yield Claim(text=speech.sentence, events=evidence)
    if said["value"] is not None and said["threshold"] is not None:
        measured, allowed = (_measured(said[name], said["unit"]) for name in ("value", "threshold"))
        yield Claim(text=f"Measured {measured}, the threshold is {allowed}.", events=evidence)
    for step in known.steps.get(interval.get("journey") or 0, ()):
        if _zone(step) == "inadequate":
            text = f"Waited {lasting(step['wait_ms'])} ({step['stage'] or step['type']}), up to {lasting(step['adequate_ms'])} is adequate."
            yield Claim(text=text, events=(step["event_id"],))


def _measured(value: int, unit: str | None) -> str:
    return lasting(value) if unit == "ms" else f"{value / 100:,.2f}" if unit == "minor" else f"{value:,}"


def _customers(said: Row, interval: Row, known: Known) -> tuple[str, ...]:
    if said["customer_id"]:
        return ()
    found = (known.people.get(key, (None, ""))[0] for key in interval.get("evidence_keys") or ())
    return tuple(sorted({customer for customer in found if customer})[:MOST_PEOPLE])


def _journey(interval: Row, known: Known, house: House) -> Journey | None:
    journey = known.journeys.get(interval.get("journey") or 0)
    if journey is None:
        return None
    steps, shown = known.steps.get(journey["journey"], ()), set(interval.get("evidence_keys") or ())
    kept = [step for place, step in enumerate(steps) if place < FIRST or place >= len(steps) - LAST or step["key"] in shown]
    return Journey(
        journey_id=f"j{journey['journey']:016x}",
        started_at=rfc3339(journey["started_us"]),
        ended_at=rfc3339(journey["ended_us"]),
        step_count=journey["step_count"],
        steps=tuple(_step(step, known, house, evidence=step["key"] in shown) for step in kept),
        left_out=journey["step_count"] - len(kept),
        case_id=journey["case_id"],
        segment=journey["segment"],
        client_type=journey["client_type"],
    )


def _step(step: Row, known: Known, house: House, *, evidence: bool) -> Step:
    text = known.texts.get(step["key"])
    return Step(
        event_id=step["event_id"],
        source=step["source"],
        occurred_at=rfc3339(step["occurred_us"]),
        type=step["type"],
        position=step["position"],
        since_previous_s=None if step["since_previous_ms"] is None else step["since_previous_ms"] / 1000,
        wait_s=None if step["wait_ms"] is None else step["wait_ms"] / 1000,
        zone=_zone(step),
        text=None if text is None else mask(text, house.journey_map.severity.unmask),
        evidence=evidence,
        **{name: step[name] or None for name in ("channel", "stage", "site", "team")},
    )


def _zone(step: Row) -> Zone | None:
    wait, desired, adequate = step["wait_ms"], step["desired_ms"], step["adequate_ms"]
    if wait is None or desired is None or adequate is None:
        return None
    return "desired" if wait <= desired else "tolerable" if wait <= adequate else "inadequate"


def _worth(said: Row, known: Known) -> Worth | None:
    worth = known.worth.get(said["customer_id"] or "")
    if worth is None:
        return None
    purchases = known.purchases.get(said["customer_id"], ())
    return Worth(
        revenue_at_risk_minor=max(0, worth["revenue_at_risk_minor"]),
        currency=next((row["currency"] for row in purchases if row["currency"]), None),
        churn_risk=worth["churn_risk"],
        horizon_days=worth["horizon_days"],
        reasons=tuple(worth["churn_reasons"] or ()),
        events=tuple(row["event_id"] for row in purchases),
    )
