"""The court: a closed in-memory engine in which rules run. No file, no network, no setting can be reached from a rule.

Each rule is prepared once, on a cursor of its own, over streams that give it other events each time: to plan such a SELECT takes a hundred times
longer than to run it over the few events of a small batch.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.judge.given import given
from pipelines.judge.rule import Rule
from pipelines.judge.select import Needs, check_select
from schemas.errors import RuleError
from schemas.journey_map import JourneyMap
from schemas.roles import ROLES, bit

Limit = Callable[[duckdb.DuckDBPyConnection], AbstractContextManager[None]]
"""Interrupts a connection that runs too long inside of it."""
EVENTS = ("touchpoints", "steps")
ANEW_RUNS = 50
"""So often a rule of a user runs before it is prepared anew: the engine runs a list over an unbounded window slower each time (DuckDB 2.0.0: 20 times
slower after 1,000). Rules that ship have none, and take the same time after thousands."""
GIVEN = ("roles", "tolerance", "pairs", "open_hours")


_HAS = re.compile(r"\bhas\(\s*([\w.]+)\s*,\s*'(\w+)'\s*\)", re.IGNORECASE)
_PARAMETER = re.compile(r"\$(\w+)")


def _bits(found: re.Match[str]) -> str:
    """Return the usual form of ``has`` as plain arithmetic: a plan with a macro in it is made anew at each call."""
    return f"({found[1]} & {bit(found[2])}::ubigint <> 0)"


def no_limit(con: duckdb.DuckDBPyConnection) -> AbstractContextManager[None]:
    """Let rules run as long as they like."""
    return nullcontext()


@dataclass
class Stream:
    """A table that is another one each time it is read; its columns stay the same."""

    table: pa.Table

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        """Hand out what it is now."""
        table: Any = self.table  # its stub does not know what Arrow's streams are called
        return table.__arrow_c_stream__(requested_schema)


@dataclass
class _Prepared:
    con: duckdb.DuckDBPyConnection
    streams: Mapping[str, Stream]
    runs: int = 0


class Court:
    """Runs rules of scope customer. Several judges may share one, one after the other."""

    def __init__(self, journey_map: JourneyMap, limit: Limit = no_limit) -> None:
        self._limit, self._prepared, self._needs = limit, dict[tuple[str, str], _Prepared](), dict[tuple[str, str], Needs]()
        closed = dict.fromkeys(("autoinstall_known_extensions", "autoload_known_extensions", "enable_external_access"), "false")
        self._con = duckdb.connect(config={"threads": 1, **closed, "python_enable_replacements": "false"})
        self._con.execute("set timezone = 'UTC'")
        # How many rows a stream gives isn't known when a rule is planned: rows of events would be the side that is hashed.
        self._con.execute("set disabled_optimizers = 'build_side_probe_side'")
        cases = " ".join(f"when '{role}' then {bit(role)}::ubigint" for role in ROLES)
        self._con.execute(" ".join(["create macro bit_of(role) as (case role", cases, "end)"]))
        self._con.execute("create macro has(bits, role) as (bits & bit_of(role)) <> 0")
        self._given = {name: Stream(table) for name, table in given(journey_map).items()}
        self._con.execute("set lock_configuration = true")

    def needs(self, rule: Rule) -> Needs:
        """Return what a rule reads. Raises RuleError where it may not."""
        if _id(rule) not in self._needs:
            self._needs[_id(rule)] = check_select(self._con, rule, frozenset((*EVENTS, *GIVEN)))
        return self._needs[_id(rule)]

    def has_run(self, rule: Rule) -> bool:
        """Return whether a rule has run here."""
        return _id(rule) in self._prepared

    def run(self, rule: Rule, tables: Mapping[str, pa.Table]) -> pa.Table:
        """Run a rule over events; always with the same tables and columns.

        Raises:
            RuleError: it fails, or runs too long.
        """
        try:
            ready = self._prepared.get(_id(rule))
            if ready is None or (ready.runs >= ANEW_RUNS and not rule.ours):
                ready = self._prepare(rule, tables)
            with self._limit(ready.con), warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # of an extra copy of the few rows that come back
                for name, table in tables.items():
                    ready.streams[name].table = table
                found: Any = ready.con.execute("execute judged").to_arrow_table()
            ready.runs += 1
            self._prepared[_id(rule)] = ready
            return found  # type: ignore[no-any-return]
        except duckdb.InterruptException as error:
            raise RuleError(f"{rule.name}.sql was stopped: it runs too long") from error
        except (duckdb.Error, pa.ArrowInvalid) as error:
            raise RuleError(f"{rule.name}.sql fails: {error}") from error

    def _prepare(self, rule: Rule, tables: Mapping[str, pa.Table]) -> _Prepared:
        con = self._con.cursor()
        streams = {name: Stream(table) for name, table in tables.items()}
        for name, stream in (self._given | streams).items():  # none is a table of the engine: a plan with one in it is made anew at each call
            con.register(name, stream)
        wanted = con.extract_statements(rule.sql)[0].named_parameters
        for name in wanted:
            if name not in rule.parameters:
                known = ", ".join("$" + each for each in rule.parameters)
                raise RuleError(f"{rule.name}.sql uses ${name}; allowed: {known}, or a line '-- setting: {name} = …'")
        # Numbers, put in where they are named: a plan with parameters is made anew at each call, too.
        text = _PARAMETER.sub(lambda found: f"{rule.parameters[found[1]]}::bigint", _HAS.sub(_bits, rule.sql))
        con.execute("prepare judged as " + text)
        return _Prepared(con, streams)


def _id(rule: Rule) -> tuple[str, str]:
    return rule.name, rule.digest
