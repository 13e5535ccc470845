"""Returned: what a rule of scope all returned, checked; its columns as the mart takes them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.columns import Array, array, numbers
from pipelines.judge.found import OPTIONAL, TYPES, column, interval_keys, wrong
from pipelines.judge.rule import Rule

_WANTED = ("subject_kind", "subject_id", "opening_key", "opened_at", "since", "evidence")


def nothing(count: int, kind: pa.DataType) -> Array:
    """Return a column of so many nulls."""
    made: Any = pa.nulls
    return made(count, kind)  # type: ignore[no-any-return]


def returned(rule: Rule, result: pa.Table) -> pa.Table:
    """Check the result of a rule of scope all.

    Returns:
        ``key, customer_id, subject_kind, subject_id, opened_at, since, until, value, threshold, evidence_keys, site, team, operation``.

    Raises:
        RuleError: it is no table of intervals.
    """
    kinds = {**TYPES, "customer_id": pa.string()}
    columns: dict[str, Array] = {name: column(rule, result, name, kind) for name, kind in kinds.items()}
    for name in _WANTED:
        if columns[name].null_count:
            raise wrong(rule, f"returns null as {name}")
    for name, kind in OPTIONAL.items():
        columns[name] = column(rule, result, name, kind) if name in result.column_names else nothing(len(result), kind)
    opening = numbers(columns["opening_key"])
    if len(pc.unique(columns["opening_key"])) < len(opening):
        raise wrong(rule, "returns two intervals of one opening_key")
    backwards: Array = pc.less(columns["until"], columns["since"])
    if pc.any(backwards).as_py():
        raise wrong(rule, "returns an interval whose until lies before its since")
    made = {"key": array(interval_keys(rule, opening)), **columns, "evidence_keys": columns["evidence"]}
    return pa.table({name: each for name, each in made.items() if name not in ("opening_key", "evidence")})
