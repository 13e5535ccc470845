"""Publication: numbers that never come back, a link that always leads to a whole file, and readers that see one state."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from jobs.mart import snapshot
from jobs.mart.live import LiveMart
from jobs.mart.open import open_mart
from schemas.errors import MartError
from schemas.mart import TABLES
from tests.generated.events import Event
from tests.generated.maps import small_map
from tests.jobs.mart.conftest import Workshop

READER = """
import sys
from pathlib import Path
from jobs.mart.open import open_mart
asked, snapshots = 0, set()
print("reading", flush=True)
while len(snapshots) < 6:
    with open_mart(Path(sys.argv[1])) as con:
        (number,) = con.execute("select any_value(snapshot) from mart.freshness").fetchone()
        rows = con.execute(
            "select (select count(*) from mart.steps), (select sum(step_count) from mart.journeys), (select count(*) from mart.touchpoints),"
            " (select coalesce(sum(count), 0) + (select count(*) from mart.journeys) from mart.transitions),"
            " (select sum(visits) from mart.stage_waits)"
        ).fetchone()
    assert len(set(rows)) == 1, rows
    asked += 1
    snapshots.add(number)
print(asked)
"""


def views(start: int, count: int) -> list[Event]:
    """Page views, three a customer, a minute apart."""
    same = {"source": "web", "channel": "web"}
    return [
        {"id": f"e{n}", "type": ("page.viewed", "search.made")[n % 2], "time": f"2024-03-04T09:{n % 60:02d}:00Z", "customer_id": f"c{n // 3}", **same}
        for n in range(start, start + count)
    ]


def test_the_link_leads_to_the_newest_and_numbers_go_up(workshop: Workshop) -> None:
    workshop.take(views(0, 3))
    first, second = workshop.publish(), workshop.publish()
    assert [first.name, second.name] == ["mart-1.duckdb", "mart-2.duckdb"]
    assert (workshop.folder / "serving" / "current.duckdb").resolve() == second.resolve()
    assert workshop.ask("select distinct snapshot, epoch_us(published_at) > 0 from mart.freshness") == [(2, True)]


def test_a_number_never_comes_back_though_files_and_the_live_mart_are_gone(workshop: Workshop) -> None:
    workshop.take(views(0, 3))
    for _ in range(3):
        path = workshop.publish()
    path.unlink()
    assert workshop.publish().name == "mart-4.duckdb"
    workshop.live.close()
    (workshop.folder / "mart" / "live.duckdb").unlink()
    workshop.live = LiveMart(workshop.folder, small_map())
    assert workshop.publish().name == "mart-5.duckdb"


def test_what_nothing_follows_is_not_copied_until_somebody_goes_on(workshop: Workshop) -> None:
    workshop.take(views(0, 3))
    first, live = workshop.publish(last=True), workshop.folder / "mart" / "live.duckdb"
    assert first.samefile(live)
    workshop.live = LiveMart(workshop.folder, small_map())
    assert not first.samefile(live)
    workshop.take(views(3, 3))
    second = workshop.publish()
    assert snapshot.touched(first) is None
    assert workshop.ask("select count(*) from mart.steps") == [(6,)]
    with open_mart(workshop.folder) as con:
        con.execute(f"attach '{first}' as first (read_only)")
        assert con.execute("select count(*) from first.mart.steps where zone is null").fetchall() == [(3,)]
    assert second.name == "mart-2.duckdb"


def test_a_snapshot_that_was_written_to_is_no_live_mart(workshop: Workshop) -> None:
    workshop.take(views(0, 3))
    path = workshop.publish(last=True)
    path.chmod(0o644)
    with duckdb.connect(str(path)) as con:
        con.execute("delete from internal.step_rows")
    workshop.live = LiveMart(workshop.folder, small_map())
    assert workshop.live.folded == {}


def test_a_file_system_without_second_names_gets_a_copy(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, target: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    workshop.take(views(0, 3))
    assert not workshop.publish(last=True).samefile(workshop.folder / "mart" / "live.duckdb")
    assert workshop.ask("select count(*) from mart.steps") == [(3,)]


def test_what_a_crash_leaves_behind_harms_nobody(workshop: Workshop) -> None:
    workshop.take(views(0, 3))
    workshop.publish()
    serving = workshop.folder / "serving"
    (serving / "mart-2.duckdb.tmp").write_bytes(b"half a file")  # killed while copying
    (serving / "mart-3.duckdb").write_bytes(b"whole, but never linked")  # killed before the link moved
    (serving / "current.3.tmp").symlink_to("mart-3.duckdb")
    assert workshop.ask("select count(*) from mart.steps") == [(3,)]
    assert workshop.publish().name == "mart-4.duckdb"
    assert not list(serving.glob("*.tmp"))
    assert workshop.ask("select count(*) from mart.steps") == [(3,)]


def test_the_newest_three_and_the_young_are_kept(tmp_path: Path) -> None:
    for number in range(1, 7):
        path = tmp_path / f"mart-{number}.duckdb"
        path.touch()
        os.utime(path, (1_000, 1_000 if number < 3 else 5_000))
    snapshot.tidy(tmp_path, now_s=5_030)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mart-3.duckdb", "mart-4.duckdb", "mart-5.duckdb", "mart-6.duckdb"]
    snapshot.tidy(tmp_path, now_s=9_000)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mart-4.duckdb", "mart-5.duckdb", "mart-6.duckdb"]


def test_a_long_run_leaves_few_snapshots_behind(workshop: Workshop) -> None:
    workshop.take(views(0, 3))
    serving = workshop.folder / "serving"
    for number in range(1, 6):
        path = workshop.publish(final=False)
        os.utime(path, (1_000 + number, 1_000 + number))
    workshop.publish()
    assert sorted(path.name for path in serving.glob("*.duckdb")) == ["current.duckdb", "mart-4.duckdb", "mart-5.duckdb", "mart-6.duckdb"]
    assert len(list(serving.glob("*.seal"))) == 3


def test_an_older_duckdb_can_read_the_format(workshop: Workshop) -> None:
    with workshop.publish().open("rb") as file:
        file.seek(8)
        assert file.read(4) == b"DUCK"
        assert 64 <= int.from_bytes(file.read(8), "little") <= 67  # what DuckDB 1.4 accepts


def test_another_process_always_sees_one_state_while_publications_go_on(workshop: Workshop) -> None:
    workshop.take(views(0, 3))
    workshop.publish(final=False)
    with subprocess.Popen([sys.executable, "-c", READER, str(workshop.folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        reader.stdout.readline()
        turn = 1
        while reader.poll() is None and turn < 200:
            workshop.take(views(3 * turn, 3))
            workshop.publish(final=turn % 3 == 0)
            turn += 1
        out, errors = reader.communicate()
    assert reader.returncode == 0, errors
    assert int(out) >= 6


def test_a_process_that_holds_an_old_snapshot_open_gets_the_new_one(workshop: Workshop) -> None:
    # By the name of the link DuckDB would hand out the database that is open already.
    workshop.take(views(0, 3))
    workshop.publish()
    with open_mart(workshop.folder) as old:
        workshop.take(views(3, 3))
        workshop.publish()
        with open_mart(workshop.folder) as new:
            assert new.execute("select count(*) from mart.steps").fetchall() == [(6,)]
        assert old.execute("select count(*) from mart.steps").fetchall() == [(3,)]


def test_nobody_can_write_into_a_snapshot(workshop: Workshop) -> None:
    workshop.publish()
    with open_mart(workshop.folder) as con, pytest.raises(duckdb.InvalidInputException, match="read-only"):
        con.execute("delete from internal.step_rows")


def test_where_nothing_was_published_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MartError, match="sojourn run"):
        open_mart(tmp_path)


@pytest.mark.parametrize("final", [True, False])
def test_every_relation_and_column_is_documented_and_of_the_type_that_is_written_down(workshop: Workshop, final: bool) -> None:
    workshop.take(views(0, 3))
    workshop.publish(final=not final)
    workshop.publish(final=final)
    columns = workshop.ask(
        "select table_name, column_name, data_type, comment from duckdb_columns() where schema_name = 'mart' order by table_name, column_index"
    )
    assert columns == [(table.name, column.name, column.type, column.doc) for _, table in sorted(TABLES.items()) for column in table.columns]
    relations = workshop.ask(
        "select view_name, comment from duckdb_views() where schema_name = 'mart'"
        " union all select table_name, comment from duckdb_tables() where schema_name = 'mart'"
    )
    assert {name for name, comment in relations if comment} == set(TABLES)
