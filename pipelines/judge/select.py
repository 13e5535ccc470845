"""What a rule's SELECT may be: one statement over what rules see, a function of that and of nothing else. Judged on the parsed statement."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb

from pipelines.judge.rule import Rule
from pipelines.resources import read_text
from schemas.errors import RuleError
from schemas.roles import ROLES

Node = dict[str, Any]  # a piece of DuckDB's syntax tree, as json_serialize_sql gives it

_TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})
_CLOCKS = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"})
_ASKED = re.compile(r"\b(?:has|bit_of)\s*\([^()']*'([^']*)'\s*\)", re.IGNORECASE)


@dataclass(frozen=True)
class Needs:
    """What a rule reads.

    Attributes:
        tables: Of those that it may read.
        words: All names in it: columns that aren't among them need not be made. None: it may take any, by a pattern.
    """

    tables: frozenset[str]
    words: frozenset[str] | None


def check_select(con: duckdb.DuckDBPyConnection, rule: Rule, tables: frozenset[str]) -> Needs:
    """Return what a rule reads.

    Args:
        con: A connection that can parse.
        rule: The rule.
        tables: What rules of its scope see.

    Raises:
        RuleError: it is not one SELECT, reads something else, depends on the clock or on chance, or asks for a role that there is not.
    """
    query = _parsed(con, rule)
    own = {entry["key"] for node in _walk(query) for entry in node.get("cte_map", {}).get("map", [])}
    read = set()
    for node in _walk(query):
        kind, name = node.get("type"), str(node.get("table_name", "")).lower()
        if kind == "BASE_TABLE" and not (name in own and not node.get("schema_name")):
            if name not in tables or node.get("schema_name") or node.get("catalog_name"):
                raise RuleError(f"{rule.name}.sql reads {node['table_name']!r}; a rule of scope {rule.scope} may read {', '.join(sorted(tables))}")
            read.add(name)
        if kind == "TABLE_FUNCTION" and (called := node["function"]["function_name"].lower()) not in _TABLE_FUNCTIONS:
            raise RuleError(f"{rule.name}.sql reads {called}(…); a rule of scope {rule.scope} may read {', '.join(sorted(tables))}")
        if kind == "SHOW_REF":
            raise RuleError(f"{rule.name}.sql must be one SELECT, not DESCRIBE, SHOW or SUMMARIZE")
        if (word := _clock(con, node)) is not None:
            raise RuleError(f"{rule.name}.sql depends on {word}; a rule may depend on nothing but the events that it sees")
    for role in _ASKED.findall(rule.sql):
        if role not in ROLES:
            raise RuleError(f"{rule.name}.sql asks for the role {role!r}; allowed: {', '.join(ROLES)}")
    patterns = any(node.get("class") == "STAR" and node.get("columns") for node in _walk(query))
    return Needs(frozenset(read), None if patterns else frozenset(word.lower() for word in _leaves(query)))


def _leaves(root: object) -> Iterator[str]:
    """Yield every text in a tree."""
    for node in _walk(root):
        for value in node.values():
            yield from (each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str))


def _parsed(con: duckdb.DuckDBPyConnection, rule: Rule) -> Node:
    [row] = con.execute(read_text("pipelines/judge/parse.sql"), {"sql": rule.sql}).fetchall()
    parsed: Node = json.loads(row[0])
    if parsed.get("error", True):
        raise RuleError(f"{rule.name}.sql must be one SELECT: {parsed.get('error_message', 'it cannot be parsed')}")
    if len(parsed["statements"]) != 1:
        raise RuleError(f"{rule.name}.sql must be one SELECT, it has {len(parsed['statements'])} statements")
    node: Node = parsed["statements"][0]["node"]
    return node


def _walk(root: object) -> Iterator[Node]:
    """Yield every node of a tree."""
    todo = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            yield node
            todo += node.values()
        elif isinstance(node, list):
            todo += node


def _clock(con: duckdb.DuckDBPyConnection, node: Node) -> str | None:
    """Return by what a node reads the clock or throws dice, if it does."""
    if node.get("class") == "COLUMN_REF":
        word = str(node["column_names"][-1]).lower()
        return word if len(node["column_names"]) == 1 and word in _CLOCKS else None
    called = str(node.get("function_name", "")).lower() if node.get("class") == "FUNCTION" else ""
    return called if called in _changing() else None


@cache
def _changing() -> frozenset[str]:
    with duckdb.connect() as con:
        return frozenset(name for (name,) in con.sql(read_text("pipelines/judge/functions.sql")).fetchall())
