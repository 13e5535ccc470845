"""The mart's deliveries: what became of alerts on their way to somebody."""

from __future__ import annotations

from schemas.mart_table import Column, Table, table

NEWEST = 10_000
"""So many deliveries are shown: the newest, but those that wait, are held or were given up before older ones that are over."""

DELIVERY_TABLES: tuple[Table, ...] = (
    table(
        "deliveries",
        "route, id",
        "clock",
        f"Messages and how they stood at publication: what waits, is held or was given up, and of the rest the newest, {NEWEST:,} in all.",
        Column("route", "VARCHAR", "The route, by its name in the file of routes."),
        Column("id", "VARCHAR", "The message's id, the same at every try: a receiver counts by it."),
        Column("seq", "BIGINT", "Of what was said, in alerts; of a digest the last in it."),
        Column("said_at", "TIMESTAMP", "When that was said: UTC, the clock."),
        Column("key", "VARCHAR", "Of the alert; null of a digest."),
        Column("rule", "VARCHAR", "The rule; null of a digest."),
        Column("subject_kind", "VARCHAR", "What it is about; null of a digest."),
        Column("subject_id", "VARCHAR", "Which of them."),
        Column("state", "VARCHAR", "What was said: opened, updated, resolved, retracted, unknown; or digest."),
        Column("severity", "VARCHAR", "info, warning, high or critical; of a digest the gravest."),
        Column("status", "VARCHAR", "waiting, held, in_digest (its digest waits), digested, delivered, dropped (not to be told) or dead (given up)."),
        Column("reason", "VARCHAR", "Why it is or was held or dropped: quiet, digest, cooldown, snoozed, maintenance, acknowledged, ended, ..."),
        Column("digest_id", "VARCHAR", "The digest that it went with."),
        Column("attempts", "BIGINT", "How often it was tried."),
        Column("next_at", "TIMESTAMP", "When it is tried, or its hold ends; null where it is over: UTC."),
        Column("last_at", "TIMESTAMP", "The last try: UTC."),
        Column("http_status", "INTEGER", "What was answered to it; null where nothing was, or in another protocol."),
        Column("detail", "VARCHAR", "What was wrong with it."),
    ),
)
"""In the order of the dictionary."""
