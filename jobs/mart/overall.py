"""Runs the rules of scope all over the live mart: several customers together, and the work behind the line.

What they find depends on events within a window of the one that opens it. So after a change all that lies within two windows of it is read again, and
what was opened within one is replaced. While a stream runs this is done so often that it takes a tenth of the time; once a run has drained, always.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from jobs.mart import build
from jobs.mart.live import LiveMart
from jobs.time_limit import time_limit
from pipelines.judge.found import OPTIONAL, TYPES
from pipelines.judge.given import given
from pipelines.judge.returned import nothing, returned
from pipelines.judge.rule import Rule, parse_rule
from pipelines.judge.select import check_select
from pipelines.resources import read_text
from schemas.errors import RuleError
from schemas.journey_map import JourneyMap
from schemas.roles import ROLES, bit

SHARE = 10
"""While a stream runs, judging takes one part in so many of the time."""
SEEN = frozenset({"touchpoints", "steps", "operations", "roles", "tolerance", "pairs", "open_hours"})
log = logging.getLogger(__name__)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_EVER = (datetime(1, 1, 2, tzinfo=UTC).replace(tzinfo=None), datetime(9999, 12, 30, tzinfo=UTC).replace(tzinfo=None))
Keys = NDArray[np.uint64]
Segments = Mapping[str, Sequence[Path]]
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
    _low: datetime | None = _EVER[0]  # nothing is known of what changed before the start
    _high: datetime | None = _EVER[1]
    _judged_s: float = 0.0
    _cost_s: float = 0.0
    _sight: tuple[datetime, datetime, int] | None = None  # what the tables hold that rules see

    @classmethod
    def over(cls, mart: LiveMart, journey_map: JourneyMap, rules: Sequence[Rule], segments: Segments) -> Overall:
        """Check the rules over events that there are none of.

        Args:
            mart: The live mart.
            journey_map: Its map.
            rules: Those of other scopes are passed over.
            segments: The journal's files of facts by table.

        Raises:
            RuleError: one is wrong.
        """
        made = cls(mart, journey_map, [rule for rule in rules if rule.scope == "all"])
        if made.rules:
            made._prepare(segments)
            made._see(_EVER[0], _EVER[0], roles=0)
            for rule in made.rules:
                returned(rule, made._run(rule))
        return made

    def note(self, tables: Mapping[str, pa.Table]) -> None:
        """Take note of what changed in commits that are folded."""
        for name in ("steps", "touchpoints", "operations"):
            table = tables.get(name)
            if table is not None and len(table) > table["time_us"].null_count:
                self._widen(_at(pc.min(table["time_us"]).as_py()), _at(pc.max(table["time_us"]).as_py()))

    def judge(self, segments: Segments, *, now: bool) -> Keys:
        """Judge what changed, where that is due, and return the keys of the intervals that are other than they were.

        Args:
            segments: The journal's files of facts by table.
            now: It is due in any case.
        """
        nothing = np.empty(0, np.uint64)
        begun = time.monotonic()
        if not self.rules or self._low is None or self._high is None or (not now and begun - self._judged_s < SHARE * self._cost_s):
            return nothing
        keys = [nothing]
        self._open(segments)
        for rule in self.rules:
            if rule.name not in self.refused:
                keys.append(self._judge(rule, self._low, self._high))
        for name in ("found", "touchpoints", "operations"):
            self.mart.con.execute("drop table if exists temp." + name)
        self._low = self._high = self._sight = None
        self._judged_s, self._cost_s = time.monotonic(), time.monotonic() - begun
        return np.unique(np.concatenate(keys))

    def _judge(self, rule: Rule, low: datetime, high: datetime) -> Keys:
        """Replace what a rule found in what changed."""
        con, window = self.mart.con, timedelta(microseconds=rule.window_us)
        between = {"lo": _moved(low, -window), "hi": _moved(high, window)}
        self._see(_moved(low, -2 * window), _moved(high, 2 * window), roles=rule.roles)
        con.execute("begin")
        try:
            table = self._found(rule)
            con.register("returned", table)
            con.execute(read_text("pipelines/overall/found.sql"), {"rule": rule.name, "unit": rule.unit, "record": rule.record, **between})
            con.unregister("returned")
            keys = con.sql(read_text("pipelines/overall/changed.sql"), params={"rule": rule.name, **between}).to_arrow_table()["key"]
            con.execute(read_text("pipelines/overall/replace.sql"), {"rule": rule.name, **between})
            con.execute(read_text("pipelines/overall/insert.sql"))
        except BaseException:
            con.execute("rollback")
            raise
        con.execute("commit")
        return np.asarray(keys.to_numpy().astype(np.uint64))

    def _found(self, rule: Rule) -> pa.Table:
        try:
            return returned(rule, self._run(rule))
        except RuleError as error:
            if rule.ours:
                raise
            self.refused[rule.name] = str(error)
            log.warning("%s; it is run no more until the next start, and has no breaches", error)
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

    def _see(self, low: datetime, high: datetime, *, roles: int) -> None:
        """Make what rules see between two instants."""
        con = self.mart.con
        if (low, high, roles) == self._sight:
            return
        self._sight = (low, high, roles)
        types = [kind for (kind,) in con.execute("select distinct type from internal.meanings").fetchall()]
        things = [self.journey_map.meaning(kind, None).thing for kind in types]
        con.register("things", pa.table({"type": pa.array(types, pa.string()), "thing": pa.array(things, pa.string())}))
        con.execute(read_text("pipelines/overall/touchpoints.sql"), {"lo": low, "hi": high, "roles": roles})
        con.execute(read_text("pipelines/overall/operations.sql"), {"lo": low, "hi": high})
        con.execute("create or replace temp view steps as from touchpoints where journey_id is not null")
        con.unregister("things")

    def _open(self, segments: Segments) -> None:
        build.refresh_views(self.mart.con, {name: [str(path.absolute()) for path in paths] for name, paths in segments.items()})

    def _prepare(self, segments: Segments) -> None:
        """Make what rules see beside events, and check what they ask for."""
        con = self.mart.con
        self._open(segments)
        cases = " ".join(f"when '{role}' then {bit(role)}::ubigint" for role in ROLES)
        con.execute(" ".join(["create or replace temp macro bit_of(role) as (case role", cases, "end)"]))
        con.execute("create or replace temp macro has(bits, role) as (bits & bit_of(role)) <> 0")
        for name, table in given(self.journey_map).items():
            con.register(name, table)
        for rule in self.rules:
            check_select(con, rule, SEEN)

    def _widen(self, low: datetime, high: datetime) -> None:
        self._low = low if self._low is None else min(self._low, low)
        self._high = high if self._high is None else max(self._high, high)


def _at(instant_us: int) -> datetime:
    return _moved(_EPOCH, timedelta(microseconds=instant_us))


def _moved(instant: datetime, by: timedelta) -> datetime:
    """Return an instant so much later, within what a timestamp can be."""
    try:
        return min(max(instant + by, _EVER[0]), _EVER[1])
    except OverflowError:
        return _EVER[0] if by < timedelta() else _EVER[1]


_NOTHING = parse_rule("nothing", "-- Nothing.\n-- scope: all\n-- window: 1 day\n-- roles: house\n-- unit: count\nselect")
_NONE = returned(_NOTHING, pa.table({name: nothing(0, kind) for name, kind in _COLUMNS.items()}))
"""What a rule returned that found nothing."""
