"""What PagerDuty is sent: one event a notice, under the alert's key, so that what resolves it closes its page. Source: Events API v2."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from pipelines.deliver.instants import rfc3339
from pipelines.deliver.notice import Notice
from pipelines.deliver.words import words_of

URL = "https://events.pagerduty.com/v2/enqueue"
"""For accounts in the EU it is https://events.eu.pagerduty.com/v2/enqueue."""
LONGEST_SUMMARY = 1024
LONGEST_BODY = 256_000
"""PagerDuty takes 512 KB (bytes); a longer dossier is left out."""
_SEVERITIES: Mapping[str, str] = {"info": "info", "warning": "warning", "high": "error", "critical": "critical"}


def page(notice: Notice, key: str) -> bytes:
    """Return the event (JSON).

    Args:
        notice: What was said.
        key: The integration key of the service.
    """
    words = words_of(notice)
    event: dict[str, object] = {
        "routing_key": key,
        "event_action": "resolve" if notice.closing else "trigger",
        "dedup_key": f"sojourn-{notice.key:016x}",
        "client": "Sojourn",
        "payload": {
            "summary": words.title[:LONGEST_SUMMARY],
            "source": notice.site or notice.subject_id or "sojourn",
            "severity": _SEVERITIES[notice.severity],
            "timestamp": rfc3339(notice.since_us),
            "component": notice.operation or notice.stage or notice.rule,
            "group": notice.team or notice.channel or notice.rule,
            "class": notice.rule,
            "custom_details": _details(notice, words.text),
        },
    }
    return msgspec.json.encode(event)


def _details(notice: Notice, text: str) -> dict[str, object]:
    if notice.body is None or len(notice.body) > LONGEST_BODY:
        return {"text": text}
    return {"text": text, "dossier": msgspec.Raw(notice.body.encode())}
