"""What a rule found, checked and told in the words of the journal's ``intervals``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.columns import Array, array, chosen, numbers, whole
from pipelines.judge.rule import Rule
from pipelines.judge.sight import Sight
from pipelines.lexicon import Lexicon
from pipelines.state import CASE, KIND, State
from schemas import journal
from schemas.errors import RuleError

Places = NDArray[np.int64]
_INSTANT, _NUMBER, _TEXT = pa.timestamp("us"), pa.int64(), pa.string()
TYPES: dict[str, pa.DataType] = {
    **{"customer_id": pa.uint64(), "subject_kind": _TEXT, "subject_id": _TEXT, "opening_key": pa.uint64()},
    **{"opened_at": _INSTANT, "since": _INSTANT, "until": _INSTANT, "value": _NUMBER, "threshold": _NUMBER, "evidence": pa.list_(pa.uint64())},
}
"""What a rule returns."""
OPTIONAL: dict[str, pa.DataType] = {"site": _TEXT, "team": _TEXT, "operation": _TEXT}
_WANTED = ("customer_id", "subject_kind", "opening_key", "opened_at", "since", "evidence")
"""Of these none may be null."""
_TOLD = tuple(name for name in journal.INTERVALS.names if name not in ("op", "existed", "evidence"))
_NULLS: Any = pa.nulls
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Found:
    """Intervals of one rule over some islands, checked.

    Attributes:
        rule: The rule.
        columns: What it returned, of the types of `TYPES` and `OPTIONAL`; ``subject_id`` only where it is a text.
        place: Where the event that opened each stands in the state.
        evidence: Where the events of the evidence stand, of one interval after another.
    """

    rule: Rule
    columns: Mapping[str, Array]
    place: Places
    evidence: Places


def interval_keys(rule: Rule, opening: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the keys of intervals: 64 bits of the rule's name and of the opening event's key, which holds the customer."""
    mixed = (opening ^ np.uint64(rule.seed)) * _GOLDEN
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return np.asarray(mixed ^ (mixed >> np.uint64(32)))


def checked(rule: Rule, result: pa.Table, sight: Sight, unit: Places) -> Found:
    """Check a rule's result.

    Args:
        rule: The rule.
        result: What it returned.
        sight: The rows that it saw.
        unit: What it saw as the customer of each.

    Raises:
        RuleError: it is no table of intervals over these rows.
    """
    columns = {name: column(rule, result, name, kind) for name, kind in TYPES.items() if name != "subject_id"}
    columns |= {name: column(rule, result, name, kind) for name, kind in OPTIONAL.items() if name in result.column_names}
    if "subject_id" not in result.column_names or not pa.types.is_integer(result["subject_id"].type):
        columns["subject_id"] = column(rule, result, "subject_id", _TEXT)
    for name in _WANTED:
        if columns[name].null_count:
            raise wrong(rule, f"returns null as {name}")
    place, evidence = _evidence(rule, columns, sight, unit)
    if pc.any(pc.less(columns["until"], columns["since"])).as_py():
        raise wrong(rule, "returns an interval whose until lies before its since")
    opening = numbers(columns["opening_key"])
    if len(np.unique(opening)) < len(opening):
        raise wrong(rule, "returns two intervals of one opening_key")
    return Found(rule, columns, sight.places[place], sight.places[evidence])


def told(found: Sequence[Found], state: State, lexicon: Lexicon) -> pa.Table:
    """Tell what rules found in the journal's columns from ``rule`` on, but for ``evidence``."""
    if not found:
        return pa.schema([journal.INTERVALS.field(name) for name in _TOLD]).empty_table()
    opened = Sight(state, lexicon, np.concatenate([each.place for each in found]))
    table: dict[str, Array] = {
        **{name: _each(found, [getattr(each.rule, name) for each in found]) for name in ("record", "unit")},
        "rule": _each(found, [each.rule.name for each in found]),
        "key": array(np.concatenate([interval_keys(each.rule, numbers(each.columns["opening_key"])) for each in found])),
        "customer_id": _customers(opened, np.arange(len(opened.places))),
        "subject_id": _subjects(found, opened),
        **{f"{name}_us": _joined(found, f"{name}_at" if name == "opened" else name).cast(pa.int64()) for name in ("opened", "since", "until")},
        **{name: _joined(found, name) for name in ("subject_kind", "value", "threshold", "operation")},
        "evidence_keys": _joined(found, "evidence"),
        "journey": opened.column("journey_id"),
        **{name: _text(opened, name) for name in ("stage", "channel")},
        **{name: _given(found, name, opened) for name in ("site", "team")},
    }
    return pa.table({name: table[name] for name in _TOLD}).cast(pa.schema([journal.INTERVALS.field(name) for name in _TOLD]))


def _each(found: Sequence[Found], values: Sequence[str | bool]) -> Array:
    """Return a value of each rule once for each of its intervals."""
    made: Any = pa.array(values)
    return whole(made.take(array(np.repeat(np.arange(len(found)), [len(each.place) for each in found]))))


def _joined(found: Sequence[Found], name: str) -> Array:
    """Return a column of all rules, null where one doesn't return it."""
    kind = {**TYPES, **OPTIONAL}[name]
    parts: list[Any] = [each.columns[name] if name in each.columns else _NULLS(len(each.place), kind) for each in found]
    return pa.concat_arrays(parts)


def _given(found: Sequence[Found], name: str, opened: Sight) -> Array:
    """Return a column of the rules that return it; of others what the opening event says."""
    if not any(name in each.columns for each in found):
        return _text(opened, name)
    given = np.repeat([name in each.columns for each in found], [len(each.place) for each in found])
    return chosen(_joined(found, name), given, _text(opened, name))


def wrong(rule: Rule, what: str) -> RuleError:
    """Return the refusal of a result."""
    return RuleError(f"{rule.name}.sql {what}; what a rule returns is said in pipelines/rules/README.md")


def column(rule: Rule, result: pa.Table, name: str, kind: pa.DataType) -> Array:
    """Return one column of a result, of the type that it must have. Raises RuleError where it can't have it."""
    if name not in result.column_names:
        raise wrong(rule, f"returns no column {name}; needed: {', '.join(TYPES)}")
    column = whole(result[name])
    if kind == _INSTANT and (not pa.types.is_timestamp(column.type) or column.type.tz is not None) and not pa.types.is_null(column.type):
        raise wrong(rule, f"returns {name} as {column.type}; it must be a TIMESTAMP without a zone")
    if kind == _TEXT and not (pa.types.is_string(column.type) or pa.types.is_dictionary(column.type) or pa.types.is_null(column.type)):
        raise wrong(rule, f"returns {name} as {column.type}; it must be a text")
    if kind == _NUMBER and pa.types.is_string(column.type):
        raise wrong(rule, f"returns {name} as a text; it must be a whole number")
    if column.type == kind:
        return column
    try:
        cast: Any = column.cast(kind)
        return whole(cast)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise wrong(rule, f"returns {name} as {column.type}, which is no {kind}: {error}") from None


def _evidence(rule: Rule, columns: dict[str, Array], sight: Sight, unit: Places) -> tuple[Places, Places]:
    """Return which row the first of each evidence is, and which all of them are; all must be of the island that the interval is of."""
    lists: Any = columns["evidence"]
    size = numbers(pc.list_value_length(lists)).astype(np.int64)
    if (size == 0).any():
        raise wrong(rule, "returns an interval without evidence")
    owner = np.repeat(numbers(columns["customer_id"]).astype(np.int64), size)
    found = sight.find(numbers(pc.list_flatten(lists)).astype(np.uint64))
    if (np.append(unit, -1)[found] != owner).any() or (owner < 0).any():  # the last is of what is not found
        raise wrong(rule, "returns evidence that is no key of an event of the same island, or another customer_id than it saw")
    return found[np.cumsum(size) - size], found


def _text(sight: Sight, name: str) -> Array:
    made: Any = sight.column(name)
    return whole(made.cast(_TEXT))


def _customers(opened: Sight, at: Places) -> Array:
    """Return what the customers of some rows are called."""
    return opened.state.names_of(opened.state.chains.rows["customer"][opened.rows["chain"][at]])


def _subjects(found: Sequence[Found], opened: Sight) -> Array:
    """Return the subjects as texts: a number stands for one of the ids of the opening event."""
    encoded: Any = _joined(found, "subject_kind").dictionary_encode()
    named = np.repeat(["subject_id" in each.columns for each in found], [len(each.place) for each in found])
    code = np.where(named, -1, numbers(encoded.indices))
    parts: list[Any] = [_joined(found, "subject_id").filter(array(named))]
    order = [np.flatnonzero(named)]
    for number, kind in enumerate(encoded.dictionary.to_pylist()):
        mine = np.flatnonzero(code == number)
        parts.append(_ids(kind, opened, mine))
        order.append(mine)
    joined: Any = pa.concat_arrays(parts)
    return whole(joined.take(array(np.argsort(np.concatenate(order)))))


def _ids(kind: str, opened: Sight, at: Places) -> Array:
    """Return the texts of the ids that a kind of subject stands for, of some rows."""
    rows, state = opened.rows.take(at), opened.state
    if kind == "customer":
        return _customers(opened, at)
    if kind == "case":
        named: Any = pc.if_else
        return whole(named(array(rows["flags"] & KIND == CASE), state.names_of(rows["chain"]), pa.scalar(None, _TEXT)))
    if kind == "journey":
        return pa.array([f"j{number:016x}" if number else None for number in opened.marks["journey"][at].tolist()], _TEXT)
    return state.event_ids(opened.places[at])


def with_evidence(table: pa.Table, places: Places, state: State) -> pa.Table:
    """Add the ids of the events of the evidence, which stand at these places."""
    offsets: Any = pa.array(np.append(0, np.cumsum(sizes_of(table))).astype(np.int32))
    evidence: Any = pa.ListArray.from_arrays(offsets, state.event_ids(places))
    return table.add_column(table.schema.get_field_index("evidence_keys"), "evidence", evidence)


def sizes_of(table: pa.Table) -> Places:
    """Return how many events the evidence of each interval is."""
    lists: Any = whole(table["evidence_keys"])
    return numbers(pc.list_value_length(lists)).astype(np.int64)
