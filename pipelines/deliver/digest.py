"""A digest: many notices as one message, that says of each alert when it began and when it ended."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pipelines.deliver.instants import rfc3339
from pipelines.deliver.notice import Notice, message_id
from schemas.routes import SEVERITIES

TYPE = "sojourn.alerts.digest"


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One alert of a digest, as it stood at its end."""

    key: str
    rule: str
    subject_kind: str
    subject_id: str
    state: str
    severity: str  # the gravest meanwhile
    began: str  # the condition, event time
    ended: str | None = None
    first_said: str
    last_said: str
    ids: list[str]  # of the notices that it stands for
    customer_id: str | None = None
    value: int | None = None
    threshold: int | None = None
    unit: str | None = None
    site: str | None = None
    stage: str | None = None
    team: str | None = None
    operation: str | None = None


def digest_id(route: str, notices: Sequence[Notice]) -> str:
    """Return the id of a digest: it follows from what is in it."""
    return message_id(" ".join(("digest", route, *(notice.id for notice in notices))))


def lines(notices: Sequence[Notice]) -> list[Line]:
    """Return a line for each alert: what still holds first, then the gravest, then the oldest."""
    alerts: dict[int, list[Notice]] = {}
    for notice in notices:
        alerts.setdefault(notice.key, []).append(notice)
    made = [(_line(alert), alert[-1]) for alert in alerts.values()]
    made.sort(key=lambda pair: (pair[1].closing, -SEVERITIES.index(pair[0].severity), pair[1].since_us, pair[0].key))
    return [line for line, _ in made]


def digest_body(route: str, notices: Sequence[Notice], now_us: int) -> bytes:
    """Return the digest as a CloudEvent (JSON).

    Args:
        route: The route's name.
        notices: In the order in which they were said, one at least.
        now_us: When it is made.
    """
    found = lines(notices)
    ended = sum(line.state in ("resolved", "retracted") for line in found)
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": digest_id(route, notices),
            "source": "sojourn",
            "type": TYPE,
            "time": rfc3339(now_us),
            "datacontenttype": "application/json",
            "data": {
                "route": route,
                "from": rfc3339(min(notice.said_us for notice in notices)),
                "to": rfc3339(max(notice.said_us for notice in notices)),
                "open": len(found) - ended,
                "ended": ended,
                "alerts": found,
            },
        }
    )


def _line(alert: Sequence[Notice]) -> Line:
    last = alert[-1]
    return Line(
        key=f"{last.key:016x}",
        rule=last.rule,
        subject_kind=last.subject_kind,
        subject_id=last.subject_id,
        state=last.state,
        severity=max((notice.severity for notice in alert), key=SEVERITIES.index),
        began=rfc3339(last.since_us),
        ended=None if last.until_us is None else rfc3339(last.until_us),
        first_said=rfc3339(alert[0].said_us),
        last_said=rfc3339(last.said_us),
        ids=[notice.id for notice in alert],
        customer_id=last.customer_id,
        value=last.value,
        threshold=last.threshold,
        unit=last.unit,
        site=last.site,
        stage=last.stage,
        team=last.team,
        operation=last.operation,
    )
