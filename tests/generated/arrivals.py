"""What the oracle reads of generated events: decoded and identified anew, straight from the contract; of the product only the map."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from pipelines.oracle import ARRIVALS
from schemas.journey_map import JourneyMap
from schemas.roles import bit
from tests.generated.events import RECEIVED_AT, Event

Row = dict[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def arrivals(partitions: Iterable[Iterable[Event]], journey_map: JourneyMap) -> pa.Table:
    """Return the relation ``arrivals`` of the events of each partition, in the order in which they came; dead letters are left out."""
    rows = []
    for partition, events in enumerate(partitions):
        for offset, event in enumerate(events):
            if dead_letter(event, journey_map) is None:
                rows.append({"partition": partition, "offset": offset, "feed": f"touchpoints:{partition}"} | arrival(event, journey_map))
    return pa.Table.from_pylist(rows, schema=ARRIVALS)


def arrival(event: Event, journey_map: JourneyMap) -> Row:
    """Return one row without its place."""
    meaning = journey_map.meaning(event["type"], event.get("channel"))
    attributes = event.get("attributes", {})
    plain = {
        name: event.get(name) for name in ("source", "type", "sequence", "case_id", "correlation_id", "causation_id", "channel", "site", "lifecycle")
    }
    return plain | {
        "received_us": microseconds(RECEIVED_AT),
        "event_id": event["id"],
        "time_us": time_us(event),
        "customer": customer(event, journey_map),
        "anonymous": anonymous(event, journey_map),
        "wait_ms": _milliseconds(event.get("wait_s")),
        "service_ms": _milliseconds(event.get("service_s")),
        "stage": event.get("stage") or meaning.stage,
        "roles": roles(event, journey_map),
        "thing": meaning.thing,
        "segment": attributes.get("segment"),
        "client_type": attributes.get("client_type"),
        "context": attributes.get("context"),
        "canonical": hashlib.md5(json.dumps(event | {"time": time_us(event)}, sort_keys=True).encode()).hexdigest(),
    }


def customer(event: Event, journey_map: JourneyMap) -> str | None:
    """Return the canonical customer, or None where a house or backstage event names nobody."""
    named = event.get("customer_id")
    if named is not None and not journey_map.is_placeholder(named):
        return str(named)
    known = [(*identifier.partition(":"), identifier) for identifier in event.get("identifiers", []) if not journey_map.is_placeholder(identifier)]
    if known:
        return min(known, key=lambda parts: (journey_map.identifier_rank(parts[0]), parts[2], parts[0]))[3]
    if roles(event, journey_map) & (bit("house") | bit("backstage")):
        return None
    if event.get("case_id"):
        return f"case:{event['source']}/{event['case_id']}"
    if event.get("correlation_id"):
        return f"flow:{event['source']}/{event['correlation_id']}"
    return f"event:{event['source']}/{event['id']}"


def anonymous(event: Event, journey_map: JourneyMap) -> bool:
    """Whether the event names nobody, or somebody by devices only."""
    named = event.get("customer_id")
    if named is not None and not journey_map.is_placeholder(named):
        return False
    kinds = [identifier.partition(":")[0] for identifier in event.get("identifiers", []) if not journey_map.is_placeholder(identifier)]
    return all(map(journey_map.is_device, kinds))


def roles(event: Event, journey_map: JourneyMap) -> int:
    """Return the bits of the type's roles; what a back lane does is backstage, whatever the type."""
    back = event.get("actor", {}).get("lane") == "back"
    return journey_map.meaning(event["type"], event.get("channel")).roles | (bit("backstage") if back else 0)


def dead_letter(event: Event, journey_map: JourneyMap) -> str | None:
    """Return the reason why the event can't be accepted, or None."""
    if time_us(event) > microseconds(RECEIVED_AT) + journey_map.max_ahead_us:
        return "time_in_future"
    nameless = event.get("customer_id") is None and not event.get("identifiers")
    if nameless and not roles(event, journey_map) & (bit("house") | bit("backstage")):
        return "no_identity"
    return None


def time_us(event: Event) -> int:
    """Return when it happened, µs since 1970, UTC."""
    return microseconds(datetime.fromisoformat(event["time"]))


def microseconds(at: datetime) -> int:
    """Return an instant as µs since 1970, UTC."""
    return (at - EPOCH) // timedelta(microseconds=1)


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * 1000 + 0.5)
