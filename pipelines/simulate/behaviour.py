"""Which kinds of journeys there are, how often each is begun, and at which hours."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pipelines.simulate import calls, cases, purchases, words
from pipelines.simulate.chance import Ints
from pipelines.simulate.scene import Scene


class Kind(NamedTuple):
    """One kind of journey.

    How it is told, its share among the contacts, the rhythm of its beginnings, its length (expected events), and how many are begun on each
    of the first days, whatever the size of the log.
    """

    tell: Callable[[Scene], object]
    share: float
    hours: str
    length: float
    early: int = 1
    is_bad: bool = False


CONTACTS: dict[str, Kind] = {
    "browse": Kind(words.browse, 0.20, "web", 4.0),
    "call": Kind(calls.call, 0.21, "office", 7.2, early=3),
    "chat": Kind(words.chat, 0.14, "web", 5.0),
    "message": Kind(words.message, 0.12, "office", 2.6),
    "case": Kind(cases.case, 0.08, "office", 9.0, early=2),
    "visit": Kind(purchases.visit, 0.09, "shop", 2.4),
    "field": Kind(purchases.field, 0.03, "office", 5.0),
    "complaint": Kind(cases.complaint, 0.03, "office", 8.5),
    "callback": Kind(calls.callback, 0.05, "web", 5.0),
    "subscription": Kind(purchases.subscription, 0.02, "web", 3.5),
    "feedback": Kind(words.feedback, 0.025, "web", 1.0),
    "repeats": Kind(calls.repeats, 0.004, "office", 15.0, is_bad=True),
}
"""The contacts of customers, by name; purchases come from the customers' own law."""

PURCHASES: dict[str, tuple[Callable[[Scene], Ints], float, str]] = {
    "order": (purchases.order, 0.6, "web"),
    "till": (purchases.till, 0.4, "shop"),
}
"""How customers buy: the share of each way, and its rhythm."""
CROWDED = {"call": "call", "visit": "visit", "case": "case", "message": "message", "field": "field"}
"""Incidents that draw a crowd of their own, and the contact that it makes."""
EARLY_DAYS = 6
"""On each of the first days every kind is begun at least once, so that a small log shows them all."""
