"""The mart's records: what rules of the kind ``record`` keep, one row each with when it began, when it was over, how it ended and whose it was."""

from __future__ import annotations

from schemas.mart_table import Column, Table, table

_PLACE = (
    Column("stage", "VARCHAR", "The stage of the event that opened it."),
    Column("channel", "VARCHAR", "The channel of that event."),
    Column("site", "VARCHAR", "Its site."),
)
_EVIDENCE = Column("evidence", "VARCHAR[]", "Ids of the events that show it, the one that opened it first.")


def _opening(name: str) -> tuple[Column, ...]:
    return (
        Column(name, "VARCHAR", "Names it, however its end moves: 16 hexadecimal digits."),
        Column("customer_id", "VARCHAR", "The canonical customer."),
        Column("journey_id", "VARCHAR", "The journey of the event that opened it; null where that is oversized."),
        Column("opened_at", "TIMESTAMP", "When it began: UTC, event time."),
    )


RECORD_TABLES: tuple[Table, ...] = (
    table(
        "handoffs",
        "event that passes a matter on",
        "pure",
        "Who passed a case or a call on to whom, and how long it lay between them.",
        *_opening("handoff_id"),
        Column("closed_at", "TIMESTAMP", "When the other team accepted or returned it; of a plain move, when it was moved. Null: open at as_of."),
        Column("outcome", "VARCHAR", "moved, accepted, returned or open."),
        Column("from_team", "VARCHAR", "The team that had it."),
        Column("to_team", "VARCHAR", "The team that has it then."),
        Column("wait_s", "DOUBLE", "Seconds between the request and its end."),
        *_PLACE,
        Column("owner", "VARCHAR", "Who answers for the stage, by the journey map."),
        _EVIDENCE,
    ),
    table(
        "promises",
        "promise",
        "pure",
        "What was promised, until when, and whether it was kept.",
        *_opening("promise_id"),
        Column("due_at", "TIMESTAMP", "When it is due; null where the promise named no time."),
        Column("closed_at", "TIMESTAMP", "When it was kept or withdrawn; null: open at as_of."),
        Column("outcome", "VARCHAR", "open, overdue (open beyond its time), kept, kept late or withdrawn."),
        Column("took_s", "DOUBLE", "Seconds from the promise to its end."),
        Column("late_s", "DOUBLE", "Seconds from the due time to its end, or to as_of; below 0 before the due time."),
        *_PLACE,
        Column("owner", "VARCHAR", "The team that promised, else who answers for the stage."),
        _EVIDENCE,
    ),
    table(
        "complaints",
        "complaint",
        "pure",
        "Complaints, when the customer was told that they were heard, and when they were settled.",
        *_opening("complaint_id"),
        Column("acknowledged_at", "TIMESTAMP", "When the customer was first told that it was heard; null: not by as_of."),
        Column("closed_at", "TIMESTAMP", "When it was settled; null: not by as_of."),
        Column("outcome", "VARCHAR", "open, acknowledged or settled."),
        Column("unheard_s", "DOUBLE", "Seconds until it was acknowledged."),
        Column("took_s", "DOUBLE", "Seconds until it was settled."),
        *_PLACE,
        Column("owner", "VARCHAR", "The team that took it, else who answers for the stage."),
        _EVIDENCE,
    ),
    table(
        "recoveries",
        "matter that was made good",
        "pure",
        "How failures were made good, stage by stage, and whether it held.",
        *_opening("recovery_id"),
        Column("acknowledged_at", "TIMESTAMP", "When the company admitted the failure."),
        Column("owned_at", "TIMESTAMP", "When one person took charge."),
        Column("acted_at", "TIMESTAMP", "When something was done or given."),
        Column("fixed_at", "TIMESTAMP", "When the cause was mended."),
        Column("closed_at", "TIMESTAMP", "When the customer confirmed it or it was settled; or when it failed again. Null: open at as_of."),
        Column("outcome", "VARCHAR", "open, well, or failed (the same matter failed again)."),
        Column("fixed_s", "DOUBLE", "Seconds from the failure to its mending."),
        Column("compensation_minor", "BIGINT", "Money that the first action gave, minor units."),
        Column("currency", "VARCHAR", "Its currency."),
        *_PLACE,
        Column("owner", "VARCHAR", "The team that took charge, else that of the opening event, else who answers for the stage."),
        _EVIDENCE,
    ),
)
"""In the order of the dictionary."""
