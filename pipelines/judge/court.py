"""The court: a closed in-memory engine in which rules run. No file, no network, no setting can be reached from a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext

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
GIVEN = ("roles", "tolerance", "pairs")


def no_limit(con: duckdb.DuckDBPyConnection) -> AbstractContextManager[None]:
    """Let rules run as long as they like."""
    return nullcontext()


class Court:
    """Runs rules of scope customer."""

    def __init__(self, journey_map: JourneyMap, limit: Limit = no_limit) -> None:
        self._limit = limit
        closed = dict.fromkeys(("autoinstall_known_extensions", "autoload_known_extensions", "enable_external_access"), "false")
        self._con = duckdb.connect(config={"threads": 1, **closed, "python_enable_replacements": "false"})
        self._con.execute("set timezone = 'UTC'")
        cases = " ".join(f"when '{role}' then {bit(role)}::ubigint" for role in ROLES)
        self._con.execute(" ".join(["create macro bit_of(role) as (case role", cases, "end)"]))
        self._con.execute("create macro has(bits, role) as (bits & bit_of(role)) <> 0")
        for name, table in given(journey_map).items():
            self._con.register(name, table)
        self._con.execute("set lock_configuration = true")

    def needs(self, rule: Rule) -> Needs:
        """Return what a rule reads. Raises RuleError where it may not."""
        return check_select(self._con, rule, frozenset((*EVENTS, *GIVEN)))

    def run(self, rule: Rule, tables: Mapping[str, pa.Table]) -> pa.Table:
        """Run a rule over events.

        Raises:
            RuleError: it fails, or runs too long.
        """
        for name, table in tables.items():
            self._con.register(name, table)
        try:
            with self._limit(self._con):
                found: pa.Table = self._con.execute(rule.sql, self._parameters(rule)).to_arrow_table()
            return found
        except duckdb.InterruptException as error:
            raise RuleError(f"{rule.name}.sql was stopped: it runs too long") from error
        except (duckdb.Error, pa.ArrowInvalid) as error:
            raise RuleError(f"{rule.name}.sql fails: {error}") from error
        finally:
            for name in tables:
                self._con.unregister(name)

    def _parameters(self, rule: Rule) -> dict[str, int] | None:
        wanted = self._con.extract_statements(rule.sql)[0].named_parameters
        for name in wanted:
            if name not in rule.parameters:
                raise RuleError(
                    f"{rule.name}.sql uses ${name}; allowed: {', '.join('$' + each for each in rule.parameters)}, or a line '-- setting: {name} = …'"
                )
        return {name: rule.parameters[name] for name in wanted} or None
