"""The command as a process of its own: pipes, signals, and a second run on the same folder."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from jobs.run import RunSettings, run
from jobs.simulate import simulate
from jobs.sources.jsonl import JsonLines
from schemas.journey_map import default_map

SOJOURN = [sys.executable, "-m", "jobs.cli"]
ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 240.0


def start(*arguments: object, **options: int) -> subprocess.Popen[bytes]:
    command = [*SOJOURN, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)  # type: ignore[call-overload,no-any-return]


def finished(arguments: Sequence[object]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*SOJOURN, *map(str, arguments)], cwd=ROOT, capture_output=True, timeout=PATIENCE_S, check=False)


@pytest.fixture
def live(tmp_path: Path) -> tuple[subprocess.Popen[bytes], Path]:
    """A run that follows its standard input and has committed what it was given, and its DIR."""
    log = simulate(1_000, 2, tmp_path).events_path
    process = start("run", "-", "--follow", "--to", tmp_path / "dir")
    assert process.stdin is not None
    process.stdin.write(log.read_bytes())
    process.stdin.flush()
    until_published(process, tmp_path / "dir")
    return process, tmp_path / "dir"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The DIR of a run that has ended."""
    made = tmp_path_factory.mktemp("made")
    run([JsonLines(simulate(1_000, 2, made).events_path)], RunSettings(to=made / "dir", journey_map=default_map()))
    return made / "dir"


def until_published(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait for the first snapshot."""
    until(process, (folder / "serving" / "current.duckdb").exists)


def until(process: subprocess.Popen[bytes], true: Callable[[], bool]) -> None:
    """Wait for a fact while a process goes on."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline
        with suppress(subprocess.TimeoutExpired):
            pytest.fail(f"ended with {process.wait(0.02)}")


def ended(process: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    out, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out, err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_finishes_the_batch_and_publishes(live: tuple[subprocess.Popen[bytes], Path], number: signal.Signals, code: int) -> None:
    process, folder = live
    process.send_signal(number)
    returned, out, err = ended(process)
    assert (returned, b"Traceback" in err) == (code, False), err
    assert b"events read = " in out
    assert finished(["check", folder]).returncode == 0


def test_a_second_run_is_refused_and_told_who_holds_the_folder(live: tuple[subprocess.Popen[bytes], Path]) -> None:
    process, folder = live
    second = finished(["run", folder / "format", "--to", folder])
    status = finished(["status", folder])
    process.terminate()
    ended(process)
    assert second.returncode == 3
    assert f"in use by process {process.pid}" in second.stderr.decode()
    assert f"process {process.pid} writes to it" in status.stdout.decode()


def test_the_end_of_standard_input_ends_a_run_that_follows_it(live: tuple[subprocess.Popen[bytes], Path]) -> None:
    process, _ = live
    returned, out, _ = ended(process)  # closes its standard input
    assert returned == 0
    assert b"1,000 events read" in out


def test_a_reader_that_leaves_early_causes_no_trace(folder: Path) -> None:
    reader = start("sql", folder, "select * from steps, range(100)")
    assert reader.stdout is not None and reader.stderr is not None
    reader.stdout.readline()
    reader.stdout.close()
    errors = reader.stderr.read()
    reader.wait(PATIENCE_S)
    reader.stderr.close()
    assert reader.stdin is not None
    reader.stdin.close()
    assert errors == b""
    assert reader.returncode == 141


def test_an_answer_goes_into_a_pipe_as_json(folder: Path) -> None:
    told = finished(["sql", folder, "select count(*) as n from touchpoints"])
    (row,) = json.loads(told.stdout)
    assert row["n"] > 500


def test_a_run_that_waits_for_a_silent_pipe_commits_and_obeys(tmp_path: Path) -> None:
    log = simulate(1_000, 2, tmp_path).events_path
    process = start("run", "-", "--to", tmp_path / "dir")
    assert process.stdin is not None
    process.stdin.write(log.read_bytes())
    process.stdin.flush()
    until(process, lambda: committed(tmp_path / "dir") == 1_000)  # the first snapshot of history would come after half a minute
    process.terminate()
    assert process.wait(PATIENCE_S) == 0  # its standard input is still open
    _, out, _ = ended(process)
    assert b"1,000 events read" in out


def committed(folder: Path) -> int:
    """Return how many events the records of a DIR tell of."""
    records = (folder / "journal" / "log" / "0").glob("*.json")
    return sum(json.loads(record.read_bytes())["counters"].get("read", 0) for record in records)


def test_what_the_readme_gives_to_paste_runs_as_it_stands(tmp_path: Path) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)
    pasted = [block for block in blocks if "cat >" in block or "broken.jsonl" in block]
    call = shlex.join(["env", f"PYTHONPATH={ROOT}", *SOJOURN])
    script = "\n".join(["set -e", f'sojourn() {{ {call} "$@"; }}', *pasted])
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    for words in (
        "8 accepted + 1 duplicates + 1 dead letters",
        "waited 7 min 40 s, too long",
        "all well",
        "waited 1 d 2 h, too long",
        "mine now holds 9 events",
    ):
        assert words in done.stdout
