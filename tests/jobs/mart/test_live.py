"""The live mart: what it remembers, and when it is thrown away."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from jobs.mart.live import LiveMart
from schemas.errors import MartError
from schemas.journey_map import default_map
from tests.generated.events import Event
from tests.generated.maps import small_map
from tests.jobs.mart.conftest import Workshop, commit

VIEW: Event = {"id": "1", "source": "web", "type": "page.viewed", "time": "2024-03-04T09:00:00Z", "customer_id": "ann", "channel": "web"}
TAKEN = "import duckdb, sys; duckdb.connect(sys.argv[1])"


def reopened(workshop: Workshop) -> LiveMart:
    workshop.live.close()
    workshop.live = LiveMart(workshop.folder, small_map())
    return workshop.live


def test_what_was_folded_is_remembered_with_the_data(workshop: Workshop) -> None:
    workshop.live.fold([workshop.absorb([VIEW]), workshop.absorb([{**VIEW, "id": "2"}]), workshop.absorb([{**VIEW, "id": "3"}], 2)])
    assert workshop.live.folded == {0: 1, 2: 0}
    assert reopened(workshop).folded == {0: 1, 2: 0}


def test_a_commit_that_was_folded_is_passed_over(workshop: Workshop) -> None:
    absorbed = workshop.absorb([VIEW])
    workshop.live.fold([absorbed])
    workshop.live.fold([absorbed])
    workshop.publish()
    assert workshop.ask("select step_count from mart.journeys") == [(1,)]
    assert workshop.ask("select count(*) from mart.steps") == [(1,)]


def test_a_fold_that_fails_leaves_nothing(workshop: Workshop) -> None:
    _, tables = workshop.absorb([VIEW])
    broken = {"journeys": tables["journeys"], "steps": tables["steps"].drop_columns(["event_id"])}
    with pytest.raises(duckdb.Error):
        workshop.live.fold([(commit(0), broken)])
    assert workshop.live.folded == {}
    workshop.publish()
    assert workshop.ask("select count(*) from mart.journeys") == [(0,)]


def test_for_another_map_it_is_thrown_away(workshop: Workshop) -> None:
    workshop.take([VIEW])
    workshop.live.close()
    workshop.live = LiveMart(workshop.folder, default_map())
    assert workshop.live.folded == {}


@pytest.mark.parametrize("bytes_", [b"", b"no database", b"\0" * 20_000])
def test_a_damaged_file_is_thrown_away(workshop: Workshop, bytes_: bytes) -> None:
    workshop.take([VIEW])
    workshop.live.close()
    (workshop.folder / "mart" / "live.duckdb").write_bytes(bytes_)
    workshop.live = LiveMart(workshop.folder, small_map())
    assert workshop.live.folded == {}


def test_publishing_does_not_let_go_of_the_lock(workshop: Workshop) -> None:
    # Any code of this process that opens and closes the live file would release it without a word.
    workshop.take([VIEW])
    workshop.publish()
    path = str(workshop.folder / "mart" / "live.duckdb")
    taken = subprocess.run([sys.executable, "-c", TAKEN, path], capture_output=True, text=True, check=False)
    assert taken.returncode != 0
    assert "lock" in taken.stderr.lower()


def test_a_mart_that_another_process_holds_is_not_thrown_away(tmp_path: Path) -> None:
    path = tmp_path / "mart" / "live.duckdb"
    path.parent.mkdir()
    holding = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", holding, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(MartError, match="held by another process"):
            LiveMart(tmp_path, small_map())
        other.communicate()
    assert path.exists()
