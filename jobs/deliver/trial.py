"""A test alert: what a route does with it, without touching what is kept."""

from __future__ import annotations

import secrets
from hashlib import md5

import msgspec

from jobs.deliver.message import Channel, Message
from pipelines.deliver.answer import Answer
from pipelines.deliver.instants import rfc3339
from pipelines.deliver.notice import Notice

RULE = "test"


def trial_notices(now_us: int) -> list[Notice]:
    """Return an alert that says it is a test, and its end: a page that it opens is closed again."""
    key = int.from_bytes(md5(secrets.token_bytes(8), usedforsecurity=False).digest()[:8])
    opened = Notice(
        seq=0,
        said_us=now_us,
        as_of_us=now_us,
        rule=RULE,
        subject_kind="pipeline",
        subject_id="sojourn",
        key=key,
        since_us=now_us,
        state="opened",
        severity="critical",
    )
    ended = msgspec.structs.replace(opened, seq=1, state="resolved", until_us=now_us)
    return [_with_body(notice) for notice in (opened, ended)]


def tried(name: str, channel: Channel, now_us: int) -> list[tuple[Message, Answer]]:
    """Send a test alert on a route and return how each part of it went; what follows a part that was not taken is not sent."""
    ends = list[tuple[Message, Answer]]()
    for notice in trial_notices(now_us):
        message = Message(notice.id, name, [notice], now_us)
        ends.append((message, channel.send(message)))
        if not ends[-1][1].accepted:
            break
    return ends


def _with_body(notice: Notice) -> Notice:
    event = {
        "specversion": "1.0",
        "id": notice.id,
        "source": "sojourn",
        "type": f"sojourn.alert.{notice.state}",
        "time": rfc3339(notice.said_us),
        "datacontenttype": "application/json",
        "data": {"sentence": "This is a test: somebody asked whether alerts arrive here.", "rule": notice.rule, "key": f"{notice.key:016x}"},
    }
    return msgspec.structs.replace(notice, body=msgspec.json.encode(event).decode())
