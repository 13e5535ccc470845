"""The mart's causes: who behind the line of visibility makes customers wait."""

from __future__ import annotations

from schemas.mart_table import Column, Table, table

CAUSE_TABLES: tuple[Table, ...] = (
    table(
        "wait_causes",
        "wait of a customer and piece of work that covers a part of it, and one a wait for the rest",
        "pure",
        "Who behind the counter makes customers wait: each wait, open ones included, split among the work linked to it; its rows add up to it. "
        "The rest, without an operation, is nobody's: never the contact person's.",
        Column("customer_id", "VARCHAR", "The canonical customer."),
        Column("journey_id", "VARCHAR", "The journey of the wait."),
        Column("opened_by", "VARCHAR", "Id of the event that opened the wait; null where it is only measured."),
        Column("opened_at", "TIMESTAMP", "When the wait began: UTC, event time."),
        Column("closed_by", "VARCHAR", "Id of the event that ended it; null: open at as_of."),
        Column("closed_at", "TIMESTAMP", "When it ended: UTC; null: open at as_of."),
        Column("stage", "VARCHAR", "The stage of the step that ended the wait; while it is open, of the one that opened it."),
        Column("channel", "VARCHAR", "The channel of that step."),
        Column("site", "VARCHAR", "Its site, else that of the step that opened the wait."),
        Column("operation", "VARCHAR", "The piece of work: its correlation, else its causation; null in the rest, of which each wait has one row."),
        Column("operation_events", "VARCHAR[]", "Ids of its events, in their order."),
        Column("team", "VARCHAR", "The team that works: the owner of this part of the wait."),
        Column("element", "VARCHAR", "people, operations or technology, as the work says; null where it doesn't."),
        Column(
            "covered_ms", "BIGINT", "This row's part of the wait, ms. Work at the same time shares alike; work that waits for other work gets none."
        ),
        Column("wait_ms", "BIGINT", "The whole wait up to its end, or to as_of, ms: the sum of covered_ms of its rows."),
        Column("share", "DOUBLE", "covered_ms / wait_ms, 0 to 1."),
    ),
)
"""In the order of the dictionary."""
