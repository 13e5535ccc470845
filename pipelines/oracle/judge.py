"""The judgement again, slow and readable: a rule's SQL run once over all events of a snapshot. Tests compare the engine with it, with ``==``.

What a rule sees is made by the models under ``judged/``, which share nothing with the engine.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from pipelines.counted import open_hours
from pipelines.judge.rule import Rule
from pipelines.oracle.rules import TOLERANCE, schema, zones
from pipelines.resources import read_text
from schemas.journey_map import JourneyMap
from schemas.roles import ROLES, bit

MODELS = ("seen", "walked", "operations")
COLUMNS = ("customer_id", "subject_kind", "subject_id", "opening_key", "opened_at", "since", "until", "value", "threshold", "evidence")
OPTIONAL = ("operation", "team", "site")
"""What a rule may return too, where that isn't what the opening event says."""

_SENSES = schema(type=pa.string(), channel=pa.string(), thing=pa.string(), stage=pa.string(), roles=pa.uint64())
_PAIRS = schema(name=pa.string(), thing=pa.string(), opens=pa.uint64(), closes=pa.uint64(), key=pa.string(), wait=pa.bool_(), stage=pa.string())
_ROLES = schema(role=pa.string(), bit=pa.uint64())


def see(con: duckdb.DuckDBPyConnection, journey_map: JourneyMap) -> None:
    """Make on a connection to a snapshot all that rules see, as temporary tables."""
    con.execute(f"create or replace temp macro bit_of(role) as (case role {_cases()} end)")
    con.execute("create or replace temp macro has(bits, role) as (bits & bit_of(role)) <> 0")
    known = con.sql("select distinct type, channel from internal.meanings").fetchall()
    senses = [(type_, channel, journey_map.meaning(type_, channel)) for type_, channel in known]
    rows = [{"type": t, "channel": c, "thing": m.thing, "stage": m.stage, "roles": m.roles} for t, c, m in senses]
    con.register("senses", pa.Table.from_pylist(rows, schema=_SENSES))
    con.register("pairs", pa.Table.from_pylist([{name: getattr(pair, name) for name in _PAIRS.names} for pair in journey_map.pairs], schema=_PAIRS))
    con.register("roles", pa.Table.from_pylist([{"role": role, "bit": bit(role)} for role in ROLES], schema=_ROLES))
    con.register("tolerance", pa.Table.from_pylist(zones(journey_map), schema=TOLERANCE))
    con.register("open_hours", open_hours(journey_map))
    for model in MODELS:
        con.execute(f"create or replace temp table {model} as {_model(model)}")


def judge(con: duckdb.DuckDBPyConnection, rule: Rule) -> pa.Table:
    """Return the intervals of a rule over everything that `see` made, by subject and opening: columns :data:`COLUMNS` and :data:`OPTIONAL`."""
    one = rule.scope == "customer"
    seen = {"roles": rule.roles, "window_us": rule.window_us, "apart": rule.apart} if one else None
    con.execute(f"create or replace temp table sight as {_model('of_one_customer' if one else 'of_all')}", seen)
    con.execute("create or replace temp view touchpoints as from sight; create or replace temp view steps as from sight where journey_id is not null")
    wanted = con.extract_statements(rule.sql)[0].named_parameters
    given = {name: value for name, value in rule.parameters.items() if name in wanted}
    returned = con.sql(rule.sql, params=given or None).to_arrow_table()
    table = returned
    if one:
        con.register("returned", returned)
        table = con.sql(_model("intervals")).to_arrow_table()
    for name in OPTIONAL:
        column = returned[name] if name in returned.column_names else pa.nulls(len(table), pa.string())
        table = table if name in table.column_names else table.append_column(name, column)
    ordered: pa.Table = table.sort_by([(name, "ascending") for name in ("subject_kind", "subject_id", "opening_key")])
    return ordered


def _model(name: str) -> str:
    return read_text(f"pipelines/oracle/judged/{name}.sql")


def _cases() -> str:
    return " ".join(f"when '{role}' then {bit(role)}::ubigint" for role in ROLES)
