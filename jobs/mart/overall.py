"""Runs the rules of scope all over the live mart: several customers together, and the work behind the line.

What is judged again after a change follows from what a rule keeps apart (its header says it):

- *operation* or *wait*: the operations that the change may concern, with all waits that they hold up. What is found about these operations, or about
  waits that the change may concern, is replaced. What that costs follows what changed.
- nothing: what it finds depends on events within a window of the one that opens it, so all that lies within two windows is read again, and what was
  opened within one is replaced.

While a stream runs this is done so often that it takes a tenth of the time; once a run has drained, always.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import duckdb
import numpy as np
import pyarrow as pa

from jobs.journal.log import SAID_LOG
from jobs.mart.changed import EVER, Changed, Keys, microseconds, moved
from jobs.mart.live import LiveMart
from jobs.mart.sight import Segments, Sight
from jobs.time_limit import time_limit
from pipelines.judge.found import OPTIONAL, TYPES, interval_keys
from pipelines.judge.returned import nothing, returned
from pipelines.judge.rule import Rule, parse_rule
from pipelines.judge.select import check_select
from pipelines.resources import read_text
from schemas.errors import RuleError
from schemas.journey_map import JourneyMap

SHARE = 10
"""While a stream runs, judging takes one part in so many of the time."""
SEEN = frozenset({"touchpoints", "steps", "operations", "roles", "tolerance", "pairs", "open_hours"})
log = logging.getLogger(__name__)
_COLUMNS = {**TYPES, "customer_id": pa.string(), **OPTIONAL}


@dataclass
class Overall:
    """The rules of scope all of a mart.

    Attributes:
        refused: Rules of a user that failed: they run no more until the next start, and have no intervals.
    """

    mart: LiveMart
    journey_map: JourneyMap
    rules: Sequence[Rule]
    refused: dict[str, str] = field(default_factory=dict)
    _sight: Sight = field(init=False)
    _changed: Changed = field(init=False)
    _noted: str | None = field(init=False)
    _judged_s: float = 0.0
    _cost_s: float = 0.0

    def __post_init__(self) -> None:
        """Take everything for changed, unless all that is folded was judged by the same rules before the start."""
        self._sight, self._noted = Sight(self.mart.con, self.journey_map), _noted(self.mart.con)
        self._changed = Changed(self.journey_map, whole=self._noted != self._mark())

    @classmethod
    def over(cls, mart: LiveMart, journey_map: JourneyMap, rules: Sequence[Rule], segments: Segments) -> Overall:
        """Check the rules of a user over events that there are none of; those that ship are known to run.

        Args:
            mart: The live mart.
            journey_map: Its map.
            rules: Those of other scopes are passed over.
            segments: The journal's files of facts by table.

        Raises:
            RuleError: one is wrong.
        """
        made = cls(mart, journey_map, [rule for rule in rules if rule.scope == "all"])
        if asked := [rule for rule in made.rules if not rule.ours]:
            made._sight.open(segments)
            for rule in asked:
                made._check(rule)
            made._sight.close()
        return made

    def doubt(self) -> None:
        """Judge all the next time: something was folded of which nobody took note."""
        self._changed = Changed(self.journey_map, whole=True)

    def note(self, tables: Mapping[str, pa.Table]) -> None:
        """Take note of what changed in commits that are folded."""
        if self.rules:
            self._changed.note(tables)

    def judge(self, segments: Segments, *, now: bool) -> Keys:
        """Judge what changed, where that is due, and return the keys of the intervals that are other than they were.

        Args:
            segments: The journal's files of facts by table.
            now: It is due in any case.
        """
        keys = [np.empty(0, np.uint64)]
        begun = time.monotonic()
        if not self._changed.anything:
            self._note_mark()
            return keys[0]
        if not now and begun - self._judged_s < SHARE * self._cost_s:
            return keys[0]
        self._sight.open(segments)
        if self._changed.whole:
            keys += self._drop_gone()
        for rule in self.rules:
            if rule.name not in self.refused:
                keys.append(self._judge(rule))
        self._sight.close()
        self._changed = Changed(self.journey_map)
        self._note_mark()
        self._judged_s, self._cost_s = time.monotonic(), time.monotonic() - begun
        return np.unique(np.concatenate(keys))

    def _mark(self) -> str:
        """Return what stands for the rules, and for all that is folded."""
        folded = sorted((partition, seq) for partition, seq in self.mart.folded.items() if partition != SAID_LOG)
        return repr((folded, sorted((rule.name, rule.digest) for rule in self.rules)))

    def _note_mark(self) -> None:
        """Note, beside what was found, that all is judged: who opens this file again need not judge it anew. What was refused is tried again."""
        mark = None if self.refused else self._mark()
        if mark != self._noted:
            self.mart.con.execute("truncate internal.overall_judged")
            self.mart.con.execute(read_text("pipelines/overall/judged_put.sql"), {"mark": mark})
            self._noted = mark

    def _drop_gone(self) -> list[Keys]:
        """Drop what rules found that are no longer there, and return its keys."""
        con, names = self.mart.con, [rule.name for rule in self.rules]
        gone = con.execute(read_text("pipelines/overall/rules_gone.sql"), {"rules": names}).fetchall()
        keys = []
        for (name,) in gone:
            self._stand("all", name)
            con.execute(read_text("pipelines/overall/nothing.sql"))
            keys.append(self._exchange(name))
        con.execute("truncate internal.overall_rules")
        con.execute(read_text("pipelines/overall/rules_put.sql"), {"rules": names})
        return keys

    def _check(self, rule: Rule) -> None:
        """Look whether a rule is one, and runs."""
        check_select(self.mart.con, rule, SEEN)
        if rule.apart is None:
            self._sight.see_within(EVER[0], EVER[0], 0)
        else:
            self._sight.touch(Changed(self.journey_map), rule)
            self._sight.show_waits(EVER[0], EVER[0], rule.roles)
        returned(rule, self._run(rule))

    def _judge(self, rule: Rule) -> Keys:
        """Replace what a rule found in what changed."""
        seen = self._look_within(rule) if rule.apart is None else self._look_apart(rule)
        self._find(rule, seen)
        return self._exchange(rule.name)

    def _exchange(self, rule: str) -> Keys:
        """Put ``found`` in the place of ``standing``, and return the keys of what is other than it was."""
        keys = self.mart.con.sql(read_text("pipelines/overall/changed.sql")).to_arrow_table()
        if len(keys):
            self._replace(rule, keys)
        return np.asarray(keys["key"].to_numpy().astype(np.uint64))

    def _look_within(self, rule: Rule) -> bool:
        """See all that lies within two windows of what changed; what was opened within one stands to be replaced."""
        window, (low, high) = timedelta(microseconds=rule.window_us), self._changed.between
        self._sight.see_within(moved(low, -2 * window), moved(high, 2 * window), rule.roles)
        self._stand("within", rule.name, lo=moved(low, -window), hi=moved(high, window))
        return True

    def _look_apart(self, rule: Rule) -> bool:
        """See the operations that a change may concern; what was found about them, or about waits that it may concern, stands to be replaced."""
        self._sight.touch(self._changed, rule)
        if self._changed.whole:
            self._stand("all", rule.name)
        elif rule.apart == "operation":
            self._stand("of_operations", rule.name)
        else:
            self.mart.con.register("asked", pa.table({"key": interval_keys(rule, self._sight.touched_waits())}))
            self._stand("of_waits", rule.name)
            self.mart.con.unregister("asked")
        return self._sight.see_waits(rule)

    def _find(self, rule: Rule, seen: bool) -> None:
        """Make ``found``: what a rule finds in what it sees, as far as it takes the place of what stands."""
        con = self.mart.con
        table = self._of_this_change(rule, self._returned(rule)) if seen else _NONE
        if not len(table):
            con.execute(read_text("pipelines/overall/nothing.sql"))
            return
        con.register("returned", table)
        con.execute(read_text("pipelines/overall/found.sql"), {"rule": rule.name, "unit": rule.unit, "record": rule.record})
        con.unregister("returned")

    def _of_this_change(self, rule: Rule, table: pa.Table) -> pa.Table:
        """Leave out what was seen in part only."""
        if rule.apart == "operation" or (rule.apart == "wait" and self._changed.whole):
            return table
        if rule.apart == "wait":
            return table.filter(np.isin(table["key"].to_numpy(), interval_keys(rule, self._sight.touched_waits())))
        window, (low, high) = timedelta(microseconds=rule.window_us), self._changed.between
        opened = table["opened_at"].cast(pa.int64()).to_numpy()
        return table.filter((opened >= microseconds(moved(low, -window))) & (opened <= microseconds(moved(high, window))))

    def _stand(self, name: str, rule: str, **parameters: datetime) -> None:
        """Make ``standing``: the intervals of a rule that what it finds takes the place of."""
        self.mart.con.execute(read_text(f"pipelines/overall/standing_{name}.sql"), {"rule": rule, **parameters})

    def _replace(self, rule: str, keys: pa.Table) -> None:
        """Put those with some keys in the place of what stands."""
        con = self.mart.con
        con.register("changed", keys)
        con.execute("begin")
        try:
            con.execute(read_text("pipelines/overall/replace.sql"), {"rule": rule})
            con.execute(read_text("pipelines/overall/insert.sql"))
        except BaseException:
            con.execute("rollback")
            raise
        con.execute("commit")
        con.unregister("changed")

    def _returned(self, rule: Rule) -> pa.Table:
        """Run a rule; one of a user that fails is run no more, and has no intervals."""
        try:
            return returned(rule, self._run(rule))
        except RuleError as error:
            if rule.ours:
                raise
            self.refused[rule.name] = str(error)
            log.warning("%s; it is run no more until the next start, and has no breaches", error)
            self._stand("all", rule.name)
            return _NONE

    def _run(self, rule: Rule) -> pa.Table:
        con = self.mart.con
        wanted = con.extract_statements(rule.sql)[0].named_parameters
        try:
            with time_limit(con):
                found: pa.Table = con.sql(rule.sql, params={name: rule.parameters[name] for name in wanted} or None).to_arrow_table()
            return found
        except duckdb.InterruptException as error:
            raise RuleError(f"{rule.name}.sql was stopped: it runs too long") from error
        except (duckdb.Error, KeyError) as error:
            raise RuleError(f"{rule.name}.sql fails: {error}") from error


def _noted(con: duckdb.DuckDBPyConnection) -> str | None:
    """Return the mark that the file holds, None where there is none."""
    found: list[tuple[str | None]] = con.execute("select mark from internal.overall_judged").fetchall()
    return found[0][0] if found else None


_NOTHING = parse_rule("nothing", "-- Nothing.\n-- scope: all\n-- window: 1 day\n-- roles: house\n-- unit: count\nselect")
_NONE = returned(_NOTHING, pa.table({name: nothing(0, kind) for name, kind in _COLUMNS.items()}))
"""What a rule returned that found nothing."""
