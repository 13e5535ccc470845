"""Roles: what a type means to rules and marts, so that they never name types. A set of roles is one integer, a bit a role.

The order below is kept on disk (in ``steps.roles``), so names are only ever added, and only at the end.
"""

from __future__ import annotations

from collections.abc import Iterable

MEANINGS: dict[str, str] = {
    "contact": "The customer and the company met here.",
    "machine": "What the customer met was a machine: a page, a menu, a bot.",
    "human": "What the customer met was a person.",
    "failure": "What the customer wanted did not work.",
    "intent": "The customer set out to get something.",
    "wait_opens": "A wait of the customer begins.",
    "wait_closes": "The wait of the same thing ends, by service or otherwise.",
    "abandoned": "The customer gave up waiting.",
    "exit": "The customer left the place; an exit where this step itself closes an open wait, that is, where nobody had served them.",
    "handoff": "The customer or their case was passed on to somebody else.",
    "human_sought": "The customer asked for a person.",
    "human_reached": "The customer reached a person.",
    "answer_owed": "The company owes the customer an answer from here on.",
    "listened": "Somebody of the company listened to the message.",
    "attempt": "The company tried to call back.",
    "answered": "The company answered.",
    "progress": "Progress that the customer can see.",
    "resolved": "The company holds the case for resolved.",
    "reopened": "It was not resolved after all.",
    "terminal": "Nothing more is expected: a journey without a case ends here.",
    "backstage": "Work behind the line of visibility.",
    "work_queued": "Backstage work lies in a queue from here on.",
    "work_started": "Backstage work begins.",
    "work_ended": "Backstage work ends, well or not.",
    "work_failed": "Backstage work ended without success.",
    "handoff_open": "One team asked another to take over.",
    "accepted": "The other team took over.",
    "returned": "The other team sent it back.",
    "promised": "The company made a promise (block `promise`).",
    "kept": "The promise was kept.",
    "withdrawn": "The promise was taken back.",
    "purchase": "The customer bought.",
    "delivery_owed": "The company owes what was paid for.",
    "delivered": "The customer has it.",
    "cancelled": "The order was called off.",
    "refunded": "The money went back.",
    "churned": "The customer ended the relation in so many words.",
    "survey_open": "A survey was sent.",
    "survey_answered": "The customer answered a survey (block `rating`).",
    "feedback": "The customer said what they think.",
    "complaint": "The customer complained.",
    "acknowledged": "The company said that it has the complaint.",
    "settled": "The complaint was dealt with.",
    "recovery": "Any stage of making good a failure.",
    "recovery_acknowledged": "Recovery: the company admitted the failure to the customer.",
    "recovery_owned": "Recovery: one person took charge of it.",
    "recovery_action": "Recovery: something was done or given (`attributes.kind`, money).",
    "recovery_fixed": "Recovery: the cause is mended.",
    "recovery_confirmed": "Recovery: the customer confirmed that all is well.",
    "gesture": "A small kindness that nobody had to do.",
    "fee": "The customer was charged a fee.",
    "effort": "The customer had to take trouble that was the company's.",
    "repeated": "The customer had to say again what they had said before.",
    "delight": "The company did more than its rules ask.",
    "house": "About the company itself: a touchpoint without a journey and without a customer.",
    "assigned": "A team or a person of the company has the case from here on.",
}
"""A line of documentation for each role, in the order of the bits."""

ROLES: tuple[str, ...] = tuple(MEANINGS)
"""All roles; the place is the number of the bit. At most 60, so that a set fits a signed 64-bit integer everywhere."""

_BITS = {role: 1 << index for index, role in enumerate(ROLES)}


def bit(role: str) -> int:
    """Return the bit of one role.

    Raises:
        KeyError: no role has this name.

    >>> bit("contact"), bit("machine"), bit("human")
    (1, 2, 4)
    """
    return _BITS[role]


def union(roles: Iterable[str]) -> int:
    """Return the set of these roles as one integer; 0 for none. Raises KeyError for a name that is no role."""
    bits = 0
    for role in roles:
        bits |= _BITS[role]
    return bits


def names(bits: int) -> tuple[str, ...]:
    """Return the roles of a set, in their fixed order.

    >>> names(5)
    ('contact', 'human')
    """
    return tuple(role for role, value in _BITS.items() if bits & value)
