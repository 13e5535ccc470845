"""What lies in the journal: the Arrow schema of each table's segments, and the commit record.

Facts are what came; changes are what followed from it, the later commit wins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import pyarrow as pa

FORMAT = 2
"""The version of the layout of DIR; a newer one is refused. 1: before there were base records."""


def _schema(columns: Sequence[tuple[str, pa.DataType]]) -> pa.Schema:
    return pa.schema(list(columns))


_ATTRIBUTES = pa.map_(pa.string(), pa.string())

TOUCHPOINTS = _schema(
    [
        ("source", pa.string()),
        ("event_id", pa.string()),
        ("type", pa.string()),
        ("time_us", pa.int64()),
        ("sequence", pa.int64()),
        ("customer_id", pa.string()),  # canonical
        ("given_customer", pa.string()),
        ("identifiers", pa.list_(pa.string())),
        ("anonymous", pa.bool_()),
        ("kind", pa.uint8()),  # 0 of a case, 1 without a case, 2 house, 3 backstage operation
        ("case_id", pa.string()),
        ("channel", pa.string()),
        ("site", pa.string()),
        ("given_stage", pa.string()),
        ("lifecycle", pa.string()),
        ("actor_id", pa.string()),
        ("actor_kind", pa.string()),
        ("team", pa.string()),
        ("lane", pa.string()),
        ("causation_id", pa.string()),
        ("correlation_id", pa.string()),
        ("wait_ms", pa.int64()),
        ("service_ms", pa.int64()),
        ("promise_due_us", pa.int64()),
        ("promise_kind", pa.string()),
        ("rating_metric", pa.string()),
        ("rating_value", pa.float64()),
        ("rating_scale", pa.string()),
        ("money_minor", pa.int64()),
        ("money_currency", pa.string()),
        ("money_kind", pa.string()),
        ("text", pa.string()),
        ("language", pa.string()),
        ("attributes", _ATTRIBUTES),
        ("segment", pa.string()),
        ("client_type", pa.string()),
        ("context", pa.string()),
        ("received_us", pa.int64()),
        ("late", pa.bool_()),  # below the running maximum of its feed, minus lateness, when it came
        ("key", pa.uint64()),
        ("content", pa.uint64()),
        ("disputed", pa.bool_()),  # copies of this key differ: the smallest content counts
    ]
)
OPERATIONS = TOUCHPOINTS
DEAD_LETTERS = _schema(
    [
        ("md5", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("payload", pa.binary()),
        ("feed", pa.string()),
        ("place", pa.int64()),
        ("received_us", pa.int64()),
    ]
)
OPEN_WAIT = pa.struct(
    [
        ("stage", pa.string()),  # of the event that opened it
        ("channel", pa.string()),
        ("since_us", pa.int64()),
        ("adequate_ms", pa.int64()),  # the adequate level in force when it opened, null where the map has none
        ("key", pa.uint64()),  # of that event
    ]
)
JOURNEYS = _schema(
    [
        ("op", pa.string()),  # put or drop
        ("existed", pa.bool_()),  # whether an earlier commit had put this journey
        ("journey", pa.uint64()),  # the 64 bits of journey_id
        ("customer_id", pa.string()),
        ("known", pa.bool_()),
        ("case_id", pa.string()),
        ("first_key", pa.uint64()),
        ("started_us", pa.int64()),
        ("ended_us", pa.int64()),
        ("step_count", pa.int64()),
        ("variant", pa.uint64()),  # null where oversized
        ("closed", pa.bool_()),
        ("oversized", pa.bool_()),
        ("revision", pa.int64()),
        ("segment", pa.string()),  # latest of the journey, with the place in the total order of the event that says so
        ("segment_us", pa.int64()),
        ("segment_sequence", pa.int64()),
        ("segment_key", pa.uint64()),
        ("client_type", pa.string()),
        ("client_type_us", pa.int64()),
        ("client_type_sequence", pa.int64()),
        ("client_type_key", pa.uint64()),
        ("open_waits", pa.list_(OPEN_WAIT)),  # what nothing has closed yet, in total order; null where oversized
    ]
)
STEPS = _schema(
    [
        ("op", pa.string()),
        ("existed", pa.bool_()),
        ("journey", pa.uint64()),
        ("position", pa.int32()),
        ("key", pa.uint64()),
        ("source", pa.string()),
        ("event_id", pa.string()),
        ("time_us", pa.int64()),
        ("type", pa.string()),
        ("stage", pa.string()),
        ("channel", pa.string()),
        ("site", pa.string()),
        ("actor_id", pa.string()),
        ("team", pa.string()),
        ("previous_type", pa.string()),
        ("since_previous_ms", pa.int64()),
        ("wait_ms", pa.int64()),
        ("service_ms", pa.int64()),
        ("opener_position", pa.int32()),  # of the step whose wait this one ends; null where it ends none
        ("desired_ms", pa.int64()),
        ("adequate_ms", pa.int64()),
        ("calendar", pa.string()),  # by which the zone counts; null, like what follows, where it counts calendar time
        ("business_wait_ms", pa.int64()),  # the wait in its business time, each instant by the schedule in force at it
        ("business_desired_ms", pa.int64()),  # the zone as the map writes it; desired_ms and adequate_ms say how long that lasts in calendar time
        ("business_adequate_ms", pa.int64()),
        ("roles", pa.uint64()),
        ("money_minor", pa.int64()),
        ("money_kind", pa.string()),  # currency and kind
    ]
)
COUNTED = ("calendar", "business_wait_ms", "business_desired_ms", "business_adequate_ms")
"""What ``steps`` say in business time."""
LATER = frozenset((*COUNTED, "opener_position"))
"""Columns that came after DIRs had been made without them: they are read as nulls there."""
INTERVALS = _schema(
    [
        ("op", pa.string()),  # put or drop; a drop names op, existed, rule and key only
        ("existed", pa.bool_()),
        ("rule", pa.string()),
        ("key", pa.uint64()),  # of rule, customer or operation, and the opening event: never of a journey, a position or a time
        ("record", pa.bool_()),  # kept for a mart, never a breach and never alerted
        ("unit", pa.string()),  # of value and threshold: ms, count or minor
        ("customer_id", pa.string()),
        ("subject_kind", pa.string()),
        ("subject_id", pa.string()),
        ("opened_us", pa.int64()),  # when the opening event happened
        ("since_us", pa.int64()),  # from when on it holds; may lie in the future: a timer
        ("until_us", pa.int64()),  # null: it still holds
        ("value", pa.int64()),
        ("threshold", pa.int64()),
        ("evidence", pa.list_(pa.string())),  # ids of events, the opening one first
        ("evidence_keys", pa.list_(pa.uint64())),  # keys of the same events
        ("journey", pa.uint64()),  # of the opening event, like all that follows
        ("stage", pa.string()),
        ("channel", pa.string()),
        ("site", pa.string()),
        ("team", pa.string()),
        ("operation", pa.string()),  # the backstage work, or its owner, that the rule names
    ]
)
SAID = _schema(
    [
        ("seq", pa.int64()),  # order in which it was said
        ("said_us", pa.int64()),  # the clock
        ("as_of_us", pa.int64()),
        ("rule", pa.string()),
        ("subject_kind", pa.string()),
        ("subject_id", pa.string()),
        ("customer_id", pa.string()),
        ("key", pa.uint64()),  # of the interval
        ("since_us", pa.int64()),
        ("until_us", pa.int64()),
        ("value", pa.int64()),
        ("threshold", pa.int64()),
        ("unit", pa.string()),
        ("state", pa.string()),  # opened, updated, resolved, retracted or unknown
        ("severity", pa.string()),  # info, warning, high or critical
        ("harm", pa.int64()),
        ("site", pa.string()),
        ("stage", pa.string()),
        ("channel", pa.string()),
        ("team", pa.string()),
        ("operation", pa.string()),
        ("send", pa.bool_()),  # false: recorded only
        ("body", pa.string()),  # the CloudEvent, JSON
    ]
)
TABLES = {
    **{"touchpoints": TOUCHPOINTS, "operations": OPERATIONS, "dead_letters": DEAD_LETTERS},
    **{"journeys": JOURNEYS, "steps": STEPS, "intervals": INTERVALS, "said": SAID},
}
"""Every table of the journal. ``links`` comes with the step that writes it."""

CHANGES: Mapping[str, tuple[str, ...]] = {"journeys": ("journey",), "steps": ("journey", "position"), "intervals": ("key", "rule")}
"""The tables of changes with their keys, of which the first is 64 bits of a digest; the other tables are facts."""

SORTED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("touchpoints", "operations"), ("customer_id", "time_us", "sequence", "key")),
    **{"dead_letters": ("received_us", "feed", "place"), "said": ("seq",)},
}
"""How compacted facts lie in their files."""


FEW = frozenset(
    (
        *("source", "type", "channel", "site", "given_stage", "stage", "previous_type", "lifecycle", "kind", "anonymous", "sequence"),
        *("actor_id", "actor_kind", "team", "lane", "promise_kind", "rating_metric", "rating_value", "rating_scale", "money_currency", "money_kind"),
        *("language", "segment", "client_type", "context", "received_us", "late", "disputed"),
        *("op", "existed", "known", "closed", "oversized", "revision"),
        *(
            "desired_ms",
            "adequate_ms",
            "calendar",
            "business_desired_ms",
            "business_adequate_ms",
            "roles",
            "position",
            "opener_position",
            "step_count",
            "reason",
            "detail",
            "feed",
        ),
        *("rule", "record", "unit", "subject_kind", "threshold", "operation", "state", "severity", "send"),
    )
)
"""Columns of few distinct values: these are worth a dictionary in a segment; the others cost less without."""


class Block(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Settings that all parts of a commit record share. A later version may add fields; unknown ones are ignored."""


class SourceRange(Block, frozen=True):
    """How far a source was read. For a file: decompressed bytes, or rows; for a topic's partition: offsets."""

    lo: int
    hi: int
    received_us: int  # the start of the first run that saw the part read last
    seen: int = 0  # how long the source was at that start: what lies beyond was received later
    name: str = ""  # what a person calls it: the path as it was given
    head_size: int = 0  # a file is known by its first bytes, as many as this
    head_md5: str = ""
    tail_md5: str = ""  # of the 4 KiB before ``hi``
    size: int = 0
    mtime_ns: int = 0


class Segment(Block, frozen=True):
    """One file of facts or changes that a commit made visible."""

    table: str
    file: str  # relative to DIR/journal
    rows: int
    md5: str
    through: int = -1  # in a base record: the last commit that it holds changes of; of two that name one key the greater counts


class Commit(Block, frozen=True):
    """A commit record: facts, changes and source offsets become visible with it, or not at all."""

    partition: int
    seq: int
    writer: str  # differs from run to run: two records of one number and writer are one
    sources: dict[str, SourceRange]
    segments: list[Segment]
    counters: dict[str, int]
    newest: dict[str, int]  # feeds of this commit → running maximum of event time (µs)
    map_digest: str
    schema_version: int
    earliest_us: int | None = None
    latest_us: int | None = None
    tick_us: int | None = None  # an empty commit of a live source: as_of has come this far
    until_us: int | None = None  # ``--until``: events after it are skipped
    judged: bool = True  # intervals follow from all facts up to here; else a later commit brings those that are still missing
    rules: dict[str, str] = {}  # name of each rule of scope customer → digest, that all intervals up to this commit were made by


class Base(Commit, frozen=True):
    """A record that stands for all commits of a partition up to its own: what compaction leaves of them.

    ``seq`` and ``writer`` are those of the last of them, ``sources`` say where each source was begun and left, counters are totals, segments are
    compacted. A table of changes holds each key once for each ``through``, without drops where that is the least.
    """

    generation: int = 0  # a later one stands in the place of all earlier ones
