"""Combinations of columns, against a dict of tuples."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipelines.fold.distinct import combinations

WORDS = st.none() | st.sampled_from(["", "a", "b"])
ROWS = st.lists(st.tuples(WORDS, WORDS, st.none() | st.integers(-1, 1)), max_size=8)
SCHEMA = pa.schema([("one", pa.string()), ("two", pa.string()), ("number", pa.int64())])


def table(rows: list[tuple[str | None, str | None, int | None]], *, coded: bool) -> pa.Table:
    """Write rows, and their words with a dictionary or without."""
    made = pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA)
    return made.set_column(0, "one", made["one"].dictionary_encode()) if coded else made


@given(st.lists(ROWS, min_size=1, max_size=3), st.booleans())
def test_each_combination_is_there_once_and_each_row_finds_its_own(parts: list[list[tuple[str | None, str | None, int | None]]], coded: bool) -> None:
    whole = pa.concat_tables([table(rows, coded=coded) for rows in parts])
    found, places = combinations(whole, SCHEMA.names)
    rows = [tuple(row.values()) for row in found.to_pylist()]
    assert len(set(rows)) == len(rows)
    assert [rows[place] for place in places] == [row for part in parts for row in part]


def test_more_combinations_than_64_bits_can_number_are_told_apart() -> None:
    names = [f"column {n}" for n in range(20)]
    whole = pa.table({name: [str(n // 20 + (n % 20 == place)) for n in range(200)] for place, name in enumerate(names)})
    found, places = combinations(whole, names)
    assert found.take(pa.array(places)).equals(whole)
    assert len(found) == 200
