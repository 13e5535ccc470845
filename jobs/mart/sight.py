"""What rules of scope all see, as temporary tables of the live mart: made anew for what is to be judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from jobs.mart import build
from jobs.mart.changed import Changed, Keys, instant, microseconds, moved, tolerance_asks
from jobs.mart.waits import tied
from pipelines.judge.given import given
from pipelines.judge.rule import Rule
from pipelines.resources import read_text
from schemas.journey_map import JourneyMap
from schemas.roles import ROLES, bit

Segments = Mapping[str, Sequence[Path]]
_MADE = ("touchpoints", "operations", "known", "held_up", "touched_flows", "touched_waits", "touched_works", "found", "standing")


class Sight:
    """The eyes of the rules."""

    def __init__(self, con: duckdb.DuckDBPyConnection, journey_map: JourneyMap) -> None:
        """Make what rules see beside events."""
        self._con, self._map = con, journey_map
        self._touched: tuple[int, bool] | None = None  # the window that touched_* are made for, and whether of waits only the first end counts
        self._seen: tuple[object, ...] | None = None
        cases = " ".join(f"when '{role}' then {bit(role)}::ubigint" for role in ROLES)
        con.execute(" ".join(["create or replace temp macro bit_of(role) as (case role", cases, "end)"]))
        con.execute("create or replace temp macro has(bits, role) as (bits & bit_of(role)) <> 0")
        for name, table in given(journey_map).items():
            con.register(name, table)

    def open(self, segments: Segments) -> None:
        """Let it read these files of facts."""
        build.refresh_views(self._con, {name: [str(path.absolute()) for path in paths] for name, paths in segments.items()})

    def see_within(self, low: datetime, high: datetime, roles: int) -> None:
        """Make what happened between two instants: events with some of these roles (bits), and all work behind the line."""
        if self._seen != ("within", low, high, roles):
            self._make("touchpoints", lo=low, hi=high, roles=roles)
            self._make("operations", lo=low, hi=high)
            self._con.execute("create or replace temp view steps as from touchpoints where journey_id is not null")
            self._seen = ("within", low, high, roles)

    def touch(self, changed: Changed, rule: Rule) -> None:
        """Find the waits and the operations that what changed may concern.

        Rules that ship ask only when a wait ended first; one of a user may ask for anything that came after it.
        """
        if self._touched == (rule.window_us, rule.ours):
            return
        self._touched, self._seen = (rule.window_us, rule.ours), None
        window, (low, high) = timedelta(microseconds=rule.window_us), changed.between
        noted = {"changed_works": changed.works(), "changed_events": changed.events(), "changed_customers": changed.customers()}
        for name, table in noted.items():
            self._con.register(name, table)
        self._run("touched_works", whole=changed.whole)
        works_lo_us, works_hi_us = self._span("span_of_works", window)
        between = {"lo_us": microseconds(moved(low, -window)), "hi_us": microseconds(moved(high, window))}
        self._run("touched_waits", **between, **self._tied(rule), window_us=rule.window_us, works_lo_us=works_lo_us, works_hi_us=works_hi_us)
        self._run("touched_flows")
        self._hold_up(window)
        for name in noted:
            self._con.unregister(name)

    def _tied(self, rule: Rule) -> dict[str, int]:
        """Return the pairs (bits) of which only the first end counts, by what holds them together; none for rules of a user."""
        by_flow, by_case = tied(self._map) if rule.ours else (0, 0)
        return {"by_flow": by_flow, "by_case": by_case}

    def _hold_up(self, window: timedelta) -> None:
        lo_us, hi_us = self._span("span", window)
        self._run("held_up", window_us=window // timedelta(microseconds=1), lo_us=lo_us, hi_us=hi_us)

    def _span(self, name: str, window: timedelta) -> tuple[int, int]:
        """Return from when until when something lasts, and a window more on each side (µs)."""
        [(low_us, high_us)] = self._con.execute(read_text(f"pipelines/overall/{name}.sql")).fetchall()
        low, high = (instant(us or 0) for us in (low_us, high_us))
        return microseconds(moved(low, -window)), microseconds(moved(high, window))

    def touched_waits(self) -> Keys:
        """Return the keys of events by which waits that a change may concern begin."""
        return np.asarray(self._con.table("touched_waits").to_arrow_table()["key"].to_numpy().astype(np.uint64))

    def see_waits(self, rule: Rule) -> bool:
        """Make what the touched operations do and the waits that they hold up; return whether there are any."""
        [(low_us, high_us)] = self._con.execute("select min(lo_us), max(hi_us) from held_up").fetchall()
        if low_us is not None and self._seen != ("waits", rule.roles):
            self.show_waits(instant(low_us), instant(high_us), rule.roles)
            self._seen = ("waits", rule.roles)
        return low_us is not None

    def show_waits(self, low: datetime, high: datetime, roles: int) -> None:
        """Make them, between two instants."""
        asks = tolerance_asks(self._map)
        self._run("known" if asks else "unknown", **({"lo": low, "hi": high} if asks else {}))
        self._make("waits", lo=low, hi=high, roles=roles)
        self._make("works")
        self._con.execute("create or replace temp view steps as from touchpoints")

    def close(self) -> None:
        """Let go of what was made."""
        for name in _MADE:
            self._con.execute("drop table if exists temp." + name)
        self._touched = self._seen = None

    def _make(self, name: str, **parameters: object) -> None:
        """Run a statement that asks which thing a type is about."""
        types = [kind for (kind,) in self._con.execute("select distinct type from internal.meanings").fetchall()]
        things = [self._map.meaning(kind, None).thing for kind in types]
        self._con.register("things", pa.table({"type": pa.array(types, pa.string()), "thing": pa.array(things, pa.string())}))
        self._run(name, **parameters)
        self._con.unregister("things")

    def _run(self, name: str, **parameters: object) -> None:
        self._con.execute(read_text(f"pipelines/overall/{name}.sql"), parameters or None)
