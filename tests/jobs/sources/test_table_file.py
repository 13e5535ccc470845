"""Tables as sources: known again, and read again where they were changed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from jobs.sources.mapping import parse_mapping
from jobs.sources.source import Size, Stopper
from jobs.sources.table_file import TableFile
from schemas.errors import SourceError
from schemas.journal import SourceRange

MAPPING = parse_mapping("mine", "SELECT who AS customer_id, 'a.b' AS type, '2026-01-01T00:00:00Z' AS time FROM source")


def read_whole(source: TableFile, known: dict[str, SourceRange]) -> tuple[str, dict[str, SourceRange]]:
    """Read all of it as a run does; return its name and what is known then."""
    name, reached = source.find(known)
    assert reached is None
    (piece,) = source.read(0, Size(), Stopper())
    return name, {**known, name: source.describe(0, piece, 0)}


def test_a_table_changed_in_its_midst_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = ["who", *(f"{k:08}" for k in range(2_000))]
    path.write_text("\n".join(rows))
    name, known = read_whole(TableFile(path, MAPPING), {})
    assert TableFile(path, MAPPING).find(known) == (name, known[name])
    rows[1_000] = "somebody"
    path.write_text("\n".join(rows))
    os.utime(path, ns=(0, known[name].mtime_ns + 1))
    again, _ = read_whole(TableFile(path, MAPPING), known)
    assert again != name


def test_a_table_that_may_not_be_read_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(SourceError, match=r"folder\.csv"):
        TableFile(tmp_path / "folder.csv", MAPPING).find({})


def test_a_table_changed_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("who\nann\nbob\n")
    source = TableFile(path, MAPPING)
    name, _ = source.find({})
    (piece,) = source.read(0, Size(), Stopper())
    path.write_text("who\nann\nbob\neve\n")
    assert TableFile(path, MAPPING).find({name: source.describe(0, piece, 0)})[1] is None


@pytest.mark.parametrize(
    ("text", "customers"),
    [
        (b"", []),
        (b"\n\r\n", []),
        (b"who\n", []),
        (b"\xef\xbb\xbfwho\r\nann\r\n\r\nbob", ["ann", "bob"]),
    ],
)
def test_empty_tables_byte_order_marks_and_other_line_ends_behave(tmp_path: Path, text: bytes, customers: list[str]) -> None:
    (tmp_path / "t.csv").write_bytes(text)
    lines = [line for piece in TableFile(tmp_path / "t.csv", MAPPING).read(0, Size(), Stopper()) for line in piece.lines]
    assert [json.loads(line)["customer_id"] for line in lines] == customers
