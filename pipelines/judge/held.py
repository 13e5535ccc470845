"""Held: which intervals stand in the journal, each with a digest of what it says, so that only differences are written."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.columns import numbers
from pipelines.order import starts_of
from pipelines.resources import read_text
from pipelines.state import HELD, State

Places = NDArray[np.int64]
Codes = NDArray[np.int32]
DEAD = -1


def content(con: duckdb.DuckDBPyConnection, intervals: pa.Table) -> NDArray[np.uint64]:
    """Return 64 bits that stand for what each interval says (the journal's columns without ``evidence``)."""
    if not len(intervals):
        return np.empty(0, np.uint64)
    con.register("told", intervals)
    try:
        found: pa.Table = con.sql(read_text("pipelines/judge/content.sql")).to_arrow_table()
    finally:
        con.unregister("told")
    return numbers(found["content"]).astype(np.uint64)


def held_of(state: State, customers: Codes, since: Places) -> Places:
    """Return the places in ``held`` of all intervals of some customers that were opened at or after an instant (µs) each."""
    at = state.chains.rows["held"][customers]
    who = np.flatnonzero(at >= 0)
    at = at[who]
    found = [np.empty(0, np.int64)]
    while len(who):
        level = state.held.rows.take(at)
        found.append(at[(level["rule"] != DEAD) & (level["opened"] >= since[who])].astype(np.int64))
        on = (level["prev"] >= 0) & (level["prefmax"] >= since[who])
        who, at = who[on], level["prev"][on]
    return np.concatenate(found)


def add(state: State, intervals: NDArray[np.void]) -> None:
    """Hold new intervals (records of ``HELD``), each behind those of its customer."""
    if not len(intervals):
        return
    intervals = intervals[np.lexsort((intervals["key"], intervals["opened"], intervals["customer"]))]
    first, at = starts_of(intervals["customer"]), np.arange(state.held.size, state.held.size + len(intervals))
    before = state.chains.rows["held"][intervals["customer"]]
    older = state.held.rows.take(np.maximum(before, 0)) if state.held.size else np.zeros(len(before), HELD)
    least = np.iinfo(np.int64).min
    known = np.where(before >= 0, np.maximum(older["prefmax"], older["opened"]), least)
    intervals["prev"] = np.where(first, before, at - 1)
    intervals["prefmax"] = np.where(first, known, np.maximum(known, np.r_[least, intervals["opened"][:-1]]))
    state.held.append(intervals)
    last = np.flatnonzero(np.r_[first[1:], True])
    state.chains.rows["held"][intervals["customer"][last]] = at[last]
