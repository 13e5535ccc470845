"""JSON lines: cut anywhere, known again, and never a line lost."""

from __future__ import annotations

import gzip
import io
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from jobs.sources.jsonl import SETTLED_S, JsonLines, Pipe
from jobs.sources.line_batches import LONGEST_LINE, batches
from jobs.sources.source import TAIL, Size, Stopper
from schemas.errors import SourceError
from schemas.journal import SourceRange


def read_whole(source: JsonLines, known: dict[str, SourceRange]) -> tuple[str, dict[str, SourceRange]]:
    """Read as a run does, from where it was left; return the source's name and what is known then."""
    name, reached = source.find(known)
    for piece in source.read(reached.hi if reached else 0, Size(), Stopper()):
        known = {**known, name: source.describe(piece.lo, piece, 0)}
    return name, known


def all_of(path: Path, start: int = 0, rows: int = 3) -> list[bytes]:
    return [line for piece in JsonLines(path).read(start, Size(rows), Stopper()) for line in piece.lines]


@given(st.lists(st.binary(max_size=8).filter(lambda b: b"\n" not in b)), st.integers(1, 7), st.integers(1, 5), st.booleans())
def test_lines_do_not_depend_on_how_bytes_are_cut(lines: list[bytes], block: int, rows: int, ended: bool) -> None:
    data = b"\n".join(lines) + (b"\n" if ended and lines else b"")
    blocks = [data[at : at + block] for at in range(0, len(data), block)]
    pieces = list(batches(iter(blocks), 0, Size(rows)))
    marked = [line.removeprefix(b"\xef\xbb\xbf") if place == 0 else line for place, line in enumerate(lines)]
    full = [line.removesuffix(b"\r") for line in marked if line and not line.isspace()]
    assert [line for piece in pieces for line in piece.lines] == full
    assert [len(piece.lines) for piece in pieces if piece.lines] == [min(rows, len(full) - at) for at in range(0, len(full), rows)]
    assert [piece.lo for piece in pieces][1:] == [piece.hi for piece in pieces][:-1]
    assert all(piece.tail == data[max(0, piece.hi - TAIL) : piece.hi] for piece in pieces)
    assert not pieces or pieces[-1].hi == len(data)


def test_a_batch_has_as_many_lines_as_it_may_have_however_small_the_file_is(tmp_path: Path) -> None:
    (tmp_path / "events").write_bytes(b"".join(b"%d\n" % k for k in range(1_000)))
    for rows in (1, 7, 100, 1_000, 5_000):
        pieces = list(JsonLines(tmp_path / "events").read(0, Size(rows), Stopper()))
        assert len(pieces) == -(-1_000 // rows)
        assert [piece.hi for piece in pieces][-1] == (tmp_path / "events").stat().st_size


def test_batches_grow_while_there_is_more() -> None:
    size, counts = Size(40), []
    size.rows = 10
    for piece in batches(iter([b"x\n" * 100]), 0, size):
        counts.append(len(piece.lines))
        size.grow()
    assert counts == [10, 20, 40, 30]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"\n \n\r\n\n", []),
        (b"\xef\xbb\xbf", []),
        (b"\xef\xbb\xbf{}\n{}\n", [b"{}", b"{}"]),
        (b"\xef\xbb\xbf{}", [b"{}"]),
        (b"{}\n\xef\xbb\xbf{}\n", [b"{}", b"\xef\xbb\xbf{}"]),
        (b'{"a":1}\r\n\r\n{"b":"\\r"}\r\n', [b'{"a":1}', b'{"b":"\\r"}']),
        (b'{"a":1}\r\n{"b":2}', [b'{"a":1}', b'{"b":2}']),
    ],
)
def test_blank_lines_byte_order_marks_and_other_line_ends_are_no_content(data: bytes, lines: list[bytes]) -> None:
    for cut in range(1, len(data) + 1):
        pieces = list(batches(iter([data[at : at + cut] for at in range(0, len(data), cut)]), 0, Size()))
        assert [line for piece in pieces for line in piece.lines] == lines
        assert sum(piece.hi - piece.lo for piece in pieces) == len(data)


@given(st.lists(st.sampled_from([b"a", b"bb", b"", b" "]), min_size=1), st.data())
def test_reading_goes_on_at_any_cut(lines: list[bytes], data: st.DataObject) -> None:
    whole = b"\n".join(lines)
    pieces = list(batches(iter([whole]), 0, Size(1)))
    stop = data.draw(st.sampled_from([0, *(piece.hi for piece in pieces)]))
    rest = [line for piece in batches(iter([whole[stop:]]), stop, Size(1)) for line in piece.lines]
    before = [line for piece in pieces if piece.hi <= stop for line in piece.lines]
    assert before + rest == [line for line in lines if line.strip()]


def test_a_packed_file_gives_the_same_lines(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"one\ntwo\nthree\n")
    (tmp_path / "packed").write_bytes(gzip.compress(b"one\ntwo\nthree\n"))
    assert all_of(tmp_path / "plain") == all_of(tmp_path / "packed") == [b"one", b"two", b"three"]
    assert all_of(tmp_path / "packed", start=4) == [b"two", b"three"]


def test_a_file_that_has_grown_is_the_same_source_and_one_that_was_rewritten_is_not(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b"one\ntwo\n")
    source = JsonLines(path)
    name, reached = source.find({})
    assert reached is None
    piece = next(source.read(0, Size(10), Stopper()))
    known = {name: source.describe(0, piece, 0)}
    assert source.find(known)[0] == name
    path.write_bytes(b"one\ntwo\nthree\n")
    again, reached = source.find(known)
    assert again == name
    assert reached is not None
    assert reached.hi == 8
    path.write_bytes(b"one\nTWO\nthree\n")
    assert source.find(known)[0] != name


PACKINGS = [gzip.compress, zstandard.ZstdCompressor(write_checksum=True).compress]
LINES = b"".join(b"%032x\n" % (k * 7919**8) for k in range(3_000))


def test_a_packed_file_rewritten_shorter_is_another_source(tmp_path: Path) -> None:
    for pack in PACKINGS:
        path = tmp_path / "packed"
        path.write_bytes(pack(LINES))
        name, known = read_whole(JsonLines(path), {})
        path.write_bytes(pack(LINES[: len(LINES) // 2]))
        again, reached = JsonLines(path).find(known)
        assert again != name
        assert reached is None


@pytest.mark.parametrize("pack", PACKINGS)
@pytest.mark.parametrize("kept", [5, 12, 20_000, -3])
def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path, pack: Callable[[bytes], bytes], kept: int) -> None:
    path = tmp_path / "events.packed"
    path.write_bytes(pack(LINES)[:kept])
    with pytest.raises(SourceError, match=r"events\.packed"):
        read_whole(JsonLines(path), {})


@pytest.mark.parametrize("pack", PACKINGS)
def test_a_file_with_broken_bytes_in_its_midst_is_an_error_that_names_it(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path, whole = tmp_path / "events.packed", pack(LINES)
    path.write_bytes(whole[:20_000] + b"\xff" * 1_000 + whole[21_000:])
    with pytest.raises(SourceError, match=r"events\.packed"):
        read_whole(JsonLines(path), {})


def test_standard_input_is_a_new_source_every_time() -> None:
    pipe = Pipe(io.BytesIO(b""), 5)
    name, _ = pipe.find({})
    assert pipe.find({name: pipe.describe(0, next(batches(iter([b"x\n", None]), 0, Size())), 0)})[0] != name


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    pieces = list(batches(iter([b"x" * LONGEST_LINE, b"x" * 10, b"\nshort\n"]), 0, Size()))
    lengths = [len(line) for piece in pieces for line in piece.lines]
    assert lengths == [LONGEST_LINE, 10, 5]


EVENT = b'{"id":"1","text":"\xd0\xb6 {","attributes":{"a":"b"}}'


@pytest.mark.parametrize("kept", range(1, len(EVENT)))
def test_a_half_written_event_is_read_whole_by_a_later_run(tmp_path: Path, kept: int, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"{}\n" + EVENT[:kept])
    name, known = read_whole(JsonLines(path), {})
    assert known[name].hi == 3
    assert f"events.jsonl ends in the midst of a line: its last {kept} bytes" in caplog.text
    path.write_bytes(b"{}\n" + EVENT + b"\n{}\n")
    assert JsonLines(path).find(known) == (name, known[name])
    assert all_of(path, start=3) == [EVENT, b"{}"]


def test_a_half_written_event_behind_a_byte_order_mark_is_left_too(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes(b"\xef\xbb\xbf" + EVENT[:9])
    assert all_of(tmp_path / "events.jsonl") == []


@pytest.mark.parametrize("last", [EVENT, EVENT + b" ", EVENT + b"\r", b"garbage", b"\xff\xfe", b"[1"])
def test_a_last_line_that_is_whole_or_can_never_be_an_event_needs_no_newline(tmp_path: Path, last: bytes) -> None:
    (tmp_path / "events.jsonl").write_bytes(b"{}\n" + last)
    assert all_of(tmp_path / "events.jsonl") == [b"{}", last.removesuffix(b"\r")]


def test_a_half_written_event_that_nobody_completes_in_a_day_comes_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"{}\n" + EVENT[:9])
    name, known = read_whole(JsonLines(path), {})
    yesterday = time.time() - SETTLED_S - 60
    os.utime(path, (yesterday, yesterday))
    assert [line for piece in JsonLines(path).read(known[name].hi, Size(), Stopper()) for line in piece.lines] == [EVENT[:9]]
    assert all_of(path) == [b"{}", EVENT[:9]]


def test_what_a_pipe_ends_with_comes_as_it_is() -> None:
    assert [line for piece in Pipe(io.BytesIO(b"{}\n" + EVENT[:9]), 5).read(0, Size(), Stopper()) for line in piece.lines] == [b"{}", EVENT[:9]]


def followed(source: JsonLines, known: dict[str, SourceRange], stopper: Stopper) -> Iterator[tuple[list[bytes], dict[str, SourceRange]]]:
    """Follow a file as a run does, over its rotations: yield the lines of each piece, and what is known then."""
    while not stopper.stopped:
        name, reached = source.find(known)
        for piece in source.read(reached.hi if reached else 0, Size(), stopper):
            if piece.lines:
                known[name] = source.describe(piece.lo, piece, 0)
            yield piece.lines, known
        if not source.rotated:
            return


def next_lines(pieces: Iterator[tuple[list[bytes], dict[str, SourceRange]]]) -> list[bytes]:
    """Return the next lines that come, for at most some seconds."""
    due = time.monotonic() + 20
    return next(lines for lines, _ in pieces if lines or time.monotonic() > due)


def moved_away(path: Path) -> None:
    path.rename(path.with_name("events.1"))
    path.write_bytes(b"")


def emptied(path: Path) -> None:
    os.truncate(path, 0)


@pytest.mark.parametrize("rotate", [moved_away, emptied])
def test_a_followed_file_that_is_begun_anew_is_read_anew(tmp_path: Path, rotate: Callable[[Path], None]) -> None:
    path, stopper, known = tmp_path / "events", Stopper(), dict[str, SourceRange]()
    path.write_bytes(b'{"a":1}\n{"b":2}\n')
    pieces = followed(JsonLines(path, follow=True), known, stopper)
    assert next_lines(pieces) == [b'{"a":1}', b'{"b":2}']
    rotate(path)
    with path.open("ab") as file:
        file.write(b'{"c":3}\n')
    assert next_lines(pieces) == [b'{"c":3}']
    with path.open("ab") as file:
        file.write(b'{"d":4}\n')
    assert next_lines(pieces) == [b'{"d":4}']
    stopper.stop()
    assert not any(lines for lines, _ in pieces)
    assert sorted(reached.hi for reached in known.values()) == [16, 16]
    name, reached = JsonLines(path).find(known)
    assert reached == known[name]
    assert reached.size == path.stat().st_size


def test_what_a_writer_adds_to_a_file_that_was_moved_away_is_read_first(tmp_path: Path) -> None:
    path, stopper, known = tmp_path / "events", Stopper(), dict[str, SourceRange]()
    path.write_bytes(b'{"a":1}\n')
    pieces = followed(JsonLines(path, follow=True), known, stopper)
    assert next_lines(pieces) == [b'{"a":1}']
    with path.open("ab") as file:
        moved_away(path)
        path.write_bytes(b'{"c":3}\n')
        file.write(b'{"b":2}\n{"half')
    assert [next_lines(pieces) for _ in range(3)] == [[b'{"b":2}'], [b'{"half'], [b'{"c":3}']]
    assert JsonLines(tmp_path / "events.1").find(known)[1] is not None


def test_a_followed_file_that_is_moved_away_and_not_begun_anew_is_waited_for(tmp_path: Path) -> None:
    path, stopper = tmp_path / "events", Stopper()
    path.write_bytes(b'{"a":1}\n')
    pieces = followed(JsonLines(path, follow=True), {}, stopper)
    assert next_lines(pieces) == [b'{"a":1}']
    path.rename(tmp_path / "events.1")
    assert [next(pieces)[0] for _ in range(3)] == [[], [], []]
    path.write_bytes(b'{"c":3}\n')
    assert next_lines(pieces) == [b'{"c":3}']


def test_a_half_written_event_is_left_when_following_is_stopped(tmp_path: Path) -> None:
    path, stopper = tmp_path / "events", Stopper()
    path.write_bytes(b"{}\n" + EVENT[:9])
    pieces = followed(JsonLines(path, follow=True), {}, stopper)
    assert next_lines(pieces) == [b"{}"]
    stopper.stop()
    assert not any(lines for lines, _ in pieces)
