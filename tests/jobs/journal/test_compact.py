"""Compaction: whenever it happens, and whatever is removed after it, no answer changes."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.check import check_all
from jobs.contents import Contents
from jobs.journal.compact import compact
from jobs.journal.log import Journal
from jobs.journal.readers import reading
from jobs.keeper import Keeper
from jobs.mart.open import open_mart
from jobs.mart.snapshot import finished
from jobs.run import RunSettings, run
from jobs.simulate import simulate
from jobs.sources.journal import JournalFacts
from jobs.sources.jsonl import JsonLines
from jobs.upkeep import Housekeeper, expire_all, keep, sweep
from pipelines.judge.shelf import shelf
from schemas.errors import CompactedError, FencedError
from schemas.journal import Base
from schemas.journey_map import default_map
from tests.chaos.kills import compared, rows_of
from tests.generated.arrangements import Arrangement, arrangements
from tests.generated.events import Event, histories
from tests.generated.maps import small_map
from tests.jobs.conftest import piped
from tests.jobs.journal.conftest import Rows, Yard

EXAMPLES = 25 if settings().derandomize else 4
BEFORE = ("nothing", "compact", "part", "forget", "follow")
"""What happens before a batch is committed: the cache is kept, or lost with the process, or the mart reads on."""


def calm(folder: Path, arrangement: Arrangement) -> Rows:
    yard = Yard(folder, len(arrangement.partitions))
    for number, batches in enumerate(arrangement.partitions):
        for batch in batches:
            yard.commit(batch, number)
    return yard.rebuilt()


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_compaction_at_any_moment_changes_no_pure_table(data: st.DataObject) -> None:
    arrangement = data.draw(arrangements(data.draw(histories())))
    with TemporaryDirectory() as left, TemporaryDirectory() as right:
        expected = calm(Path(left), arrangement)
        yard = Yard(Path(right), len(arrangement.partitions))
        for number, batches in enumerate(arrangement.partitions):
            for batch in batches:
                happen(yard, number, data.draw(st.sampled_from(BEFORE)))
                yard.commit(batch, number)
        happen(yard, 0, data.draw(st.sampled_from(BEFORE)))
        yard.follow()
        assert yard.published() == expected
        assert yard.rebuilt() == expected
        assert [check for check in check_all(yard.dir) if check.findings] == []


def happen(yard: Yard, number: int, what: str) -> None:
    if what == "compact":
        yard.compact()
    elif what == "follow":
        yard.follow()
    elif what != "nothing":
        yard.part(number, cached=what == "part")


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated")
    simulate(4_000, 7, folder)
    return folder / "events.jsonl"


@pytest.fixture(scope="module")
def once(events: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A DIR that was filled, and a copy of it. It is restored to its own place, for its snapshots name files by their paths."""
    folder = tmp_path_factory.mktemp("filled")
    run([JsonLines(events), piped([b"not json", b"{}"])], RunSettings(to=folder / "dir", journey_map=default_map(), batch_rows=100))
    copied(folder / "dir", folder / "copy")
    return folder / "dir", folder / "copy"


@pytest.fixture
def filled(once: tuple[Path, Path]) -> Path:
    dir_, copy = once
    shutil.rmtree(dir_)
    copied(copy, dir_)
    return dir_


def copied(source: Path, target: Path) -> None:
    """Copy a DIR as if it was made just now: its links stay links, and what is old or young counts from here."""
    shutil.copytree(source, target, symlinks=True, copy_function=shutil.copy)


def age(folder: Path, seconds: float) -> None:
    """Let all files of a journal be so much older."""
    then = time.time() - seconds
    for path in (folder / "journal").rglob("*"):
        os.utime(path, (then, then))


def test_what_was_compacted_goes_after_the_grace_and_all_answers_stay(filled: Path) -> None:
    expected, before = rows_of(filled), Contents.of(filled)
    assert keep(filled) is not None
    (only,) = Journal(filled).commits(0)
    assert isinstance(only, Base)
    assert (filled / "journal" / "log" / "0" / f"{0:012}.json").exists()  # somebody may be reading it
    age(filled, 700)
    run([piped([])], RunSettings(to=filled, journey_map=default_map()))  # the snapshots of before still name the small files
    run([piped([])], RunSettings(to=filled, journey_map=default_map()))
    run([piped([])], RunSettings(to=filled, journey_map=default_map()))
    for snapshot in finished(filled / "serving")[:-3]:
        snapshot.unlink()
    sweep(filled)
    after = Contents.of(filled)
    assert len(list((filled / "journal" / "log" / "0").glob("*.json"))) == len(after.commits) - 1 < 10
    assert sum(1 for _ in (filled / "journal" / "steps").iterdir()) < 10 < before.files["steps"]
    assert (after.counters, after.made >= before.made) == (before.counters, True)
    assert compared(expected, rows_of(filled)) == []
    assert [check for check in check_all(filled) if check.findings] == []


def test_a_mart_and_a_state_are_rebuilt_from_base_records(filled: Path, events: Path) -> None:
    expected = rows_of(filled)
    keep(filled, grace_s=-60, fresh_s=-60)
    for gone in ("mart", "state"):
        for path in sorted((filled / gone).rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
    again = run([JsonLines(events)], RunSettings(to=filled, journey_map=default_map()))
    assert again.counters.get("read", 0) == 0
    assert compared(expected, rows_of(filled)) == []


def test_a_compacted_dir_is_a_source_like_any_other(filled: Path, tmp_path: Path) -> None:
    expected = rows_of(filled)
    keep(filled, grace_s=-60, fresh_s=-60)
    run([JournalFacts(filled)], RunSettings(to=tmp_path / "other", journey_map=default_map()))
    assert [line for line in compared(expected, rows_of(tmp_path / "other")) if not line.startswith("dead_letters")] == []


def test_the_same_dir_compacted_meanwhile_is_read_again_and_adds_nothing(filled: Path, tmp_path: Path) -> None:
    settings_ = RunSettings(to=tmp_path / "other", journey_map=default_map())
    first = run([JournalFacts(filled)], settings_)
    keep(filled)
    again = run([JournalFacts(filled)], settings_)
    assert again.counters["read"] > 0
    assert again.totals["accepted"] == first.totals["accepted"]


def test_an_open_snapshot_keeps_its_files(filled: Path) -> None:
    with open_mart(filled) as con:
        expected = con.sql("select count(*), max(event_id) from touchpoints").fetchall()
        keep(filled, grace_s=-60, fresh_s=-60)
        assert con.sql("select count(*), max(event_id) from touchpoints").fetchall() == expected


def test_a_reader_in_the_middle_finds_all_that_its_records_name(filled: Path) -> None:
    with reading(filled):
        commits = list(Journal(filled).commits(0))
        keep(filled, grace_s=0, fresh_s=-60)
        names = [segment.file for commit in commits for segment in commit.segments]
        assert [name for name in names if not (filled / "journal" / name).exists()] == []


def test_what_the_mart_has_not_folded_stays_for_it(tmp_path: Path, events: Path) -> None:
    lines = events.read_bytes().splitlines()
    run([piped(lines[:1000])], RunSettings(to=tmp_path, journey_map=default_map(), batch_rows=100))
    standing = Journal(tmp_path).last(0)
    (tmp_path / "live.copy").write_bytes((tmp_path / "mart" / "live.duckdb").read_bytes())
    newest = (tmp_path / "serving" / "current.duckdb").resolve()
    run([piped(lines[1000:3000])], RunSettings(to=tmp_path, journey_map=default_map(), batch_rows=100))
    expected = rows_of(tmp_path)
    for snapshot in (tmp_path / "serving").glob("mart-*.duckdb"):  # as if the mart had stood still since then
        if snapshot != newest:
            snapshot.unlink()
    keep(tmp_path, grace_s=-60, fresh_s=-60)
    assert Journal(tmp_path).reaches(0, standing)
    assert not Journal(tmp_path).reaches(0, standing - 1)
    (tmp_path / "live.copy").rename(tmp_path / "mart" / "live.duckdb")
    run([piped([])], RunSettings(to=tmp_path, journey_map=default_map()))
    assert compared(expected, rows_of(tmp_path)) == []


def test_who_stands_before_what_was_compacted_is_told(filled: Path) -> None:
    keep(filled, grace_s=-60, fresh_s=-60)
    for snapshot in (filled / "serving").glob("mart-*.duckdb"):
        snapshot.unlink()
    with pytest.raises(CompactedError, match="commit 4 of partition 0"):
        list(Journal(filled).commits(0, 3))


def test_a_writer_that_slept_while_its_records_were_compacted_is_fenced(tmp_path: Path, history: list[Event]) -> None:
    sleeper, owner = Yard(tmp_path), Yard(tmp_path)
    sleeper.keeper(0)
    owner.commit(history)
    owner.compact()
    with pytest.raises(FencedError):
        sleeper.commit(history)
    assert Journal(tmp_path, 1, shared=True).last(0) == 0
    assert not (tmp_path / "journal" / "log" / "0" / f"{0:012}.json").exists()


@pytest.fixture
def history() -> list[Event]:
    return [{"id": "1", "source": "s", "type": "order.paid", "time": "2025-03-03T09:00:05Z", "customer_id": "anna"}]


def test_two_compactions_at_once_leave_one_base_record(tmp_path: Path, history: list[Event]) -> None:
    yard = Yard(tmp_path)
    yard.commit(history)
    one, other = yard.journal, yard.journal
    assert one.bases.newest(0) is other.bases.newest(0) is None
    assert compact(one, 0) is not None
    assert compact(other, 0) is None  # it sees what the first one made
    assert [generation.number for generation in one.bases.generations(0)] == [0]


def test_what_was_not_judged_yet_is_compacted_the_next_time(tmp_path: Path, history: list[Event]) -> None:
    yard = Yard(tmp_path)
    yard.keepers[0] = Keeper.open(yard.journal, 0, small_map(), None, rules=shelf(small_map()))
    yard.commit(history)
    yard.commit([history[0] | {"id": "2"}], lazily=True)
    base = compact(yard.journal, 0)
    assert base is not None
    assert (base.seq, base.judged) == (0, True)
    assert compact(yard.journal, 0) is None
    yard.keepers[0].judge()
    base = compact(yard.journal, 0)
    assert base is not None
    assert (base.seq, base.judged) == (2, True)


def test_dead_letters_go_by_age_and_the_count_still_balances(filled: Path) -> None:
    assert expire_all(filled, 86_400_000_000) == 0  # they are of today
    assert expire_all(filled, 0) == 2
    run([piped([])], RunSettings(to=filled, journey_map=default_map()))
    assert rows_of(filled)["dead_letters"] == []
    assert [check for check in check_all(filled) if check.findings] == []


def test_a_run_compacts_by_itself_when_files_grow_many(events: Path, tmp_path: Path) -> None:
    run([piped(events.read_bytes().splitlines()[:1_500])], RunSettings(to=tmp_path, journey_map=default_map(), batch_rows=5))
    assert Journal(tmp_path).bases.newest(0) is not None
    assert [check for check in check_all(tmp_path) if check.findings] == []


def test_upkeep_is_not_begun_twice_at_once(filled: Path) -> None:
    housekeeper = Housekeeper(filled, due=1)
    housekeeper.look(1)
    housekeeper.look(1)
    housekeeper.close()
    assert [generation.number for generation in Journal(filled).bases.generations(0)] == [0]
