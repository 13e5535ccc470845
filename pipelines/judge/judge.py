"""Judge: what a batch changed of what rules see, and how the intervals of a partition follow. Only differences come out.

Whatever changed touches islands; each is judged whole, and what was opened in it before and is not found again is dropped.
So intervals are a function of the set of events, in whatever batches they came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.columns import Array, array, numbers
from pipelines.judge.court import EVENTS, Court, Limit, no_limit
from pipelines.judge.crowds import Crowds
from pipelines.judge.found import Found, told, with_evidence
from pipelines.judge.held import DEAD, add, content, held_of
from pipelines.judge.islands import MOST, Islands, inside, islands
from pipelines.judge.links import Reach, walk
from pipelines.judge.restored import customers_of_links, standing_of
from pipelines.judge.rule import Rule
from pipelines.judge.select import Needs
from pipelines.judge.sight import COLUMNS, Sight, seen
from pipelines.lexicon import Lexicon
from pipelines.order import total_order
from pipelines.state import GAP, HELD, KIND, State
from schemas import journal
from schemas.errors import RuleError

Places = NDArray[np.int64]
MOST_RULES = 60
DEEPEST = 256
"""So many events of a customer are walked back; of who has more within reach, links are kept sorted."""


@dataclass(frozen=True)
class Change:
    """What a batch did to stored rows.

    Attributes:
        changed: Places of rows that are new, or of which their journey says something else.
        lost: Places of rows for which a copy counts from now on.
    """

    changed: Places
    lost: Places


class Judge:
    """The rules of scope customer of one partition, over its state.

    Attributes:
        rules: By name; the place of each is its bit.
        refused: Rules of a user that failed over events, with what was wrong: they run no more until the next start, and have no intervals.
    """

    def __init__(self, rules: Sequence[Rule], lexicon: Lexicon, limit: Limit = no_limit, *, deepest: int = DEEPEST, most: int = MOST) -> None:
        """Check the rules on events that there are none of.

        Args:
            rules: Those of other scopes are passed over.
            lexicon: Of the partition.
            limit: Stops what runs too long.
            deepest: So many events of a customer are walked back; changes no result.
            most: An island of more events has no intervals.

        Raises:
            RuleError: one is wrong, or there are too many.
        """
        self.rules = tuple(sorted((rule for rule in rules if rule.scope == "customer"), key=lambda rule: rule.name))
        if len(self.rules) > MOST_RULES:
            raise RuleError(f"there are {len(self.rules)} rules of scope customer; at most {MOST_RULES} are allowed")
        self._lexicon, self._court, self._crowds = lexicon, Court(lexicon.journey_map, limit), Crowds(most)
        self._deepest, self._most = deepest, most
        self._bits = np.empty(0, np.uint64)
        self.refused: dict[str, str] = {}
        self._needs = [self._court.needs(rule) for rule in self.rules]
        for number in range(len(self.rules)):
            self._run(number, Sight(State(), Lexicon(lexicon.journey_map), np.empty(0, np.int64)), {}, _NONE, _NONE)

    @property
    def watched(self) -> int:
        """The roles that any rule sees, as bits."""
        bits = 0
        for rule in self.rules:
            bits |= rule.roles
        return bits

    def wanted(self) -> NDArray[np.bool_]:
        """Return by sense whether any rule may see it."""
        return np.asarray(self._lexicon.sense_table()["roles"] & np.uint64(self.watched) != 0)

    @property
    def digests(self) -> dict[str, str]:
        """What changes when a rule does, by name; of one that was refused nothing that is ever equal."""
        return {rule.name: "refused" if rule.name in self.refused else rule.digest for rule in self.rules}

    def rejudge(self, con: duckdb.DuckDBPyConnection, state: State, known: Mapping[str, str]) -> Iterator[pa.Table]:
        """Judge all that is stored by the rules that are new or changed, and drop what is left of those that are gone.

        Args:
            con: An engine of ours.
            state: Of the partition, settled.
            known: The digests of the rules that its intervals were made by.

        Yields:
            How intervals changed, as the journal's ``intervals``.
        """
        gone = [(name, self._lexicon.rules.code(name)) for name in known if name not in self.digests]
        dropped = [(name, key) for name, code in gone for key in standing_of(state, code).tolist()]
        if dropped:
            yield _drops(dropped)
        only = sum(1 << number for number, rule in enumerate(self.rules) if known.get(rule.name) != rule.digest)
        if only:
            for places in customers_of_links(state):
                found = self.judge(con, state, Change(places, _NONE), only)
                if found is not None:
                    yield found

    def judge(self, con: duckdb.DuckDBPyConnection, state: State, change: Change, only: int = -1) -> pa.Table | None:
        """Return how intervals changed, as the journal's ``intervals``; None where they did not.

        Args:
            con: An engine of ours, for digests.
            state: It holds what the batch brought, linked and marked.
            change: What that was.
            only: Bits of the rules that are asked; -1 stands for all.

        Raises:
            RuleError: a rule failed.
        """
        touched = self._touched(state, change, np.uint64(only & ((1 << 64) - 1)))
        if not len(touched.customers):
            return None
        links = self._pool(state, touched)
        reach = self._reach()
        bits = reach.bits[links["sense"]] & touched.rules[np.searchsorted(touched.customers, links["customer"])]
        changed = np.isin(links["place"], change.changed)
        parts = [self._islands(state, number, links, bits, changed, touched) for number in range(len(self.rules))]
        sight, places = self._sight(state, links, parts)
        found, made, gone = [], dict[str, Array](), []
        for number, part in enumerate(parts):
            if len(part.rows) and self.rules[number].name not in self.refused:
                at = places[part.rows]
                order = np.argsort(at, kind="stable")
                try:
                    found.append(self._run(number, sight, made, at[order], part.unit[order]))
                except RuleError as error:
                    gone += self._refuse(self.rules[number], error, state)
        changes = [self._differences(con, state, touched, parts, sight, found), _drops(gone) if gone else None]
        said = [each for each in changes if each is not None]
        return pa.concat_tables(said) if said else None

    def _refuse(self, rule: Rule, error: RuleError, state: State) -> list[tuple[str, int]]:
        """Run a user's rule no more, and return its intervals, of which none stands any longer. A rule that ships must not fail."""
        if rule.ours:
            raise error
        self.refused[rule.name] = str(error)
        return [(rule.name, key) for key in standing_of(state, self._lexicon.rules.code(rule.name)).tolist()]

    def _reach(self) -> Reach:
        roles = self._lexicon.sense_table()["roles"]
        if len(self._bits) < len(roles):
            self._bits = np.zeros(len(roles), np.uint64)
            for number, rule in enumerate(self.rules):
                self._bits[roles & np.uint64(rule.roles) != 0] |= np.uint64(1 << number)
        windows = sorted({rule.window_us for rule in self.rules})
        members = (sum(1 << number for number, rule in enumerate(self.rules) if rule.window_us == window) for window in windows)
        return Reach(self._bits, tuple((window, np.uint64(each)) for window, each in zip(windows, members, strict=True)))

    def _touched(self, state: State, change: Change, only: np.uint64) -> _Touched:
        """Find the customers of which any rule may judge otherwise than before."""
        reach = self._reach()
        places = np.concatenate([change.changed, change.lost])
        rows = state.rows.rows.take(places)
        bits = np.where(rows["flags"] & KIND <= GAP, reach.bits[rows["sense"]] & only, np.uint64(0)) if len(rows) else np.empty(0, np.uint64)
        mine = np.flatnonzero(bits)
        rows, bits, lost = rows[mine], bits[mine], mine >= len(change.changed)
        customers, who = np.unique(state.chains.rows["customer"][rows["chain"]], return_inverse=True)
        rules, since = np.zeros(len(customers), np.uint64), np.full(len(customers), np.iinfo(np.int64).max)
        np.bitwise_or.at(rules, who, bits)
        np.minimum.at(since, who, rows["time"] - reach.of(bits))
        return _Touched(customers, since, rules, rows, who, bits, lost)

    def _pool(self, state: State, touched: _Touched) -> NDArray[np.void]:
        """Return the linked rows that touched islands may consist of, customer by customer in order of time."""
        reach = self._reach()
        links, deep = walk(state, touched.customers, touched.since, touched.rules, reach, self._deepest)
        parts = [links]
        for customer in deep.tolist():
            number = int(np.searchsorted(touched.customers, customer))
            instants = touched.rows["time"][touched.who == number]
            parts.append(self._crowds.near(state, customer, instants, int(touched.rules[number]), reach))
        links = np.concatenate(parts)
        links = links[state.marks.rows["lost"][links["place"]] == 0] if len(links) else links
        return links[np.lexsort((links["time"], links["customer"]))]

    def _islands(
        self, state: State, number: int, links: NDArray[np.void], bits: NDArray[np.uint64], changed: NDArray[np.bool_], touched: _Touched
    ) -> Islands:
        rule, bit = self.rules[number], np.uint64(1 << number)
        gone = touched.lost & (touched.bits & bit != 0)
        lost = touched.rows[gone]
        instants = (self._groups(rule, state, touched.customers[touched.who[gone]], lost["sense"], lost["chain"]), lost["time"])
        sees = bits & bit != 0
        if not sees.any():
            return Islands(_NONE, _NONE, *(np.asarray(each) for each in (instants[0], instants[1], instants[1])))
        chain = state.rows.rows["chain"][links["place"]] if rule.apart == "case_id" else links["customer"]
        return islands(rule, self._groups(rule, state, links["customer"], links["sense"], chain), links["time"], sees, changed, instants, self._most)

    def _groups(self, rule: Rule, state: State, customers: NDArray[np.int32], senses: NDArray[np.int32], chains: NDArray[np.int32]) -> Places:
        """Return customer and what keeps a rule's events apart, as one number."""
        apart = np.zeros(len(customers), np.int64)
        if rule.apart == "thing" and len(customers):
            apart = self._lexicon.sense_table()["thing"][senses].astype(np.int64)
        elif rule.apart == "case_id":
            apart = np.where(chains == customers, 0, chains.astype(np.int64) + 1)
        return customers.astype(np.int64) << 32 | apart

    def _sight(self, state: State, links: NDArray[np.void], parts: Sequence[Islands]) -> tuple[Sight, Places]:
        """Return all rows that any rule is to see, in total order, and for each row of the pool its place there."""
        used = np.zeros(len(links), bool)
        for part in parts:
            used[part.rows] = True
        chosen = np.flatnonzero(used)
        rows = state.rows.rows.take(links["place"][chosen])
        order = total_order(links["customer"][chosen], rows["time"], rows["sequence"], rows["key"])
        places = np.full(len(links), -1, np.int64)
        places[chosen[order]] = np.arange(len(chosen))
        return Sight(state, self._lexicon, links["place"][chosen[order]].astype(np.int64)), places

    def _run(self, number: int, sight: Sight, made: dict[str, Array], at: Places, unit: Places) -> Found:
        """Run one rule over the rows of its islands."""
        rule, needs = self.rules[number], self._needs[number]
        columns = seen(sight, _columns(needs), made)
        events = pa.table({**columns, "customer_id": array(np.zeros(len(sight.places), np.uint64))})
        events = events.take(array(at)) if len(at) < len(sight.places) or len(at) == 0 else events
        events = events.set_column(events.schema.get_field_index("customer_id"), "customer_id", array(unit.astype(np.uint64)))
        tables = {"touchpoints": events, "steps": events}
        if "steps" in needs.tables and not sight.shown[at].all():
            tables["steps"] = events.filter(array(sight.shown[at]))
        result = self._court.run(rule, {name: tables[name] for name in EVENTS if name in needs.tables})
        return told(rule, result, sight, at, unit)

    def _differences(
        self, con: duckdb.DuckDBPyConnection, state: State, touched: _Touched, parts: Sequence[Islands], sight: Sight, found: Sequence[Found]
    ) -> pa.Table | None:
        """Compare what was found with what stands of the touched islands; note and return the differences."""
        standing = self._standing(state, touched, parts)
        table = (
            pa.concat_tables([each.table for each in found]) if found else journal.INTERVALS.empty_table().drop_columns(["op", "existed", "evidence"])
        )
        place = np.concatenate([each.place for each in found]) if found else _NONE
        key, digest = numbers(table["key"]).astype(np.uint64), content(con, table)
        before = state.held.rows.take(standing)
        order = np.argsort(before["key"])
        near = order[np.minimum(np.searchsorted(before["key"][order], key), len(order) - 1)] if len(order) else np.zeros(len(key), np.int64)
        existed = before["key"][near] == key if len(order) else np.zeros(len(key), bool)
        written = ~existed
        written[existed] = before["digest"][near[existed]] != digest[existed]
        gone = ~np.isin(before["key"], key)
        if not written.any() and not gone.any():
            return None
        replaced = np.concatenate([standing[gone], standing[near[written & existed]]])
        dropped = [
            (self._lexicon.rules.values[code], name) for code, name in zip(before["rule"][gone].tolist(), before["key"][gone].tolist(), strict=True)
        ]
        state.held.rows["rule"][replaced] = DEAD
        self._hold(state, sight, table, key, digest, place, written)
        put = with_evidence(table.filter(array(written)), sight)
        put = put.add_column(0, "existed", array(existed[written])).add_column(0, "op", pa.repeat(pa.scalar("put"), len(put)))
        return pa.concat_tables([put.select(journal.INTERVALS.names).cast(journal.INTERVALS), _drops(dropped)])

    def _hold(
        self,
        state: State,
        sight: Sight,
        table: pa.Table,
        key: NDArray[np.uint64],
        digest: NDArray[np.uint64],
        place: Places,
        written: NDArray[np.bool_],
    ) -> None:
        rows = sight.rows[place[written]]
        new = np.zeros(len(rows), HELD)
        new["key"], new["digest"], new["opened"] = key[written], digest[written], rows["time"]
        new["customer"], new["place"] = state.chains.rows["customer"][rows["chain"]], sight.places[place[written]]
        new["rule"] = self._lexicon.rules.encode(table["rule"].filter(array(written)))
        add(state, new)

    def _standing(self, state: State, touched: _Touched, parts: Sequence[Islands]) -> Places:
        """Return where the intervals stand that were opened in touched islands."""
        since = np.full(len(touched.customers), np.iinfo(np.int64).max)
        for part in parts:
            np.minimum.at(since, np.searchsorted(touched.customers, part.group >> 32), part.low)
        at = held_of(state, touched.customers, since)
        held = state.held.rows.take(at)
        mine = np.zeros(len(at), bool)
        for number, rule in enumerate(self.rules):
            ours = np.flatnonzero(held["rule"] == self._lexicon.rules.code(rule.name))
            if len(ours):
                rows = state.rows.rows.take(held["place"][ours])
                groups = self._groups(rule, state, held["customer"][ours], rows["sense"], rows["chain"])
                mine[ours] = inside(parts[number], groups, held["opened"][ours])
        return at[mine]


@dataclass(frozen=True)
class _Touched:
    """Customers of which something changed that a rule sees.

    Attributes:
        customers: Their chains, ascending.
        since: From where on events matter (µs).
        rules: Which rules are asked about each, as bits.
        rows, who, bits: What changed, whose it is (place in ``customers``), and which rules see it.
        lost: Which of the rows count no more.
    """

    customers: NDArray[np.int32]
    since: Places
    rules: NDArray[np.uint64]
    rows: NDArray[np.void]
    who: Places
    bits: NDArray[np.uint64]
    lost: NDArray[np.bool_]


_NONE = np.empty(0, np.int64)


def _columns(needs: Needs) -> list[str]:
    """Return the columns that a rule needs, but for ``customer_id``."""
    events = [name for name in COLUMNS if name != "customer_id"]
    return events if needs.words is None else [name for name in events if name in needs.words]


def _drops(dropped: Sequence[tuple[str | None, int]]) -> pa.Table:
    known = {
        "op": pa.repeat(pa.scalar("drop"), len(dropped)),
        "existed": array(np.ones(len(dropped), bool)),
        "rule": pa.array([name for name, _ in dropped], pa.string()),
        "key": pa.array([key for _, key in dropped], pa.uint64()),
    }
    columns = [known[name] if name in known else pa.nulls(len(dropped), journal.INTERVALS.field(name).type) for name in journal.INTERVALS.names]
    return pa.table(columns, schema=journal.INTERVALS)
