"""What a mapping may be: one SELECT over ``source``, a function of its rows and of nothing else. Judged on the parsed statement, before it runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb

from jobs.sources.chunk import ROW_NUMBER
from pipelines.resources import read_text
from schemas.errors import SettingError

Node = dict[str, Any]  # a piece of DuckDB's syntax tree, as json_serialize_sql gives it

_SOURCE = "source"
_TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})
_CLOCKS = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"})
_MANY_ROWS = frozenset({"TABLE_FUNCTION", "JOIN", "PIVOT"})


@dataclass(frozen=True)
class Select:
    """A statement that was accepted."""

    sql: str  # the statement, with `row_number` handed through where that is possible
    row_wise: bool  # each output row depends on one source row only, so the source may come in pieces
    branching: bool  # one source row may give several output rows


@cache
def _functions() -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of functions whose value changes from run to run, and of aggregates."""
    with duckdb.connect() as con:
        rows = con.sql(read_text("jobs/sources/functions.sql")).fetchall()
    return frozenset(name for name, kind in rows if kind == "changing"), frozenset(name for name, kind in rows if kind == "aggregate")


def _walk(root: object, skip: str = "") -> Iterator[Node]:
    """Yield every node of a tree, without what lies under the key `skip`."""
    todo = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            yield node
            todo += [child for key, child in node.items() if key != skip]
        elif isinstance(node, list):
            todo += node


def _leaves(query: Node) -> list[Node]:
    """Return the SELECTs of a query, those of its UNIONs and of its common table expressions included."""
    return [node for node in _walk(query) if node.get("type") == "SELECT_NODE"]


def _branches(query: Node) -> list[Node]:
    """Return the SELECTs that make the query's own rows."""
    if query.get("type") == "SET_OPERATION_NODE":
        children = query.get("children") or [query.get("left"), query.get("right")]
        return [leaf for child in children if child for leaf in _branches(child)]
    return [query] if query.get("type") == "SELECT_NODE" else []


def _parse(sql: str) -> Node:
    with duckdb.connect() as con:
        row = con.execute(read_text("jobs/sources/parse.sql"), {"sql": sql}).fetchone()
    parsed: Node = json.loads(row[0] if row else "{}")
    if parsed.get("error", True):
        raise SettingError(f"a mapping is one SELECT over source: {parsed.get('error_message', 'it cannot be parsed')}")
    if len(parsed["statements"]) != 1:
        raise SettingError(f"a mapping is one SELECT over source, this has {len(parsed['statements'])} statements")
    return parsed


def _refuse_what_reaches_out(query: Node) -> None:
    changing, _ = _functions()
    known = {_SOURCE, *(entry["key"] for node in _walk(query) for entry in node.get("cte_map", {}).get("map", []))}
    for node in _walk(query):
        kind = node.get("type")
        if kind == "BASE_TABLE" and (node["table_name"] not in known or node.get("schema_name") or node.get("catalog_name")):
            raise SettingError(f"a mapping reads only source, not {node['table_name']!r}")
        if kind == "TABLE_FUNCTION" and node["function"]["function_name"].lower() not in _TABLE_FUNCTIONS:
            raise SettingError(f"a mapping reads only source, not {node['function']['function_name']}(…)")
        if kind == "SHOW_REF":
            raise SettingError("a mapping is one SELECT over source, not DESCRIBE, SHOW or SUMMARIZE")
        if _is_clock(node, changing):
            raise SettingError(f"a mapping may depend on nothing but its rows, so not on {_called(node) or node['column_names'][0]}")


def _called(node: Node) -> str:
    return str(node.get("function_name", "")).lower() if node.get("class") == "FUNCTION" else ""


def _is_clock(node: Node, changing: frozenset[str]) -> bool:
    if node.get("class") == "COLUMN_REF":
        return len(node["column_names"]) == 1 and node["column_names"][0].lower() in _CLOCKS
    return _called(node) in changing


def _looks_at_many(leaf: Node) -> bool:
    """Say whether a SELECT compares rows: aggregates, windows, order, limits, or two readings of one table."""
    _, aggregates = _functions()
    own = list(_walk(leaf, skip="cte_map"))
    tables = sum(node.get("type") == "BASE_TABLE" for node in own)
    return tables > 1 or any(node.get("class") == "WINDOW" or _called(node) in aggregates or bool(node.get("modifiers")) for node in own)


def _groups(leaf: Node) -> bool:
    """Say whether a SELECT's own rows are groups of others, which have no row number."""
    _, aggregates = _functions()
    own = [leaf.get(part) for part in ("select_list", "having", "qualify", "modifiers")]
    called = any(_called(node) in aggregates for node in _walk(own, skip="subquery"))
    return called or bool(leaf.get("group_expressions")) or any(node.get("type") == "DISTINCT_MODIFIER" for node in leaf.get("modifiers", []))


def _hand_row_number_through(query: Node) -> None:
    for leaf in _branches(query):
        given = [column.get("alias") or (column.get("column_names") or [""])[-1] for column in leaf["select_list"]]
        has_star = any(column.get("class") == "STAR" and not column.get("columns") for column in leaf["select_list"])
        if ROW_NUMBER not in given and not has_star and not _groups(leaf):
            leaf["select_list"].append({"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "", "column_names": [ROW_NUMBER]})


def check_select(sql: str) -> Select:
    """Accept a mapping's statement, or say why not.

    Raises:
        SettingError: it is not one SELECT, reads something else than ``source``, or depends on the clock or on chance.
    """
    parsed = _parse(sql)
    query: Node = parsed["statements"][0]["node"]
    _refuse_what_reaches_out(query)
    leaves = _leaves(query)
    unions_all = all(
        node.get("setop_all") and "UNION" in node.get("setop_type", "") for node in _walk(query) if node.get("type") == "SET_OPERATION_NODE"
    )
    row_wise = unions_all and not query.get("modifiers") and not any(_looks_at_many(leaf) for leaf in leaves)
    spreads = any(node.get("type") in _MANY_ROWS or _called(node) == "unnest" for node in _walk(query))
    branching = spreads or not unions_all or any(node.get("type") == "SET_OPERATION_NODE" for node in _walk(query))
    _hand_row_number_through(query)
    with duckdb.connect() as con:
        row = con.execute(read_text("jobs/sources/unparse.sql"), {"parsed": json.dumps(parsed)}).fetchone()
    return Select(row[0] if row else sql, row_wise, branching)
