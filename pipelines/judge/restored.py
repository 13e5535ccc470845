"""Restored: marks, links and held intervals of a state that was put together again from the journal, as if all had been absorbed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.changes import view
from pipelines.columns import array, numbers, whole
from pipelines.emit import Names
from pipelines.judge.held import DEAD, add, content
from pipelines.judge.links import link
from pipelines.judge.marks import Seen, lose, mark
from pipelines.lexicon import Lexicon
from pipelines.named_chains import customers_called
from pipelines.order import ordered, starts_of
from pipelines.state import GAP, HELD, KIND, State
from pipelines.symbols import distinct_strings

Places = NDArray[np.int64]
_ROWS = 1 << 19
_EVER = np.iinfo(np.int64).min


def settle_rows(chains: NDArray[np.int32], since: int, wanted: NDArray[np.bool_], state: State, lexicon: Lexicon) -> None:
    """Mark all rows of chains, and link those that stand at or behind a place.

    Args:
        chains: Distinct codes.
        since: The first place that was not linked before.
        wanted: By sense, whether any rule may see it.
        state: Of the partition.
        lexicon: What codes mean.
    """
    places = state.places_of(chains)
    places = places[np.argsort(state.rows.rows["chain"][places], kind="stable")]
    for part in _cut(places, state.rows.rows["chain"][places]):
        rows = state.rows.rows.take(part)
        winners = ordered(rows).order
        lost = np.ones(len(rows), bool)
        lost[winners] = False
        lose(part[lost], state)
        shown = winners[rows["flags"][winners] & KIND <= GAP]
        made = view(rows[shown], lexicon, _names(rows["chain"], state).journey_ids)
        mark(Seen(made, part[shown], np.empty(0, np.int64)), state, lexicon)
        link(part[~lost & (part >= since)], wanted, state)


def _cut(places: Places, chain: NDArray[np.int32]) -> Iterator[Places]:
    """Yield places in parts that end with a chain."""
    begins = np.append(np.flatnonzero(starts_of(chain)), len(places))
    begin = 0
    while begin < len(places):
        last = int(np.searchsorted(begins, begin + _ROWS, side="right")) - 1
        end = int(begins[last]) if begins[last] > begin else int(begins[last + 1])
        yield places[begin:end]
        begin = end


def _names(chain: NDArray[np.int32], state: State) -> Names:
    """Return the customers of chains; nothing else is asked for."""
    chains = np.unique(chain)
    customers = state.chains.rows["customer"][chains]
    known = state.names_of(np.where(customers >= 0, customers, chains).astype(np.int32))
    nothing = pa.nulls(len(chains), pa.string())
    return Names(chains, known, nothing, pa.nulls(0, pa.string()), np.empty(0, np.int64), state)


def settle_intervals(con: duckdb.DuckDBPyConnection, tables: Sequence[pa.Table], state: State, lexicon: Lexicon) -> None:
    """Hold what the journal's ``intervals`` amount to, of which the later row of a key counts."""
    rows = pa.concat_tables([table.select([name for name in table.column_names if name != "evidence"]) for table in tables])
    key = numbers(rows["key"]).astype(np.uint64)
    order = np.argsort(key, kind="stable")
    rows = rows.take(array(np.sort(order[np.append(starts_of(key[order])[1:], np.True_)])))
    key = numbers(rows["key"]).astype(np.uint64)
    _bury(key, state)
    put = rows.filter(pc.equal(rows["op"], pa.scalar("put")))
    if not len(put):
        return
    codes, names = distinct_strings(put["customer_id"])
    customers = customers_called(pa.array(names, pa.string()), state)
    lists = whole(put["evidence_keys"])
    first = numbers(pc.list_element(lists, 0)).astype(np.uint64)
    new = np.zeros(len(put), HELD)
    new["key"], new["customer"], new["rule"] = numbers(put["key"]), customers[codes], lexicon.rules.encode(put["rule"])
    new["digest"] = content(con, put.drop_columns(["op", "existed"]))
    new["place"] = _places(first, state)
    new["opened"] = state.rows.rows["time"][new["place"]]
    add(state, new)


def _bury(keys: NDArray[np.uint64], state: State) -> None:
    """Let go of intervals with these keys."""
    held = state.held.rows[: state.held.size]
    if len(held):
        held["rule"][np.isin(held["key"], keys)] = DEAD


def _places(keys: NDArray[np.uint64], state: State) -> Places:
    """Return the place of the row that counts of each key, by reading all keys."""
    wanted = np.unique(keys)
    places = np.zeros(len(wanted), np.int64)
    for begin in range(0, state.rows.size, _ROWS):
        end = min(begin + _ROWS, state.rows.size)
        at = begin + np.flatnonzero(np.isin(state.rows.rows["key"][begin:end], wanted) & (state.marks.rows["lost"][begin:end] == 0))
        places[np.searchsorted(wanted, state.rows.rows["key"][at])] = at
    return places[np.searchsorted(wanted, keys)]


def relink(wanted: NDArray[np.bool_], state: State) -> None:
    """Link all rows anew. ``wanted``: by sense, whether any rule may see it."""
    chains = state.chains.rows[: state.chains.size]
    chains["linked"], chains["linked_max"], state.links.size = -1, _EVER, 0
    for begin in range(0, state.rows.size, _ROWS):
        places = np.arange(begin, min(begin + _ROWS, state.rows.size))
        link(places[state.marks.rows["lost"][places] == 0], wanted, state)


def customers_of_links(state: State) -> Iterator[Places]:
    """Yield the places of all linked rows in parts, each with all of its customers."""
    links = state.links.rows[: state.links.size]
    order = np.argsort(links["customer"], kind="stable")
    for part in _cut(order, links["customer"][order]):
        yield links["place"][part].astype(np.int64)


def standing_of(state: State, rule: int) -> NDArray[np.uint64]:
    """Return the keys of all intervals of a rule that stand, and let go of them."""
    held = state.held.rows[: state.held.size]
    mine = held["rule"] == rule
    keys = held["key"][mine].copy()
    held["rule"][mine] = DEAD
    return np.asarray(keys)
