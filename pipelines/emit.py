"""Emit: numbers back to words — the changed journeys and steps as the journal's tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.changes import Chosen, Dropped, View
from pipelines.digest import digests
from pipelines.identify import Identified
from pipelines.kernel import Journeys
from pipelines.lexicon import FACTS, Lexicon
from pipelines.order import starts_of
from pipelines.state import ABSENT, CASE, KIND, State
from schemas import journal


@dataclass(frozen=True)
class Names:
    """The strings of a batch's rows: stored rows first, then the fresh ones.

    Attributes:
        chains: Codes of the touched chains, sorted; with the customer and the case of each.
        fresh_ids: Event ids of the fresh rows.
        places: Where the stored rows stand in the state.
    """

    chains: NDArray[np.int32]
    customer: pa.Array
    case_id: pa.Array
    fresh_ids: pa.Array
    places: NDArray[np.int64]
    state: State

    @classmethod
    def of(cls, chain: NDArray[np.int32], table: pa.Table, who: Identified, places: NDArray[np.int64], state: State) -> Names:
        """Collect the names of a batch whose fresh rows have these chains."""
        order = np.argsort(chain, kind="stable")
        first = order[starts_of(chain[order])] if len(chain) else order
        sample = pa.array(first)
        customer, case_id = who.customer.take(sample), table["case_id"].combine_chunks().take(sample)
        return cls(chain[first], customer, case_id, table["event_id"].combine_chunks(), places, state)

    def chain_places(self, chain: NDArray[np.int32]) -> pa.Array:
        """Return where these chains stand in ``customer`` and ``case_id``."""
        return pa.array(np.searchsorted(self.chains, chain))

    def journey_ids(self, rows: NDArray[np.void], journeys: Journeys) -> NDArray[np.uint64]:
        """Return each journey's id: 64 bits of the md5 of customer, rule, and case or first event's key (design §6.3)."""
        chain = rows["chain"][journeys.first]
        ids = self.state.chains.rows["hash"][chain]  # the chain of a case is known by the id of its journey
        caseless = np.flatnonzero(rows["flags"][journeys.first] & KIND != CASE)
        customers = self.customer.take(self.chain_places(chain[caseless])).to_pylist()
        keys = rows["key"][journeys.first[caseless]].tolist()
        ids[caseless] = digests([f"{customer}\x1fgap\x1f{key:016x}".encode() for customer, key in zip(customers, keys, strict=True)])
        return ids

    def event_ids(self, at: NDArray[np.int64]) -> pa.Array:
        """Return the event ids of rows: places in stored and fresh rows together."""
        stored = np.flatnonzero(at < len(self.places))
        if not len(stored):
            return self.fresh_ids.take(pa.array(at - len(self.places)))
        ids = pa.concat_arrays([pa.array(self.state.event_ids(self.places[at[stored]]), pa.string()), self.fresh_ids])
        index = at - len(self.places) + len(stored)
        index[stored] = np.arange(len(stored))
        return ids.take(pa.array(index))


def steps_table(after: View, chosen: Chosen, drops: Dropped, lexicon: Lexicon, names: Names, order: NDArray[np.int64]) -> pa.Table:
    """Return the journal's ``steps`` of a batch. ``order``: for each row of the view its place in stored and fresh rows together."""
    at, steps = chosen.at, after.steps
    row = after.rows[at]
    sense = lexicon.sense_table()[row["sense"]]
    previous = steps.previous[at]
    previous_type = np.where(previous >= 0, lexicon.sense_table()["type"][after.rows["sense"][previous]], 0)
    columns = {
        "op": _repeated("put", len(at)),
        "existed": pa.array(chosen.existed),
        "journey": pa.array(after.ids[steps.journey[at]]),
        "position": pa.array(steps.position[at].astype(np.int32)),
        "key": pa.array(row["key"]),
        "source": lexicon.sources.decode(row["source"]),
        "event_id": names.event_ids(order[at]),
        "time_us": pa.array(row["time"]),
        "type": lexicon.types.decode(sense["type"]),
        "stage": lexicon.stages.decode(sense["stage"]),
        "channel": lexicon.channels.decode(sense["channel"]),
        "site": lexicon.sites.decode(row["site"]),
        "actor_id": lexicon.actors.decode(row["actor"]),
        "team": lexicon.teams.decode(row["team"]),
        "previous_type": lexicon.types.decode(previous_type.astype(np.int32)),
        "since_previous_ms": _present(steps.since[at]),
        "wait_ms": _present(steps.wait[at]),
        "service_ms": _present(steps.service[at]),
        "desired_ms": _present(steps.desired[at]),
        "adequate_ms": _present(steps.adequate[at]),
        "roles": pa.array(sense["roles"]),
        "money_minor": pa.array(row["money"], mask=row["money_kind"] == 0),
        "money_kind": lexicon.monies.decode(row["money_kind"]),
    }
    gone = {"journey": pa.array(drops.step_journeys), "position": pa.array(drops.step_positions.astype(np.int32))}
    return _with_drops(columns, gone, journal.STEPS)


def journeys_table(after: View, chosen: Chosen, drops: Dropped, lexicon: Lexicon, names: Names) -> pa.Table:
    """Return the journal's ``journeys`` of a batch."""
    at, journeys = chosen.at, after.journeys
    first = after.rows[journeys.first[at]]
    where = names.chain_places(first["chain"])
    columns = {
        "op": _repeated("put", len(at)),
        "existed": pa.array(chosen.existed),
        "journey": pa.array(after.ids[at]),
        "customer_id": names.customer.take(where),
        "known": pa.array(journeys.known[at]),
        "case_id": names.case_id.take(where),
        "first_key": pa.array(first["key"]),
        "started_us": pa.array(first["time"]),
        "ended_us": pa.array(journeys.ended[at]),
        "step_count": pa.array(journeys.count[at]),
        "variant": pa.array(journeys.variant[at], mask=~after.shown[at]),
        "closed": pa.array(journeys.closed[at]),
        "oversized": pa.array(~after.shown[at]),
        "revision": pa.array(journeys.late[at]),
    }
    for place, name in enumerate(FACTS[:2]):
        columns |= _latest(name, place, after, journeys.facts_at[at, place], lexicon)
    columns["open_waits"] = _open_waits(after, at, lexicon)
    return _with_drops(columns, {"journey": pa.array(drops.journeys)}, journal.JOURNEYS)


def _open_waits(after: View, at: NDArray[np.int64], lexicon: Lexicon) -> pa.Array:
    """Return for each of these journeys the list of its waits that nothing has closed; null where it shows no steps."""
    place = np.full(len(after.ids), -1, np.int64)
    place[at] = np.where(after.shown[at], np.arange(len(at)), -1)
    row = np.flatnonzero(after.steps.waiting & (place[after.steps.journey] >= 0))
    row = row[np.argsort(place[after.steps.journey[row]], kind="stable")]
    counts = np.bincount(place[after.steps.journey[row]], minlength=len(at))
    sense = lexicon.sense_table()[after.rows["sense"][row]]
    fields = [
        lexicon.stages.decode(sense["stage"]).dictionary_decode(),
        lexicon.channels.decode(sense["channel"]).dictionary_decode(),
        pa.array(after.rows["time"][row]),
        _present(after.steps.adequate[row]),
        pa.array(after.rows["key"][row]),
    ]
    waits = pa.StructArray.from_arrays(fields, fields=list(journal.OPEN_WAIT))
    return pa.ListArray.from_arrays(pa.array(np.r_[0, np.cumsum(counts)].astype(np.int32)), waits, mask=pa.array(~after.shown[at]))


def _latest(name: str, place: int, after: View, at: NDArray[np.int64], lexicon: Lexicon) -> dict[str, pa.Array]:
    """Return the latest value of a reserved attribute and the place in the total order of the event that says so."""
    absent = at < 0
    row = after.rows[at]
    codes = np.where(absent, 0, lexicon.fact_table()[row["facts"], place]) if len(at) else np.empty(0, np.int32)
    order = {f"{name}_{suffix}": pa.array(np.ascontiguousarray(row[column]), mask=absent) for suffix, column in (("us", "time"), ("sequence", "sequence"), ("key", "key"))}
    return {name: lexicon.attributes.decode(codes.astype(np.int32)), **order}


def _with_drops(columns: dict[str, pa.Array], gone: dict[str, pa.Array], schema: pa.Schema) -> pa.Table:
    """Put written and dropped rows into one table of the journal."""
    put = pa.table([columns[name] for name in schema.names], names=schema.names)
    count = len(gone["journey"])
    if not count:
        return put
    known = {"op": _repeated("drop", count), "existed": pa.array(np.ones(count, bool)), **gone}
    drop = pa.table([known[name] if name in known else pa.nulls(count, put.schema.field(name).type) for name in schema.names], names=schema.names)
    return pa.concat_tables([put, drop])


def _repeated(text: str, count: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([text]))


def _present(durations: NDArray[np.int64]) -> pa.Array:
    return pa.array(durations, mask=durations == ABSENT)
