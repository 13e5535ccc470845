"""Emit: numbers back to words — the changed journeys and steps as the journal's tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.changes import Chosen, Dropped, View
from pipelines.columns import SEPARATOR, Array, array, picked, spliced, whole
from pipelines.counted import calendar_words, counted
from pipelines.digest import digests_of
from pipelines.identify import Identified
from pipelines.kernel import Journeys
from pipelines.lexicon import FACTS, Lexicon
from pipelines.order import by_group, starts_of
from pipelines.state import ABSENT, CASE, KIND, State
from pipelines.symbols import Words, words
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
    customer: Array
    case_id: Array
    fresh_ids: Array
    places: NDArray[np.int64]
    state: State

    @classmethod
    def of(cls, chain: NDArray[np.int32], table: pa.Table, who: Identified, places: NDArray[np.int64], state: State) -> Names:
        """Collect the names of a batch whose fresh rows have these chains."""
        order = by_group(chain)
        first = order[starts_of(chain[order])] if len(chain) else order
        return cls(chain[first], picked(who.customer, first), picked(table["case_id"], first), whole(table["event_id"]), places, state)

    def chain_places(self, chain: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return where these chains stand in ``customer`` and ``case_id``."""
        return np.asarray(np.searchsorted(self.chains, chain))

    def journey_ids(self, rows: NDArray[np.void], journeys: Journeys) -> NDArray[np.uint64]:
        """Return each journey's id: 64 bits of the md5 of customer, rule, and case or first event's key (design §6.3)."""
        chain = rows["chain"][journeys.first]
        ids: NDArray[np.uint64] = self.state.chains.rows["hash"][chain]  # the chain of a case is known by the id of its journey
        caseless = np.flatnonzero(rows["flags"][journeys.first] & KIND != CASE)
        if len(caseless):
            customers = picked(self.customer, self.chain_places(chain[caseless]))
            ids[caseless] = digests_of(spliced(["gap", _in_hex(rows["key"][journeys.first[caseless]]), customers], SEPARATOR))
        return ids

    def event_ids(self, at: NDArray[np.int64]) -> Array:
        """Return the event ids of rows: places in stored and fresh rows together."""
        stored = np.flatnonzero(at < len(self.places))
        if not len(stored):
            return picked(self.fresh_ids, at - len(self.places))
        ids = pa.concat_arrays([self.state.event_ids(self.places[at[stored]]), self.fresh_ids])
        index = at - len(self.places) + len(stored)
        index[stored] = np.arange(len(stored))
        return picked(ids, index)


def steps_table(after: View, chosen: Chosen, drops: Dropped, lexicon: Lexicon, names: Names, order: NDArray[np.int64]) -> pa.Table:
    """Return the journal's ``steps`` of a batch. ``order``: for each row of the view its place in stored and fresh rows together."""
    at, steps = chosen.at, after.steps
    row = after.rows.take(at)
    sense = lexicon.sense_table().take(row["sense"])
    previous = steps.previous[at]
    previous_type = np.where(previous >= 0, lexicon.sense_table()["type"][after.rows["sense"][previous]], 0)
    columns = {
        "op": _repeated("put", len(at)),
        "existed": array(chosen.existed),
        "journey": array(after.ids[steps.journey[at]]),
        "position": array(steps.position[at].astype(np.int32)),
        "key": array(row["key"]),
        "source": lexicon.sources.decode(row["source"]),
        "event_id": names.event_ids(order[at]),
        "time_us": array(row["time"]),
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
        "opener_position": array(steps.opener[at].astype(np.int32), steps.opener[at] == ABSENT),
        "desired_ms": _present(steps.desired[at]),
        "adequate_ms": _present(steps.adequate[at]),
        **_counted(steps.calendar[at], row["time"], steps.wait[at], steps.desired[at], steps.adequate[at], lexicon),
        "roles": array(sense["roles"]),
        "money_minor": array(row["money"], row["money_kind"] == 0),
        "money_kind": lexicon.monies.decode(row["money_kind"]),
    }
    gone = {"journey": array(drops.step_journeys), "position": array(drops.step_positions.astype(np.int32))}
    return _with_drops(columns, gone, journal.STEPS)


def _counted(
    calendar: NDArray[np.int64],
    time: NDArray[np.int64],
    wait: NDArray[np.int64],
    desired: NDArray[np.int64],
    adequate: NDArray[np.int64],
    lexicon: Lexicon,
) -> dict[str, Array]:
    """Return the wait and the zone in business time, and by which calendar, where the zone counts by one."""
    if not calendar.any():
        absent = np.ones(len(calendar), bool)
        return {name: array(calendar, absent) for name in journal.COUNTED} | {"calendar": words(np.zeros(len(calendar), np.int32), [], absent)}
    parts = (calendar_words(lexicon.journey_map, calendar), *map(_present, counted(lexicon.journey_map, calendar, time, wait, desired, adequate)))
    return dict(zip(journal.COUNTED, parts, strict=True))


def journeys_table(after: View, chosen: Chosen, drops: Dropped, lexicon: Lexicon, names: Names) -> pa.Table:
    """Return the journal's ``journeys`` of a batch."""
    at, journeys = chosen.at, after.journeys
    first = after.rows.take(journeys.first[at])
    where = names.chain_places(first["chain"])
    columns = {
        "op": _repeated("put", len(at)),
        "existed": array(chosen.existed),
        "journey": array(after.ids[at]),
        "customer_id": picked(names.customer, where),
        "known": array(journeys.known[at]),
        "case_id": picked(names.case_id, where),
        "first_key": array(first["key"]),
        "started_us": array(first["time"]),
        "ended_us": array(journeys.ended[at]),
        "step_count": array(journeys.count[at]),
        "variant": array(journeys.variant[at], ~after.shown[at]),
        "closed": array(journeys.closed[at]),
        "oversized": array(~after.shown[at]),
        "revision": array(journeys.late[at]),
    }
    for place, name in enumerate(FACTS[:2]):
        columns |= _latest(name, place, after, journeys.facts_at[at, place], lexicon)
    columns["open_waits"] = _open_waits(after, at, lexicon)
    return _with_drops(columns, {"journey": array(drops.journeys)}, journal.JOURNEYS)


def _open_waits(after: View, at: NDArray[np.int64], lexicon: Lexicon) -> Array:
    """Return for each of these journeys the list of its waits that nothing has closed; null where it shows no steps."""
    place = np.full(len(after.ids), -1, np.int64)
    place[at] = np.where(after.shown[at], np.arange(len(at)), -1)
    row = np.flatnonzero(after.steps.waiting & (place[after.steps.journey] >= 0))
    row = row[np.argsort(place[after.steps.journey[row]], kind="stable")]
    counts = np.bincount(place[after.steps.journey[row]], minlength=len(at))
    sense = lexicon.sense_table().take(after.rows["sense"][row])
    fields = [
        lexicon.stages.decode(sense["stage"]).dictionary_decode(),
        lexicon.channels.decode(sense["channel"]).dictionary_decode(),
        array(after.rows["time"][row]),
        _present(after.steps.adequate[row]),
        array(after.rows["key"][row]),
    ]
    waits: Any = pa.StructArray.from_arrays(fields, fields=list(journal.OPEN_WAIT))
    ends: Any = array(np.append(0, np.cumsum(counts)).astype(np.int32))
    lists: Array = pa.ListArray.from_arrays(ends, waits, mask=pa.array(~after.shown[at]))
    return lists


def _latest(name: str, place: int, after: View, at: NDArray[np.int64], lexicon: Lexicon) -> dict[str, Array]:
    """Return the latest value of a reserved attribute and the place in the total order of the event that says so."""
    absent = at < 0
    row = after.rows.take(np.maximum(at, 0)) if len(at) else after.rows[:0]
    codes = np.where(absent, 0, lexicon.fact_table()[row["facts"], place]) if len(at) else np.empty(0, np.int32)
    order = {
        f"{name}_{suffix}": array(np.ascontiguousarray(row[column]), absent)
        for suffix, column in (("us", "time"), ("sequence", "sequence"), ("key", "key"))
    }
    return {name: lexicon.attributes.decode(codes.astype(np.int32)), **order}


def _with_drops(columns: dict[str, Array], gone: dict[str, Array], schema: pa.Schema) -> pa.Table:
    """Put written and dropped rows into one table of the journal."""
    put = pa.table([columns[name] for name in schema.names], names=schema.names)
    count = len(gone["journey"])
    if not count:
        return put
    known = {"op": _repeated("drop", count), "existed": array(np.ones(count, bool)), **gone}
    drop = pa.table([known[name] if name in known else pa.nulls(count, put.schema.field(name).type) for name in schema.names], names=schema.names)
    return pa.concat_tables([put, drop])


def _in_hex(numbers: NDArray[np.uint64]) -> Array:
    """Return 64 bits each as 16 digits."""
    buffer_of: Any = pa.py_buffer
    digits = numbers.astype(">u8").tobytes().hex().encode()
    made: Any = pa.StringArray.from_buffers(len(numbers), buffer_of(np.arange(0, len(digits) + 1, 16, dtype=np.int32)), buffer_of(digits))
    return made  # type: ignore[no-any-return]


def _repeated(text: str, count: int) -> Words:
    return words(np.zeros(count, np.int32), [text])


def _present(durations: NDArray[np.int64]) -> Array:
    return array(durations, durations == ABSENT)
