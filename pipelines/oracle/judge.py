"""The judgement again, slow and readable: a rule's SQL run once over all events of a snapshot. Tests compare the engine with it, with ``==``.

What a rule sees is made by the models under ``judged/``, which share nothing with the engine. They are the reference of a rule's inputs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import duckdb
import pyarrow as pa

from pipelines.oracle.rules import TOLERANCE, schema, zones
from pipelines.resources import read_text
from schemas import duration
from schemas.journey_map import JourneyMap
from schemas.roles import ROLES, bit

MODELS = ("touchpoints", "steps", "journeys", "operations")
COLUMNS = ("customer_id", "subject_kind", "subject_id", "opening_key", "opened_at", "since", "until", "value", "threshold", "evidence")
"""What every rule returns."""
OPTIONAL = ("operation", "team", "site")
"""What a rule may return too, where that isn't what the opening event says."""

_SENSES = schema(type=pa.string(), channel=pa.string(), thing=pa.string(), stage=pa.string(), roles=pa.uint64())
_PAIRS = schema(
    name=pa.string(), thing=pa.string(), opens=pa.uint64(), closes=pa.uint64(), key=pa.string(), wait=pa.bool_(), stage=pa.string()
)  # fmt: skip
_ROLES = schema(role=pa.string(), bit=pa.uint64())
_HEADER = re.compile(r"^-- ([a-z]+): (.*)$")
_SETTING = re.compile(r"(\w+) = (\S+)")


@dataclass(frozen=True)
class Rule:
    """A rule's text, and what its header says: words of each line by the line's name, and the settings (durations in ms)."""

    sql: str
    header: Mapping[str, str]
    settings: Mapping[str, int]


def read_rule(text: str) -> Rule:
    """Read a rule as far as running it needs; the window is bound as ``$window`` (ms)."""
    lines = [found.groups() for line in text.splitlines() if (found := _HEADER.match(line))]
    header = {name: words for name, words in lines if name != "setting"}
    given = [found.groups() for name, words in lines if name == "setting" and (found := _SETTING.match(words))]
    settings = {name: int(value) if value.isdecimal() else _ms(duration.parse(value)) for name, value in given}
    number, unit = header["window"].split()
    return Rule(text, header, {"window": int(number) * _ms({"day": timedelta(days=1), "hour": timedelta(hours=1)}[unit.rstrip("s")])} | settings)


def see(con: duckdb.DuckDBPyConnection, journey_map: JourneyMap) -> None:
    """Make on a connection to a snapshot all that rules see, as temporary tables of the models' names."""
    con.execute(f"create or replace temp macro bit_of(role) as (case role {_cases()} end)")
    con.execute("create or replace temp macro has(bits, role) as (bits & bit_of(role)) <> 0")
    known = con.sql("select distinct type, channel from internal.meanings").fetchall()
    senses = [(type_, channel, journey_map.meaning(type_, channel)) for type_, channel in known]
    rows = [{"type": t, "channel": c, "thing": m.thing, "stage": m.stage, "roles": m.roles} for t, c, m in senses]
    con.register("senses", pa.Table.from_pylist(rows, schema=_SENSES))
    con.register("pairs", pa.Table.from_pylist([{name: getattr(pair, name) for name in _PAIRS.names} for pair in journey_map.pairs], schema=_PAIRS))
    con.register("roles", pa.Table.from_pylist([{"role": role, "bit": bit(role)} for role in ROLES], schema=_ROLES))
    con.register("tolerance", pa.Table.from_pylist(zones(journey_map), schema=TOLERANCE))
    for model in MODELS:
        con.execute(f"create or replace temp table {model} as {read_text(f'pipelines/oracle/judged/{model}.sql')}")


def judge(con: duckdb.DuckDBPyConnection, rule: Rule, settings: Mapping[str, int] | None = None) -> pa.Table:
    """Return the intervals of a rule over everything that `see` made, by subject and opening; columns :data:`COLUMNS` and :data:`OPTIONAL`."""
    wanted = con.extract_statements(rule.sql)[0].named_parameters
    given = {name: value for name, value in {**rule.settings, **(settings or {})}.items() if name in wanted}
    found = con.sql(rule.sql, params=given or None)
    table: pa.Table = found.order("subject_kind, subject_id, opening_key").to_arrow_table()
    for name in OPTIONAL:
        if name not in table.column_names:
            table = table.append_column(name, pa.nulls(len(table), pa.string()))
    return table


def _cases() -> str:
    return " ".join(f"when '{role}' then {bit(role)}::ubigint" for role in ROLES)


def _ms(span: timedelta) -> int:
    return span // duration.MILLISECOND
