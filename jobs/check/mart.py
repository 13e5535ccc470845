"""Checks of the newest snapshot: its tables agree with each other, and with the journal that it was folded from."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from jobs.check.records import Result
from jobs.check.rows import audit
from jobs.contents import Contents
from jobs.mart.open import open_mart
from jobs.mart.snapshot import touched
from pipelines.resources import read_text

_AUDITS = ("mart_transitions", "mart_variants", "mart_steps", "mart_events", "mart_customers", "mart_waits")


def check_mart(found: Contents, *, running: bool) -> Iterator[Result]:
    """Check the newest snapshot.

    Args:
        found: What the records say.
        running: A run holds the DIR, so the snapshot may be behind.
    """
    newest = (found.dir / "serving" / "current.duckdb").resolve()
    written = touched(newest) if newest.exists() else None
    yield "nobody has written to the newest snapshot", [f"{written}; the next run publishes a sound one"] if written else []
    with open_mart(found.dir) as con:
        for name in _AUDITS:
            yield audit(con, name)
        folded = dict(con.sql(read_text("jobs/check/mart_position.sql")).fetchall())
        last = {commit.partition: commit.seq for commit in found.commits}
        behind = [f"partition {number}: commit {folded.get(number)} of {seq}" for number, seq in last.items() if folded.get(number, -1) < seq]
        yield "the snapshot holds all commits", [] if running else behind
        if not behind:
            yield "the snapshot has the events that were counted", _counts(con, found)


def _counts(con: duckdb.DuckDBPyConnection, found: Contents) -> list[str]:
    held = con.sql(read_text("jobs/check/mart_counts.sql")).fetchall()
    expected = {"events": found.counters["accepted"]}
    return [f"{name}: {n:,} in the mart, {expected[name]:,} counted" for name, n in held if n != expected[name]]
