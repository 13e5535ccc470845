"""What became of deliveries, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from jobs.deliver.state import Row, Standing, Value
from jobs.show.table import table
from pipelines.deliver.instants import day_and_minute

_HEADS = ("id", "route", "state", "severity", "rule", "subject", "stands", "tries", "next or last", "why")


def shown(rows: Sequence[Row], counts: Sequence[Row], standing: Mapping[str, Standing]) -> Iterator[str]:
    """Yield lines: the sums of each route, then deliveries, the newest first.

    Args:
        rows: Deliveries.
        counts: How many of each status a route has.
        standing: Whether receivers want no more.
    """
    for route in dict.fromkeys(_text(row["route"]) for row in counts):
        parts = [f"{_number(row['n']):,} {_text(row['status']).replace('_', ' ')}" for row in counts if row["route"] == route]
        ended = standing[route].disabled_us if route in standing else None
        yield f"{route}: {', '.join(parts)}" + (f"; ended by its receiver (410) on {day_and_minute(ended)}" if ended is not None else "")
    if rows:
        yield ""
        yield table(_HEADS, [_cells(row) for row in rows])
    else:
        yield "nothing to show"


def _cells(row: Row) -> list[object]:
    waits = row["status"] in ("waiting", "held")
    at = row["next_us"] if waits else row["last_us"]
    why = " ".join(filter(None, (_text(row["reason"]), _text(row["detail"]))))
    subject = f"{_text(row['subject_kind'])} {_text(row['subject_id'])}".strip()
    names = [row["id"], row["route"], row["state"], row["severity"], row["rule"], subject, row["status"]]
    return [*names, row["attempts"], day_and_minute(at) if isinstance(at, int) else "", why]


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Value) -> int:
    return value if isinstance(value, int) else 0
