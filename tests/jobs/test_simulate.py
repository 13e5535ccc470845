from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.simulate import simulate
from schemas.errors import SettingError


def test_events_and_truth_are_written(tmp_path: Path) -> None:
    seen: list[int] = []
    summary = simulate(2_000, 1, tmp_path / "log", seen.append)
    lines = (tmp_path / "log" / "events.jsonl").read_bytes().splitlines()
    truth = {path.stem: json.loads(path.read_bytes()) for path in (tmp_path / "log" / "truth").glob("*.json")}
    assert len(lines) == summary.events == truth["counts"]["events"] == seen[-1] == 2_000
    assert summary.unique == summary.events - summary.copies == sum(truth["counts"]["types"].values())
    assert set(truth) == {"customers", "incidents", "waits", "situations", "counts"}
    assert (len(truth["situations"]), len(truth["incidents"])) == (summary.situations, summary.incidents)
    assert all(truth.values())


def test_a_clean_log_has_empty_lists_of_incidents_and_situations(tmp_path: Path) -> None:
    simulate(2_000, 1, tmp_path, clean=True)
    assert [json.loads((tmp_path / "truth" / name).read_bytes()) for name in ("incidents.json", "situations.json")] == [[], []]


def test_two_processes_with_other_hash_seeds_write_the_same_bytes(tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; from jobs.simulate import simulate; simulate(2_000, 8, Path(sys.argv[1]))"
    for hash_seed in ("1", "2"):
        folder = str(tmp_path / hash_seed)
        subprocess.run([sys.executable, "-c", program, folder], check=True, env={**os.environ, "PYTHONHASHSEED": hash_seed})
    one, two = (sorted((tmp_path / name).rglob("*.json*")) for name in ("1", "2"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_too_few_events_are_refused_with_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="at least 1,000"):
        simulate(10, 1, tmp_path)
