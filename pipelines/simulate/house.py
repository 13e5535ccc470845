"""What the house says of itself: heartbeats of the feeds, trainings, new managers; and visitors whom nobody knows."""

from __future__ import annotations

import numpy as np

from pipelines.simulate.chance import DAY, HOUR, MINUTE, SECOND, Ints
from pipelines.simulate.ledger import Fields, texts
from pipelines.simulate.scene import Today
from pipelines.simulate.world import FEEDS, ORIGIN, STORES, TEAMS, Incident


def heartbeats(today: Today, events_a_day: float) -> None:
    """Write the heartbeats of a day, about one event in a hundred: a small house has three feeds that beat once a day, a large one ten."""
    feeds = FEEDS[: int(np.clip(events_a_day * 0.01, 3, len(FEEDS)))]
    per_feed = int(np.clip(events_a_day * 0.01 / len(feeds), 1, 288))
    times = ORIGIN + today.day * DAY + np.arange(per_feed) * (DAY // per_feed)
    for number, feed in enumerate(feeds):
        today.ledger.write("feed.heartbeat", times + number * SECOND, source=feed)


def staff_news(today: Today) -> None:
    """Write a training each third day and a change of manager each tenth."""
    at = np.array([ORIGIN + today.day * DAY + 15 * HOUR])
    if today.day % 3 == 1:
        team = TEAMS[today.day // 3 % len(TEAMS)]
        today.ledger.write(
            "training.completed", at, actor=f'{{"id":"{team}-01","kind":"human","team":"{team}"}}', attributes='{"topic":"complaints"}'
        )
    if today.day % 10 == 2:
        today.ledger.write("manager.changed", at, site=STORES[today.day // 10 % len(STORES)])


def outages(today: Today, incidents: list[Incident]) -> None:
    """Write the trunk of each operation whose breakdown begins on this day: its start, a failure where technology is to blame, its end."""
    begin = ORIGIN + today.day * DAY
    for incident in incidents:
        if begin <= incident.since < begin + DAY:
            fields: Fields = {
                "channel": "backoffice",
                "site": incident.site,
                "correlation_id": incident.operation,
                "actor": f'{{"id":"{incident.team}","team":"{incident.team}","lane":"back"}}',
                "attributes": f'{{"element":"{incident.element}"}}',
            }
            today.ledger.write("op.started", np.array([incident.since]), **fields)
            if incident.element == "technology":
                today.ledger.write("op.failed", np.array([incident.since + MINUTE]), **fields)
            today.ledger.write("op.completed", np.array([incident.until]), **fields)


def strangers(today: Today, start: Ints, first: int) -> None:
    """Write visits of people known by a cookie only; one in fifty carries a placeholder as its customer id too."""
    n = len(start)
    blank = today.chance.choose("placeholder", {"": 98, '"customer_id":"undefined",': 1, '"customer_id":"0",': 1}, n).tolist()
    who = texts([f'{b}"identifiers":["cookie:{(first + k) * 2654435761 % 2**32:08x}"]' for k, b in enumerate(blank)])
    pages = today.chance.between(1, 6, n)
    at = start
    for page in range(5):
        today.ledger.write("page.viewed", at, pages > page, who=who, channel="web")
        at = at + today.chance.ordinary(30 * SECOND, 10 * MINUTE, n)
    today.ledger.write("search.made", at, today.chance.happens(0.2, n), who=who, channel="web")


def nobodies(today: Today, start: Ints) -> None:
    """Write calls of withheld numbers: the only id is a placeholder, so the call itself is the customer."""
    flow = today.ledger.flows("call-", len(start))
    common: Fields = {"who": '"customer_id":"0"', "channel": "phone", "correlation_id": flow}
    today.ledger.write("call.offered", start, **common)
    today.ledger.write("call.queued", start + 300, **common)
    over = start + 300 + today.chance.ordinary(15 * SECOND, 45 * SECOND, len(start))
    today.ledger.write("call.answered", over, **common)
    today.ledger.write("call.ended", over + 2 * MINUTE, **common)
