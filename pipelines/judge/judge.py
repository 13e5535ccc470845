"""Judge: what a batch changed of what rules see, and how the intervals of a partition follow. Only differences come out.

Whatever changed touches islands; each is judged whole, and what was opened in it before and is not found again is dropped.
So intervals are a function of the set of events, in whatever batches they came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.columns import array, numbers
from pipelines.distinct import distinct
from pipelines.judge.arranged import by_time
from pipelines.judge.court import EVENTS, Court
from pipelines.judge.crowds import Crowds
from pipelines.judge.found import Found, checked, sizes_of, told, with_evidence
from pipelines.judge.held import DEAD, add, content, held_of
from pipelines.judge.islands import MOST, Islands, inside, islands
from pipelines.judge.links import Reach, walk
from pipelines.judge.pool import Pool, Touched, among, groups, untie
from pipelines.judge.restored import customers_of_links, standing_of
from pipelines.judge.rule import Rule
from pipelines.judge.select import Needs
from pipelines.judge.sight import COLUMNS, Sight
from pipelines.lexicon import Lexicon
from pipelines.order import starts_of
from pipelines.records import joined
from pipelines.state import GAP, HELD, KIND, State
from schemas import journal
from schemas.errors import RuleError

Places = NDArray[np.int64]
MOST_RULES = 60
AT_ONCE = 1 << 18
"""Memory grows with it."""
DEEPEST = 256
"""So many events of a customer are walked back; of who has more within reach, links are kept sorted."""


@dataclass(frozen=True)
class Change:
    """What a batch did to stored rows.

    Attributes:
        changed: Places of rows that are new, or of which their journey says something else; ascending, distinct.
        lost: Places of rows for which a copy counts from now on; ascending, distinct.
        rows, links: From which place on (until before which) all rows, and all links, are new as well.
    """

    changed: Places
    lost: Places
    rows: tuple[int, int] = (0, 0)
    links: tuple[int, int] = (0, 0)

    def __len__(self) -> int:
        """How many rows are meant."""
        return len(self.changed) + len(self.lost) + self.rows[1] - self.rows[0]


def together(changes: Sequence[Change]) -> Change:
    """Return changes that followed one another as one."""
    changed, lost = (np.unique(np.concatenate([getattr(change, name) for change in changes])) for name in ("changed", "lost"))
    ranges = [change for change in changes if change.rows[1] > change.rows[0]]
    if not ranges:
        return Change(changed, lost)
    first, last = ranges[0], ranges[-1]
    return Change(changed, lost, (first.rows[0], last.rows[1]), (first.links[0], last.links[1]))


class Judge:
    """The rules of scope customer of one partition, over its state.

    Attributes:
        rules: By name; the place of each is its bit.
        refused: Rules of a user that failed over events, with what was wrong: they run no more until the next start, and have no intervals.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        lexicon: Lexicon,
        *,
        court: Court | None = None,
        deepest: int = DEEPEST,
        most: int = MOST,
        at_once: int = AT_ONCE,
    ) -> None:
        """Check the rules on events that there are none of.

        Args:
            rules: Those of other scopes are passed over.
            lexicon: Of the partition.
            court: Where they run, of the same map; one of its own where none is given. What has run there is not checked again.
            deepest: So many events of a customer are walked back; changes no result.
            most: An island of more events has no intervals.
            at_once: Customers of about so many changed rows are judged at a time; changes no result.

        Raises:
            RuleError: one is wrong, or there are too many.
        """
        self.rules = tuple(sorted((rule for rule in rules if rule.scope == "customer"), key=lambda rule: rule.name))
        if len(self.rules) > MOST_RULES:
            raise RuleError(f"there are {len(self.rules)} rules of scope customer; at most {MOST_RULES} are allowed")
        self._lexicon, self._court, self._crowds = lexicon, court or Court(lexicon.journey_map), Crowds(most)
        self._deepest, self._most, self._at_once = deepest, most, at_once
        self._bits = np.empty(0, np.uint64)
        self.refused: dict[str, str] = {}
        self._needs = [self._court.needs(rule) for rule in self.rules]
        for number, rule in enumerate(self.rules):
            if not self._court.has_run(rule):
                self._run(number, Sight(State(), Lexicon(lexicon.journey_map), _NONE), _NONE)

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
                found = self.judge(con, state, Change(np.sort(places), _NONE), only)
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
        refused, said = len(self.refused), []
        for part in touched.parts(self._at_once):
            if (found := self._judged(con, state, change, part, opened=only == -1)) is not None:
                said.append(found)
        if len(said) < 2 or len(self.refused) == refused:
            return pa.concat_tables(said) if said else None
        return _without_refused(pa.concat_tables(said))

    def _judged(self, con: duckdb.DuckDBPyConnection, state: State, change: Change, touched: Touched, *, opened: bool) -> pa.Table | None:
        pool = self._pool(state, change, touched)
        with state.sparing(len(pool.links)):
            return self._compared(con, state, touched, pool, opened=opened)

    def _compared(self, con: duckdb.DuckDBPyConnection, state: State, touched: Touched, pool: Pool, *, opened: bool) -> pa.Table | None:
        """Run the rules over touched islands, and return what differs from what stands of them."""
        parts = [self._islands(number, pool, touched, opened=opened) for number in range(len(self.rules))]
        found, gone = [], []
        asked = [number for number, part in enumerate(parts) if len(part.rows) and self.rules[number].name not in self.refused]
        for number, sight in zip(asked, self._sights(state, pool, [parts[number].rows for number in asked]), strict=True):
            try:
                found.append(self._run(number, sight, parts[number].unit))
            except RuleError as error:
                gone += self._refuse(self.rules[number], error, state)
        changes = [self._differences(con, state, touched, parts, found), _drops(gone) if gone else None]
        said = [each for each in changes if each is not None]
        return pa.concat_tables(said) if said else None

    def _sights(self, state: State, pool: Pool, parts: Sequence[Places]) -> Iterator[Sight]:
        """Yield what each rule sees of the pool; what several see is read once from the state."""
        seen = np.zeros(len(pool.links), bool)
        for rows in parts:
            seen[rows] = True
        whole = Sight(state, self._lexicon, pool.links["place"][seen].astype(np.int64))
        number = np.cumsum(seen) - 1
        return (whole.part(number[rows]) for rows in parts)

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

    def _touched(self, state: State, change: Change, only: np.uint64) -> Touched:
        """Find the customers of which any rule may judge otherwise than before."""
        reach, linked, older = self._reach(), state.links.rows[slice(*change.links)], np.concatenate([change.changed, change.lost])
        rows = state.rows.rows.take(older)
        sees = np.where(rows["flags"] & KIND <= GAP, reach.bits[rows["sense"]] & only, np.uint64(0)) if len(rows) else np.empty(0, np.uint64)
        mine = np.flatnonzero(sees)
        rows, gone = rows.take(mine), mine >= len(change.changed)
        customer = np.concatenate([linked["customer"], state.chains.rows["customer"][rows["chain"]]])
        time, bits = np.concatenate([linked["time"], rows["time"]]), np.concatenate([reach.bits[linked["sense"]] & only, sees[mine]])
        customers, who = distinct(customer, state.chains.size)
        rules, since = np.zeros(len(customers), np.uint64), np.full(len(customers), np.iinfo(np.int64).max)
        np.bitwise_or.at(rules, who, bits)
        asked = np.flatnonzero(bits)
        np.minimum.at(since, who[asked], time[asked] - reach.of(bits[asked]))
        lost, which = rows.compress(gone), len(linked) + np.flatnonzero(gone)
        return Touched(customers.astype(np.int32), since, rules, who, time, lost, customer[which], bits[which])

    def _pool(self, state: State, change: Change, touched: Touched) -> Pool:
        """Return the linked rows that touched islands may consist of, customer by customer in total order."""
        reach = self._reach()
        links, deep = walk(state, touched.customers, touched.since, touched.rules, reach, self._deepest)
        parts = [links]
        for customer in deep.tolist():
            number = int(np.searchsorted(touched.customers, customer))
            parts.append(self._crowds.near(state, customer, touched.time[touched.who == number], int(touched.rules[number]), reach))
        links = joined(parts)
        links = links.compress(state.marks.column("lost", links["place"]) == 0)
        links = links.take(by_time(links["customer"], links["time"]))
        untie(links, state)
        first = starts_of(links["customer"])
        asked = touched.rules[np.searchsorted(touched.customers, links["customer"][first])][np.cumsum(first) - 1]
        place = links["place"]
        changed = (place >= change.rows[0]) & (place < change.rows[1]) | among(place, change.changed)
        return Pool(links, reach.bits[links["sense"]] & asked, changed, np.sort(deep), self._opening, state, self._lexicon)

    @cached_property
    def _opening(self) -> int:
        """The roles without one of which islands have no intervals of some rule, as bits."""
        return reduce(or_, (rule.opens[0] for rule in self.rules if rule.opens), 0)

    def _islands(self, number: int, pool: Pool, touched: Touched, *, opened: bool) -> Islands:
        """Find the islands of one rule. ``opened``: what stands was found by this rule, so that nothing does where nothing can open an interval."""
        rule, bit = self.rules[number], np.uint64(1 << number)
        gone = touched.lost_bits & bit != 0
        lost = touched.lost.compress(gone)
        instants = groups(rule.apart, self._lexicon, touched.lost_customer[gone], lost["sense"], lost["chain"]), lost["time"]
        rows, group = pool.seen(rule, bit, opened=opened and not len(lost))
        return islands(rule, rows, group, pool.time[rows], pool.roles[rows], pool.changed[rows], instants, self._most)

    def _run(self, number: int, sight: Sight, unit: Places) -> Found:
        """Run one rule over the rows of its islands."""
        rule, needs = self.rules[number], self._needs[number]
        columns = {name: sight.column(name) for name in _columns(needs)}
        events = pa.table({**columns, "customer_id": array(unit.astype(np.uint64))})
        tables = {"touchpoints": events, "steps": events}
        if "steps" in needs.tables and not sight.shown.all():
            tables["steps"] = events.filter(array(sight.shown))
        result = self._court.run(rule, {name: tables[name] for name in EVENTS if name in needs.tables})
        return checked(rule, result, sight, unit)

    def _differences(
        self, con: duckdb.DuckDBPyConnection, state: State, touched: Touched, parts: Sequence[Islands], found: Sequence[Found]
    ) -> pa.Table | None:
        """Compare what was found with what stands of the touched islands; note and return the differences."""
        standing = self._standing(state, touched, parts)
        table = told(found, state, self._lexicon)
        place, evidence = (np.concatenate([_NONE, *(getattr(each, name) for each in found)]) for name in ("place", "evidence"))
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
        self._hold(state, table, key, digest, place, written)
        put = with_evidence(table.filter(array(written)), evidence[np.repeat(written, sizes_of(table))], state)
        put = put.add_column(0, "existed", array(existed[written])).add_column(0, "op", pa.repeat(pa.scalar("put"), len(put)))
        return pa.concat_tables([put.select(journal.INTERVALS.names).cast(journal.INTERVALS), _drops(dropped)])

    def _hold(
        self,
        state: State,
        table: pa.Table,
        key: NDArray[np.uint64],
        digest: NDArray[np.uint64],
        place: Places,
        written: NDArray[np.bool_],
    ) -> None:
        place = place[written]
        rows = state.rows.rows.take(place)
        new = np.zeros(len(rows), HELD)
        new["key"], new["digest"], new["opened"] = key[written], digest[written], rows["time"]
        new["customer"], new["place"] = state.chains.rows["customer"][rows["chain"]], place
        new["rule"] = self._lexicon.rules.encode(table["rule"].filter(array(written)))
        add(state, new)

    def _standing(self, state: State, touched: Touched, parts: Sequence[Islands]) -> Places:
        """Return where the intervals stand that were opened in touched islands."""
        since = np.full(len(touched.customers), np.iinfo(np.int64).max)
        for part in parts:
            np.minimum.at(since, np.searchsorted(touched.customers, part.group >> 32), part.low)
        np.minimum.at(since, np.searchsorted(touched.customers, touched.lost_customer), touched.lost["time"])
        at = held_of(state, touched.customers, since)
        if not len(at):
            return at
        held = state.held.rows.take(at)
        mine = np.zeros(len(at), bool)
        for number, rule in enumerate(self.rules):
            ours = np.flatnonzero(held["rule"] == self._lexicon.rules.code(rule.name))
            if len(ours):
                rows = state.rows.taken(held["place"][ours])
                mine[ours] = inside(
                    parts[number], groups(rule.apart, self._lexicon, held["customer"][ours], rows["sense"], rows["chain"]), held["opened"][ours]
                )
        return at[mine]


_NONE = np.empty(0, np.int64)


def _columns(needs: Needs) -> list[str]:
    """Return the columns that a rule needs, but for ``customer_id``."""
    events = [name for name in COLUMNS if name != "customer_id"]
    return events if needs.words is None else [name for name in events if name in needs.words]


def _without_refused(table: pa.Table) -> pa.Table:
    """Leave out what a rule found of some customers before it was refused over others: none of that ever was, and none is dropped."""
    is_equal: Any = pc.equal
    key, existed, drop = numbers(table["key"]).astype(np.uint64), numbers(table["existed"]), numbers(is_equal(table["op"], "drop"))
    refused = np.intersect1d(key[drop], key[~drop])
    new = key[~drop & ~existed]
    return table.filter(array(~np.isin(key, refused) | (drop & ~np.isin(key, new))))


def _drops(dropped: Sequence[tuple[str | None, int]]) -> pa.Table:
    known = {
        "op": pa.repeat(pa.scalar("drop"), len(dropped)),
        "existed": array(np.ones(len(dropped), bool)),
        "rule": pa.array([name for name, _ in dropped], pa.string()),
        "key": pa.array([key for _, key in dropped], pa.uint64()),
    }
    columns = [known[name] if name in known else pa.nulls(len(dropped), journal.INTERVALS.field(name).type) for name in journal.INTERVALS.names]
    return pa.table(columns, schema=journal.INTERVALS)
