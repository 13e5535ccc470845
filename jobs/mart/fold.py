"""Folds commits into the live mart: net by key, take out what is replaced, put the rest. One call is one transaction of the caller.

A commit says of each key whether it stood before (``existed``), so new rows are only appended, and nothing is looked up for them. What is taken
out is looked for only between the least and the greatest time in the commits: an event never goes away, so whatever a replaced row was about lies,
if not in the same row, then in a journey that the same commits put. Should that ever fail, the count tells, and the whole table is looked through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from jobs.mart import waits
from jobs.mart.numbered import numbered
from pipelines.fold.told import told
from pipelines.resources import read_text
from schemas import journal
from schemas.journal import Commit
from schemas.journey_map import JourneyMap

Commits = Sequence[tuple[Commit, Mapping[str, pa.Table]]]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_EVER = (datetime.min, datetime.max)  # noqa: DTZ901 - bounds of a column without a zone


def fold(con: duckdb.DuckDBPyConnection, commits: Commits, journey_map: JourneyMap) -> None:
    """Bring the tables of ``internal`` up to these commits; of two that name the same key the later in the sequence counts."""
    facts = [table for _, tables in commits for name in ("touchpoints", "operations") if (table := tables.get(name)) is not None]
    steps, journeys, intervals = (_incoming(commits, name) for name in ("steps", "journeys", "intervals"))
    between = _range([*_spans(journeys, "started_us", "ended_us"), *_spans(steps, "time_us", "time_us")])
    for name, table in (("steps", steps), ("journeys", journeys), ("intervals", intervals)):
        if table is not None:
            _change(con, name, numbered(con, name, table), between, turns=len(commits))
    if facts:
        _hear(con, facts, journey_map)
        waits.keep(con, [tables for _, tables in commits], journey_map)
    _run(con, "folded", incoming_commits=_done([commit for commit, _ in commits]))


def hear(con: duckdb.DuckDBPyConnection, commit: Commit, said: pa.Table) -> None:
    """Take in what a commit of its own log says was said."""
    con.register("incoming_said", said)
    try:
        con.execute(read_text("pipelines/say/said_insert.sql"))
    finally:
        con.unregister("incoming_said")
    _run(con, "folded", incoming_commits=_done([commit]))


def _done(commits: Sequence[Commit]) -> pa.Table:
    return pa.table({name: [getattr(commit, name) for commit in commits] for name in ("partition", "seq", "writer")})


def _incoming(commits: Commits, name: str) -> pa.Table | None:
    """Return one table of all commits, with the place of its commit in each row."""
    schema = journal.TABLES[name]
    found = [(turn, table) for turn, (_, tables) in enumerate(commits) if (table := tables.get(name)) is not None and len(table)]
    parts = [table.append_column("turn", pa.repeat(pa.scalar(turn, pa.int32()), len(table))) for turn, table in found]
    if len({part.schema.remove_metadata() for part in parts}) > 1:  # some from memory, with dictionaries, some from segments
        whole = schema.append(pa.field("turn", pa.int32()))
        parts = [part.select(whole.names).cast(whole) for part in parts]
    return pa.concat_tables(parts) if parts else None


def _change(con: duckdb.DuckDBPyConnection, name: str, incoming: pa.Table, between: tuple[datetime, datetime], *, turns: int) -> None:
    """Bring one table of rows with keys up to date."""
    relation = f"incoming_{name}"
    con.register(relation, incoming)
    try:
        marked = _count(con, f"{name}_marks")
        if marked:
            expected = marked if turns == 1 else _count(con, f"{name}_expected")
            if _count(con, f"{name}_delete", lo=between[0], hi=between[1]) < expected:
                _count(con, f"{name}_delete", lo=_EVER[0], hi=_EVER[1])
        _count(con, f"{name}_insert")
    finally:
        con.unregister(relation)


def _hear(con: duckdb.DuckDBPyConnection, facts: Sequence[pa.Table], journey_map: JourneyMap) -> None:
    """Note who was heard, and what the map makes of types that are new."""
    con.register("told", told(facts))
    try:
        con.execute(read_text("pipelines/fold/feeds.sql"))
        if journey_map.feeds:
            con.execute(read_text("pipelines/fold/heard.sql"))
        pairs = con.execute(read_text("pipelines/fold/unknown_meanings.sql")).fetchall()
    finally:
        con.unregister("told")
    meanings = [(kind, channel, journey_map.meaning(kind, channel)) for kind, channel in pairs]
    if meanings:
        rows = [[kind, channel, m.stage, m.roles, m.thing] for kind, channel, m in meanings]
        con.executemany("insert into internal.meanings values (?, ?, ?, ?, ?)", rows)


def _spans(table: pa.Table | None, least: str, greatest: str) -> list[tuple[int, int]]:
    """Return the least and the greatest time of a table of changes, if it has any."""
    if table is None or table[least].null_count == len(table):
        return []
    return [(pc.min(table[least]).as_py(), pc.max(table[greatest]).as_py())]


def _range(spans: Sequence[tuple[int, int]]) -> tuple[datetime, datetime]:
    try:
        return _EPOCH + timedelta(microseconds=min(lo for lo, _ in spans)), _EPOCH + timedelta(microseconds=max(hi for _, hi in spans))
    except (ValueError, OverflowError):  # only drops, or an end beyond the year 9999
        return _EVER


def _count(con: duckdb.DuckDBPyConnection, name: str, **parameters: datetime) -> int:
    """Run a statement of the fold and return the number that it gives, such as of the rows changed."""
    row = con.execute(read_text(f"pipelines/fold/{name}.sql"), parameters or None).fetchone()
    return int(row[0]) if row else 0


def _run(con: duckdb.DuckDBPyConnection, name: str, **relations: pa.Table) -> None:
    """Run statements of the fold over Arrow tables, each under its name."""
    for relation, table in relations.items():
        con.register(relation, table)
    try:
        con.execute(read_text(f"pipelines/fold/{name}.sql"))
    finally:
        for relation in relations:
            con.unregister(relation)
