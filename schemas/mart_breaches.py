"""The mart's breaches: what the rules find at as_of, and what was said about it."""

from __future__ import annotations

from schemas.mart_table import Column, Table, table

_OF_OPENING = (
    Column("customer_id", "VARCHAR", "The canonical customer; null where it is about several, or about none."),
    Column("stage", "VARCHAR", "The stage of the event that opened it."),
    Column("channel", "VARCHAR", "The channel of that event."),
    Column("site", "VARCHAR", "Its site."),
    Column("team", "VARCHAR", "Its team."),
    Column("operation", "VARCHAR", "The backstage work, or its owner, that the rule names."),
)
_MEASURED = (
    Column("since", "TIMESTAMP", "From when on it holds: UTC, event time."),
    Column("until", "TIMESTAMP", "Until when it held; null where it holds at as_of."),
    Column("value", "BIGINT", "What was measured, in the unit."),
    Column("threshold", "BIGINT", "What it was measured against, in the unit."),
    Column("unit", "VARCHAR", "ms, count or minor (minor units of money)."),
)

BREACH_TABLES: tuple[Table, ...] = (
    table(
        "breaches",
        "rule, key",
        "pure",
        "When a condition that a rule names held, or holds, at as_of. Timers that have not run out are not shown.",
        Column("rule", "VARCHAR", "The rule: the name of its file."),
        Column("subject_kind", "VARCHAR", "What it is about: customer, journey, case, promise, complaint, operation, ..."),
        Column("subject_id", "VARCHAR", "Which of them."),
        Column("key", "VARCHAR", "Names the interval within its rule, however its ends move: 16 hexadecimal digits."),
        *_MEASURED,
        Column("evidence", "VARCHAR[]", "Ids of the events that show it, the one that opened it first."),
        Column("opened_at", "TIMESTAMP", "When the event that opened it happened: UTC."),
        Column("journey_id", "VARCHAR", "The journey of that event; null where that is oversized, or there is none."),
        *_OF_OPENING,
    ),
    table(
        "alerts",
        "seq",
        "said",
        "What was said about breaches, in order; never rewritten. Two histories are compared by the keys whose last state is not retracted.",
        Column("seq", "BIGINT", "Order in which it was said."),
        Column("said_at", "TIMESTAMP", "When it was said: UTC, the clock."),
        Column("as_of", "TIMESTAMP", "The instant of event time at which it was true: UTC."),
        Column("rule", "VARCHAR", "The rule."),
        Column("subject_kind", "VARCHAR", "What it is about."),
        Column("subject_id", "VARCHAR", "Which of them."),
        Column("key", "VARCHAR", "Of the breach: one through all that is said about it."),
        *_MEASURED,
        Column("state", "VARCHAR", "opened, updated, resolved, retracted (it never held) or unknown (its source is silent)."),
        Column("severity", "VARCHAR", "info, warning, high or critical."),
        Column("harm", "BIGINT", "What the severity is taken from: excess minutes times people times weight."),
        *_OF_OPENING,
        Column("send", "BOOLEAN", "Whether it is delivered; false where it is recorded only."),
        Column("body", "VARCHAR", "The dossier: a CloudEvent, JSON."),
    ),
)
"""In the order of the dictionary."""
