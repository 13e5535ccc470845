"""The mart's own health: what could not be read, who is silent, how late, how fresh, how sound."""

from __future__ import annotations

from schemas.mart_table import Column, Table, table

HEALTH_TABLES: tuple[Table, ...] = (
    table(
        "dead_letters",
        "md5 of the bytes",
        "pure",
        "What could not be read, with its bytes; repaired, it can be sent again.",
        Column("md5", "VARCHAR", "Of the payload, 32 hexadecimal digits."),
        Column("reason", "VARCHAR", "A code: not_json, schema, no_identity, time_in_future, too_large, schema_unknown, erased."),
        Column("detail", "VARCHAR", "What exactly was wrong."),
        Column("payload", "BLOB", "The bytes as they came."),
        Column("feed", "VARCHAR", "Where they came from: the journal's name of the source, of the first by order.", history=True),
        Column("place", "BIGINT", "Their place in it: byte, row or offset.", history=True),
        Column("received_at", "TIMESTAMP", "When they reached us: UTC.", history=True),
    ),
    table(
        "feeds",
        "source",
        "history",
        "Who is heard, and who has gone silent.",
        Column("source", "VARCHAR", "Who sends."),
        Column("events", "BIGINT", "Events that were kept; exact copies are not, copies that differ are."),
        Column("first_seen_at", "TIMESTAMP", "The least time of an event: UTC."),
        Column("last_seen_at", "TIMESTAMP", "The greatest time of an event: UTC."),
        Column("last_received_at", "TIMESTAMP", "When the last one reached us: UTC."),
        Column("silence_s", "DOUBLE", "as_of - last_seen_at, not below 0, seconds."),
    ),
    table(
        "lateness",
        "source",
        "history",
        "How many events came late: below the running maximum of their feed by more than the map's lateness.",
        Column("source", "VARCHAR", "Who sends."),
        Column("events", "BIGINT", "Events that were kept."),
        Column("late", "BIGINT", "Of them late."),
        Column("share", "DOUBLE", "late / events, 0 to 1."),
        Column("share_low", "DOUBLE", "Lower bound of the share: Wilson, 95 %."),
        Column("share_high", "DOUBLE", "Upper bound of the share: Wilson, 95 %."),
    ),
    table(
        "freshness",
        "partition or source",
        "clock",
        "How far this snapshot has come.",
        Column("snapshot", "BIGINT", "The number of the snapshot; it never comes back."),
        Column("as_of", "TIMESTAMP", "The instant at which states such as status hold: UTC, event time."),
        Column("published_at", "TIMESTAMP", "When the snapshot was made: UTC."),
        Column("kind", "VARCHAR", "partition, or source; mart where nothing was read yet."),
        Column("name", "VARCHAR", "The partition's number or the source's name."),
        Column("position", "BIGINT", "Of a partition the last commit in the snapshot; of a source the offset that is read next."),
    ),
    table(
        "quality",
        "check",
        "clock",
        "Counts and findings about the input.",
        Column("name", "VARCHAR", "What is counted. balance must be 0: read - accepted - duplicates - dead_letters - skipped."),
        Column("n", "BIGINT", "How many."),
        Column("examples", "VARCHAR[]", "A few, in the alphabet's order."),
    ),
)
"""In the order of the dictionary."""
