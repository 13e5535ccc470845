"""Runs: resumed, repeated, overlapped, refused — and what they leave behind."""

from __future__ import annotations

import gzip
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs.journal.log import Journal
from jobs.mart.open import open_mart
from jobs.run import RunSettings, Summary, run
from jobs.simulate import simulate
from jobs.sources.jsonl import JsonLines
from jobs.sources.source import Stopper
from schemas.errors import JournalError, SettingError, SourceError
from schemas.journey_map import default_map, parse_map
from tests.chaos.kills import compared, rows_of
from tests.jobs.conftest import Run, piped

EVENTS = 3_000
Rows = dict[str, list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated")
    simulate(EVENTS, 5, folder)
    return folder / "events.jsonl"


@pytest.fixture(scope="module")
def expected(events: Path, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    to = tmp_path_factory.mktemp("expected") / "out"
    run([JsonLines(events)], RunSettings(to=to, journey_map=default_map()))
    return rows_of(to)


def balance(summary: Summary) -> bool:
    totals = summary.totals
    return totals["read"] == totals["accepted"] + totals["duplicates"] + totals["dead_letters"] + totals.get("skipped", 0)


def test_the_count_balances_and_every_dead_letter_keeps_its_bytes(events: Path, run_into: Run, tmp_path: Path) -> None:
    bad = [b"not json", b"{}", b'{"id":"a","source":"s","type":"t","time":"2026-01-01T00:00:00"}', b"\xff\xfe"]
    summary = run_into("out", [piped([*events.read_bytes().splitlines()[:500], *bad, bad[0]])])
    assert balance(summary)
    assert summary.totals["dead_letters"] == 5
    with open_mart(tmp_path / "out") as mart:
        assert {payload for (payload,) in mart.sql("select payload from mart.dead_letters").fetchall()} == set(bad)


def test_a_source_that_begins_with_nothing_but_dead_letters_is_read_like_any_other(events: Path, run_into: Run) -> None:
    summary = run_into("out", [piped([b"x", b"{}", *events.read_bytes().splitlines()[:10]])], batch_rows=2)
    assert summary.totals["dead_letters"] == 2
    assert summary.totals["accepted"] == 10


def test_the_same_source_again_adds_nothing(events: Path, run_into: Run, tmp_path: Path, expected: Rows) -> None:
    run_into("out", [JsonLines(events), JsonLines(events)])
    again = run_into("out", [JsonLines(events)])
    assert again.counters.get("read", 0) == 0
    assert compared(expected, rows_of(tmp_path / "out")) == []


def test_a_file_that_grows_is_read_on(events: Path, run_into: Run, tmp_path: Path, expected: Rows) -> None:
    lines = events.read_bytes().splitlines(keepends=True)
    growing = tmp_path / "growing.jsonl"
    for part in (lines[:1_000], lines[1_000:1_001], lines[1_001:]):
        with growing.open("ab") as file:
            file.writelines(part)
        assert run_into("out", [JsonLines(growing)]).counters["read"] == len(part)
    assert compared(expected, rows_of(tmp_path / "out")) == []


def test_overlapping_inputs_in_any_batches_give_the_same(events: Path, run_into: Run, tmp_path: Path, expected: Rows) -> None:
    lines = events.read_bytes().splitlines()
    run_into("out", [piped(lines[1_500:][::-1])], batch_rows=350)
    run_into("out", [piped(lines[:2_250])], batch_rows=167)
    assert compared(expected, rows_of(tmp_path / "out")) == []


def test_a_second_run_on_the_same_dir_is_refused_with_the_process_that_holds_it(events: Path, tmp_path: Path) -> None:
    to = tmp_path / "out"
    stopper, begun = Stopper(), threading.Event()
    settings = RunSettings(to=to, journey_map=default_map(), follow=True)
    first = threading.Thread(
        target=run, args=([JsonLines(events, follow=True)], settings), kwargs={"stopper": stopper, "report": lambda *_: begun.set()}
    )
    first.start()
    try:
        assert begun.wait(30)
        command = [sys.executable, "-m", "jobs.cli", "run", str(events), "--to", str(to)]
        second = subprocess.run(command, capture_output=True, text=True)
    finally:
        stopper.stop()
        first.join()
    assert second.returncode == 3
    assert f"in use by process {os.getpid()}" in second.stderr


def test_another_map_or_until_on_the_same_dir_is_refused_with_the_remedy(events: Path, run_into: Run) -> None:
    run_into("out", [JsonLines(events)])
    other = parse_map('[gaps]\nphone = "1h"\n', name="mine.toml", base=default_map())
    with pytest.raises(SettingError, match="--map"):
        run_into("out", [JsonLines(events)], journey_map=other)
    with pytest.raises(SettingError, match="--until"):
        run_into("out", [JsonLines(events)], until_us=1)


def test_a_folder_of_something_else_is_refused(run_into: Run, tmp_path: Path, events: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "precious.txt").write_text("mine")
    with pytest.raises(JournalError, match=r"precious\.txt"):
        run_into("out", [JsonLines(events)])


def test_a_lost_cache_and_a_lost_mart_come_back_from_the_journal(events: Path, run_into: Run, tmp_path: Path, expected: Rows) -> None:
    lines = events.read_bytes().splitlines()
    run_into("out", [piped(lines[:1_500])])
    for lost in ("state/0/meta", "mart/live.duckdb"):
        (tmp_path / "out" / lost).unlink()
    run_into("out", [piped(lines[1_500:])])
    assert compared(expected, rows_of(tmp_path / "out")) == []


def test_a_segment_that_no_record_names_is_never_read(events: Path, run_into: Run, tmp_path: Path, expected: Rows) -> None:
    run_into("out", [JsonLines(events)])
    orphan = next((tmp_path / "out" / "journal" / "steps").glob("0-*.parquet"))
    orphan.with_name("0-000000000099-1.parquet").write_bytes(orphan.read_bytes())
    (tmp_path / "out" / "state/0/meta").unlink()
    (tmp_path / "out" / "mart/live.duckdb").unlink()
    run_into("out", [JsonLines(events)])
    assert compared(expected, rows_of(tmp_path / "out")) == []


def test_a_followed_file_shows_a_new_event_in_the_snapshot_within_seconds(events: Path, tmp_path: Path) -> None:
    growing, to, stopper = tmp_path / "growing.jsonl", tmp_path / "out", Stopper()
    growing.write_bytes(events.read_bytes())
    settings = RunSettings(to=to, journey_map=default_map(), follow=True)
    worker = threading.Thread(target=run, args=([JsonLines(growing, follow=True)], settings), kwargs={"stopper": stopper})
    worker.start()
    try:
        until(lambda: shown(to, "select count(*) from mart.steps") > 0)
        event = {"id": "new-one", "source": "web", "type": "page.viewed", "time": "2025-01-07T00:00:00Z", "customer_id": "somebody-new"}
        begun = time.monotonic()
        with growing.open("a") as file:
            file.write(json.dumps(event) + "\n")
        until(lambda: shown(to, "select count(*) from mart.steps where event_id = 'new-one'") == 1)
        assert time.monotonic() - begun < 5
    finally:
        stopper.stop()
        worker.join()


def test_a_followed_file_that_is_rotated_away_is_read_to_its_end_and_the_new_one_after_it(tmp_path: Path) -> None:
    log, to, stopper = tmp_path / "app.jsonl", tmp_path / "out", Stopper()
    log.write_text(event_at("one", datetime(2026, 1, 1, tzinfo=UTC)))
    settings = RunSettings(to=to, journey_map=default_map(), follow=True)
    worker = threading.Thread(target=run, args=([JsonLines(log, follow=True)], settings), kwargs={"stopper": stopper})
    worker.start()
    try:
        until(lambda: shown(to, "select count(*) from mart.steps") == 1)
        log.rename(tmp_path / "app.jsonl.1")
        with (tmp_path / "app.jsonl.1").open("a") as file:
            file.write(event_at("two", datetime(2026, 1, 1, 0, 1, tzinfo=UTC)))
        log.write_text(event_at("three", datetime(2026, 1, 1, 0, 2, tzinfo=UTC)))
        until(lambda: shown(to, "select count(*) from mart.steps") == 3)
    finally:
        stopper.stop()
        worker.join()


def test_a_reader_in_another_process_meets_no_error_and_no_torn_answer(events: Path, tmp_path: Path) -> None:
    to = tmp_path / "out"
    run([piped(events.read_bytes().splitlines()[:100])], RunSettings(to=to, journey_map=default_map()))
    spawn = multiprocessing.get_context("spawn")
    done, answers = spawn.Event(), spawn.Queue()
    reader = spawn.Process(target=ask_on, args=(to, done, answers))
    reader.start()
    for part in range(4):
        lines = events.read_bytes().splitlines()[part * 700 : part * 700 + 700]
        run([piped(lines)], RunSettings(to=to, journey_map=default_map(), batch_rows=140))
    done.set()
    asked, torn = answers.get(timeout=60)
    reader.join()
    assert reader.exitcode == 0
    assert asked > 3
    assert torn == 0


def ask_on(to: Path, done: threading.Event, answers: multiprocessing.Queue[tuple[int, int]]) -> None:
    """Ask two questions of one snapshot that must agree, over and over."""
    asked = torn = 0
    while not done.is_set():
        with open_mart(to) as mart:
            steps = mart.sql("select count(*) from mart.steps").fetchall()[0][0]
            counted = mart.sql("select coalesce(sum(step_count), 0) from mart.journeys where status <> 'oversized'").fetchall()[0][0]
        asked, torn = asked + 1, torn + (steps != counted)
    answers.put((asked, torn))


def shown(to: Path, question: str) -> int:
    """Return what the newest snapshot answers, 0 where there is none yet."""
    if not (to / "serving" / "current.duckdb").exists():
        return 0
    with open_mart(to) as mart:
        return int(mart.sql(question).fetchall()[0][0])


def until(true: object, seconds: float = 30) -> None:
    """Wait for a fact, at most so long."""
    due = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < due, "it did not come true"
        threading.Event().wait(0.05)


def test_a_writer_that_lost_the_dir_cannot_commit(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "out")
    (journal.folder / "log" / "0" / "000000000000.json").write_text("{}")
    from schemas.journal import Commit

    commit = Commit(partition=0, seq=0, writer="1", sources={}, segments=[], counters={}, newest={}, map_digest="", schema_version=1)
    with pytest.raises(JournalError, match="made by another process"):
        journal.append(commit)


def test_a_journal_from_a_backup_is_believed_and_not_the_cache_or_the_mart(events: Path, run_into: Run, tmp_path: Path) -> None:
    lines, out = events.read_bytes().splitlines(), tmp_path / "out"
    run_into("out", [piped(lines[:1_000])])
    shutil.copytree(out / "journal", tmp_path / "backup")
    run_into("out", [piped(lines[1_000:2_000])])
    shutil.rmtree(out / "journal")
    shutil.copytree(tmp_path / "backup", out / "journal")
    run_into("out", [piped(lines[2_000:3_000])])
    run_into("calm", [piped([*lines[:1_000], *lines[2_000:3_000]])])
    assert compared(rows_of(tmp_path / "calm"), rows_of(out)) == []


def test_a_failing_source_costs_nothing_that_was_read_before(events: Path, run_into: Run, tmp_path: Path, expected: Rows) -> None:
    damaged = tmp_path / "damaged.jsonl.gz"
    damaged.write_bytes(gzip.compress(events.read_bytes())[:-200])
    with pytest.raises(SourceError, match="damaged"):
        run_into("out", [JsonLines(events), JsonLines(damaged)])
    assert (tmp_path / "out" / "state" / "0" / "meta").exists()
    assert compared(expected, rows_of(tmp_path / "out")) == []


def test_what_was_appended_later_was_received_later(run_into: Run, tmp_path: Path) -> None:
    growing = tmp_path / "growing.jsonl"
    growing.write_text(event_at("a", datetime.now(UTC) - timedelta(minutes=1)))
    run_into("out", [JsonLines(growing)])
    record = next((tmp_path / "out/journal/log/0").glob("*.json"))
    old = json.loads(record.read_bytes())
    for source in old["sources"].values():  # as if the first run had been an hour ago
        source["received_us"] -= 3_600_000_000
    record.write_text(json.dumps(old))
    (tmp_path / "out/state/0/meta").unlink()
    with growing.open("a") as file:
        file.write(event_at("b", datetime.now(UTC)))
    assert run_into("out", [JsonLines(growing)]).counters["accepted"] == 1


def event_at(name: str, instant: datetime) -> str:
    event = {"id": name, "source": "web", "type": "page.viewed", "time": instant.isoformat(), "customer_id": "c"}
    return json.dumps(event) + "\n"


def test_a_damaged_commit_record_or_a_lost_segment_is_said_in_a_sentence(events: Path, run_into: Run, tmp_path: Path) -> None:
    run_into("out", [JsonLines(events)])
    (tmp_path / "out/state/0/meta").unlink()
    lost = next((tmp_path / "out/journal/touchpoints").glob("*.parquet"))
    lost.rename(tmp_path / "elsewhere")
    with pytest.raises(JournalError, match=lost.name):
        run_into("out", [JsonLines(events)])
    (tmp_path / "elsewhere").rename(lost)
    record = max((tmp_path / "out/journal/log/0").glob("*.json"))
    record.write_bytes(record.read_bytes()[:50])
    with pytest.raises(JournalError, match=record.name):
        run_into("out", [JsonLines(events)])
