"""The command line in this process: what it prints, where, and with which exit code."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from click import unstyle
from click.testing import CliRunner, Result

from jobs.cli import main
from jobs.journal.log import Journal
from jobs.mart.open import open_mart
from jobs.show.progress import Progress
from jobs.show.summary import most_at_risk
from jobs.simulate import simulate
from pipelines.marts.order import rows as ordered_rows
from schemas.mart import PURE_TABLES

EVENTS = 6_000


def sojourn(*arguments: object, given: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=given, catch_exceptions=False)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated log with two lines that are no touchpoints."""
    path = simulate(EVENTS, 5, tmp_path_factory.mktemp("log")).events_path
    with path.open("a", encoding="utf-8") as file:
        file.write('garbage\n{"id": 1}\n')
    return path


@pytest.fixture(scope="module")
def made(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DIR that a run made of it; not to be changed."""
    folder = tmp_path_factory.mktemp("dir") / "made"
    assert sojourn("run", log, "--to", folder).exit_code == 0
    return folder


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may damage."""
    return Path(shutil.copytree(made, tmp_path / "own", symlinks=True))


def rows(folder: Path, query: str) -> list[dict[str, object]]:
    result = sojourn("sql", folder, query, "--json")
    assert result.exit_code == 0, result.stderr
    answer: list[dict[str, object]] = json.loads(result.stdout)
    return answer


def facts(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """What must be equal in two DIRs of the same events: the rows of every pure table."""
    with open_mart(folder) as con:
        return {table: ordered_rows(con, table) for table in PURE_TABLES}


def test_the_demo_shows_what_came_in_waits_risks_and_where_to_ask_on(tmp_path: Path) -> None:
    result = sojourn("demo", "--events", 20_000, "--to", tmp_path / "demo")
    assert result.exit_code == 0, result.stderr
    said = (
        "20,000 events read = ",
        "dead letters",
        "Where customers wait most",
        "Who behind the counter",
        "at least",
        "Who is about to leave",
        "current.duckdb",
        " sql ",
    )
    for words in said:
        assert words in result.stdout


def test_a_second_demo_of_the_same_reads_nothing_new_and_another_is_refused(tmp_path: Path) -> None:
    first, again, other = (sojourn("demo", "--events", 3_000, "--seed", seed, "--to", tmp_path / "demo") for seed in (1, 1, 2))
    assert first.exit_code == again.exit_code == 0
    assert "nothing new" in again.stdout
    assert other.exit_code == 2
    assert other.stderr.splitlines()[-1].startswith("sojourn: ") and "another --to" in other.stderr


def test_a_demo_goes_into_no_folder_of_something_else(own: Path, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text("mine")
    Journal(tmp_path / "stopped")
    (tmp_path / "stopped" / "simulated").mkdir()
    before = sorted(own.rglob("*"))
    refused = [sojourn("demo", "--events", 1_000, "--to", folder) for folder in (own, tmp_path / "letters")]
    assert [(result.exit_code, "give another --to" in result.stderr) for result in refused] == [(2, True)] * 2
    assert sorted(own.rglob("*")) == before
    assert sojourn("demo", "--events", 1_000, "--to", tmp_path / "stopped").exit_code == 0


def test_a_simulation_writes_over_nothing_but_a_simulation(own: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "events.jsonl").write_text("{}\n")
    refused = [sojourn("simulate", "--events", 1_000, "--to", folder) for folder in (own, tmp_path / "real")]
    assert [(result.exit_code, "give --to a new folder" in result.stderr) for result in refused] == [(2, True)] * 2
    assert (tmp_path / "real" / "events.jsonl").read_text() == "{}\n"
    again = [sojourn("simulate", "--events", 1_000, "--to", tmp_path / "made") for _ in range(2)]
    assert [result.exit_code for result in again] == [0, 0]


def test_a_run_says_what_became_of_every_event(log: Path, tmp_path: Path) -> None:
    result = sojourn("run", log, "--to", tmp_path / "dir")
    assert result.exit_code == 0
    assert f"{EVENTS + 2:,} events read = " in result.stdout
    assert "2 dead letters" in result.stdout and "1 not_json" in result.stdout


def test_a_run_that_could_read_nothing_says_why_and_fails(tmp_path: Path) -> None:
    event = '{"id": "e1", "source": "shop", "type": "order.paid", "time": "2025-01-06T00:25:07Z", "customer_id": "c1"}'
    (tmp_path / "log.jsonl").write_text(event + "\n")
    assert sojourn("run", tmp_path / "log.jsonl", "--to", tmp_path / "dir").exit_code == 0
    (tmp_path / "log.jsonl").write_text(event + '\nx\n{"id": "e1"}\n')
    result = sojourn("run", tmp_path / "log.jsonl", "--to", tmp_path / "dir")
    assert result.exit_code == 1
    assert "none of the 2 events could be read" in result.stderr and "1 not_json" in result.stderr and "dead_letters" in result.stderr


def test_a_run_says_how_many_events_had_unknown_fields(tmp_path: Path) -> None:
    event = {"id": "e1", "source": "shop", "type": "order.paid", "time": "2025-01-06T00:25:07Z", "customer_id": "c1", "colour": "red"}
    assert "1 event had fields that the contract does not know" in sojourn("run", "-", "--to", tmp_path / "dir", given=json.dumps(event)).stdout


def test_a_run_that_read_nothing_says_so(tmp_path: Path) -> None:
    result = sojourn("run", "-", "--to", tmp_path / "dir", given="")
    assert (result.exit_code, "there was no event" in result.stdout) == (0, True)
    assert "no event yet" in sojourn("status", tmp_path / "dir").stdout


@pytest.mark.parametrize(
    ("reason", "told"), [("silent: 9 days, 4.0 × own usual gap", True), ("silent: 9 days, 1.0 × own usual gap", False), ("bought_once", True)]
)
def test_a_silence_as_long_as_usual_is_no_reason_on_the_demo_page(reason: str, told: bool) -> None:
    row = {"customer_id": "c1", "churn_risk": 0.7, "horizon_days": 62, "revenue_at_risk_minor": 100, "currency": "EUR", "churn_reasons": [reason]}
    assert (reason in most_at_risk([row])) == told


@pytest.mark.parametrize(("seconds", "said"), [(0.0, "sojourn: events.jsonl  12 events\n"), (60.0, "")])
def test_where_nobody_looks_progress_is_a_line_now_and_then(seconds: float, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(seconds) as progress:
        progress.events("events.jsonl", 12)
    assert capsys.readouterr().err == said


def test_amounts_of_different_currencies_are_shown_apart() -> None:
    same = {"churn_risk": 0.7, "horizon_days": 62, "revenue_at_risk_minor": 100, "churn_reasons": []}
    page = unstyle(most_at_risk([{"customer_id": "c1", "currency": "EUR", **same}, {"customer_id": "c2", "currency": "RUB", **same}]))
    assert [line.strip()[:7].strip() for line in page.splitlines()] == ["In EUR:", "c1  70", "In RUB:", "c2  70"]


def test_standard_input_given_twice_adds_nothing(log: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dir"
    first, second = (sojourn("run", "-", "--to", folder, "--batch-rows", 1_000, given=log.read_bytes()) for _ in range(2))
    assert first.exit_code == second.exit_code == 0
    assert "= 0 accepted + 6,000 duplicates" in second.stdout


def test_a_journal_is_a_source_like_any_other(made: Path, tmp_path: Path) -> None:
    assert sojourn("run", made, "--to", tmp_path / "again").exit_code == 0
    assert facts(tmp_path / "again") == facts(made)
    repeated = sojourn("run", made, "--to", tmp_path / "again")
    assert "nothing new: all of it was read before" in repeated.stdout


def test_a_journal_read_in_pieces_goes_on_where_it_was_left(made: Path, tmp_path: Path) -> None:
    from jobs.sources.journal import JournalFacts
    from jobs.sources.source import Size, Stopper

    source = JournalFacts(made)
    whole = [line for piece in source.read(0, Size(), Stopper()) for line in piece.lines]
    assert [line for piece in source.read(1_234, Size(100), Stopper()) for line in piece.lines] == whole[1_234:]


def test_a_journal_is_not_read_into_itself(made: Path) -> None:
    result = sojourn("run", made, "--to", made)
    assert result.exit_code == 2
    assert "into itself" in result.stderr


def test_another_map_rebuilds_into_another_folder_and_is_refused_in_the_same(made: Path, tmp_path: Path) -> None:
    other = tmp_path / "short.toml"
    other.write_text('name = "short"\n[gaps]\ndefault = "1h"\n')
    refused = sojourn("run", made.parent / "made" / "nothing.jsonl", "--to", made, "--map", other)
    assert refused.exit_code == 3  # the source is missing: said first
    assert sojourn("run", made, "--to", tmp_path / "short", "--map", other).exit_code == 0
    assert len(rows(tmp_path / "short", "select journey_id from journeys")) > len(rows(made, "select journey_id from journeys"))
    wrong = sojourn("run", "-", "--to", made, "--map", other, given=b"")
    assert wrong.exit_code == 2
    assert "another journey map" in wrong.stderr


def test_until_skips_and_counts(log: Path, tmp_path: Path) -> None:
    result = sojourn("run", log, "--to", tmp_path / "dir", "--until", "2025-01-20")
    assert result.exit_code == 0
    (row,) = rows(tmp_path / "dir", "select max(occurred_at) as last from steps")
    assert str(row["last"]) < "2025-01-21"
    assert " 0 skipped" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", "nothing.jsonl", "--to", "dir"], 3, "there is no 'nothing.jsonl'"),
        (["run", ".", "--to", "dir"], 3, "not one that sojourn run made"),
        (["run", "log.csv", "--to", "dir"], 2, "--mapping"),
        (["run", "log.csv", "--to", "dir", "--mapping", "nobody"], 2, "no mapping 'nobody'"),
        (["run", "-", "--to", "dir", "--until", "yesterday"], 2, "--until 'yesterday'"),
        (["run", "-", "-", "--to", "dir"], 2, "given once"),
        (["run", "log.csv", "--to", "dir", "--follow", "--mapping", "cdnow"], 2, "--follow"),
        (["run", "-", "--to", "full"], 3, "no Sojourn folder"),
        (["run", "-"], 2, "sojourn run - --to mine"),
        (["simulate"], 2, "sojourn simulate --to company"),
        (["run", "log.jsonl", "--to", "dir", "--mapping", "cdnow"], 2, "--mapping is for tables"),
        (["run", "log.jsonl", "--to", "log.csv/dir"], 3, "log.csv/dir"),
        (["run", "-", "--to", "dir", "--batch-rows", "0"], 2, "batch-rows"),
        (["sql", "empty", "select 1"], 3, "has no mart yet"),
        (["status", "empty"], 3, "no folder of sojourn run"),
        (["map", "check", "broken.toml"], 2, "broken.toml: gaps.default"),
        (["map", "check", "nothing.toml"], 2, "can't read the journey map"),
        (["convert", "log.jsonl"], 2, "is no table"),
        (["fly"], 2, "No such command"),
    ],
)
def test_what_is_wrong_is_said_without_a_trace_and_with_its_exit_code(
    arguments: list[str], code: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("empty", "full"):
        Path(folder).mkdir()
    Path("full/letter.txt").write_text("mine")
    Path("log.csv").write_text("a,b\n1,2\n")
    Path("log.jsonl").write_text("")
    Path("broken.toml").write_text('[gaps]\ndefault = "soon"\n')
    result = sojourn(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_sql_prints_json_into_a_pipe_and_csv_or_a_table_on_request(made: Path) -> None:
    query = "select type, count(*) as n from steps where type in ('call.queued', 'order.paid') group by type order by type"
    as_json = json.loads(sojourn("sql", made, query).stdout)
    as_csv = list(csv.DictReader(io.StringIO(sojourn("sql", made, query, "--csv").stdout)))
    as_table = sojourn("sql", made, query, "--table").stdout.splitlines()
    assert [row["type"] for row in as_json] == [row["type"] for row in as_csv] == ["call.queued", "order.paid"]
    assert [row["n"] for row in as_json] == [int(row["n"]) for row in as_csv]
    assert as_table[0].split() == ["type", "n"]
    assert as_table[2].split() == ["call.queued", str(as_json[0]["n"])]


def test_sql_gives_the_bytes_of_dead_letters_back(made: Path) -> None:
    result = sojourn("sql", made, "select payload from dead_letters order by payload", "--lines")
    assert result.stdout_bytes == b'garbage\n{"id": 1}\n' or result.stdout_bytes == b'{"id": 1}\ngarbage\n'


def test_sql_reads_its_query_from_standard_input_and_keeps_equal_names_apart(made: Path) -> None:
    result = sojourn(
        "sql", made, "-", "--json", given="select 1 as a, 2 as a, 10::hugeint as big, timestamp '2025-01-01' as t, 'x'::blob as b, null as n"
    )
    assert json.loads(result.stdout) == [{"a": 1, "a_1": 2, "big": 10, "t": "2025-01-01T00:00:00Z", "b": "x", "n": None}]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from customer", "customers"),
        ("select custmer_id from customers", "customer_id"),
        ("selct 1", "syntax error"),
        ("drop table internal.step_rows", "read-only"),
        ("", "give one query"),
        ("/* nothing */;", "give one query"),
        ("select 1; select 2", "give one query, not 2"),
    ],
)
def test_a_wrong_query_is_answered_with_what_is_there(made: Path, query: str, words: str) -> None:
    result = sojourn("sql", made, query)
    assert result.exit_code == (2 if "one query" in words else 1)
    assert words in result.stderr


def test_the_time_line_of_a_customer_has_every_step(made: Path) -> None:
    (row,) = rows(
        made, "select customer_id, count(*) as n from steps join journeys using (journey_id) group by all order by n desc, customer_id limit 1"
    )
    told = json.loads(sojourn("journey", made, row["customer_id"], "--json").stdout)
    page = sojourn("journey", made, row["customer_id"]).stdout
    assert len(told) == row["n"]
    assert all(str(step["type"]) in page for step in told)


def test_an_unknown_customer_is_answered_with_similar_ones(made: Path) -> None:
    (row,) = rows(made, "select min(customer_id) as id from customers where kind = 'known'")
    result = sojourn("journey", made, f"{row['id']}x")
    assert result.exit_code == 1
    assert str(row["id"]) in result.stderr


def test_status_shows_the_balance_and_the_sources(made: Path) -> None:
    page = sojourn("status", made).stdout
    assert "nobody writes to it" in page and "events.jsonl" in page and f"{EVENTS + 2:,} events read" in page
    (told,) = json.loads(sojourn("status", made, "--json").stdout)
    assert told["counters"]["read"] == EVENTS + 2


def test_a_whole_folder_passes_every_check(made: Path) -> None:
    result = sojourn("check", made)
    assert result.exit_code == 0, result.stdout
    assert "WRONG" not in result.stdout and result.stdout.count("well") > 15


def test_check_finds_a_damaged_file(own: Path) -> None:
    file = next((own / "journal" / "steps").glob("0-*.parquet"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))
    result = sojourn("check", own)
    assert result.exit_code == 1
    assert file.name in result.stdout


def test_check_finds_a_missing_file(own: Path) -> None:
    next((own / "journal" / "touchpoints").glob("0-*.parquet")).unlink()
    result = sojourn("check", own)
    assert result.exit_code == 1
    assert "No such file" in result.stdout


def test_check_finds_a_count_that_does_not_balance(own: Path) -> None:
    records = sorted((own / "journal" / "log" / "0").glob("*.json"))
    record = [record for record in records if "read" in json.loads(record.read_bytes())["counters"]][-1]  # a later one may only judge
    told = json.loads(record.read_bytes())
    told["counters"]["read"] += 1
    record.write_text(json.dumps(told))
    result = sojourn("check", own)
    assert result.exit_code == 1
    assert "accounted for" in result.stdout


def test_check_finds_a_mart_that_lost_a_step(own: Path) -> None:
    snapshot = (own / "serving" / "current.duckdb").resolve()
    snapshot.chmod(0o644)
    with duckdb.connect(str(snapshot)) as con:
        con.execute("delete from internal.step_rows where rowid = (select max(rowid) from internal.step_rows)")
    result = sojourn("check", own)
    assert result.exit_code == 1
    assert "steps" in result.stdout


def test_check_finds_a_snapshot_that_somebody_wrote_to(own: Path) -> None:
    snapshot = (own / "serving" / "current.duckdb").resolve()
    assert snapshot.stat().st_mode & 0o222 == 0
    snapshot.chmod(0o644)
    with duckdb.connect(str(snapshot)) as con:
        con.execute("create table mine as select 1 as one")
    result = sojourn("check", own)
    assert result.exit_code == 1
    assert "was written to" in result.stdout


def test_python_opens_a_mart_by_a_text_and_names_its_tables_alone(made: Path) -> None:
    with open_mart(str(made)) as con:
        assert con.sql("select count(*) from journeys").fetchall() == con.sql("select count(*) from mart.journeys").fetchall()


def test_convert_writes_touchpoints_that_run_reads(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("who,what,moment\n1,order.placed,2025-01-01T10:00:00Z\n1,order.paid,2025-01-01T10:05:00Z\n")
    (tmp_path / "mine.sql").write_text("select who as customer_id, what as type, moment as time, row_number from source\n")
    converted = sojourn("convert", tmp_path / "log.csv", "--mapping", tmp_path / "mine.sql")
    assert converted.exit_code == 0
    assert [json.loads(line)["type"] for line in converted.stdout.splitlines()] == ["order.placed", "order.paid"]
    assert sojourn("run", tmp_path / "log.csv", "--mapping", tmp_path / "mine.sql", "--to", tmp_path / "dir").exit_code == 0
    assert "= 0 accepted + 2 duplicates" in sojourn("run", "-", "--to", tmp_path / "dir", given=converted.stdout_bytes).stdout


def test_simulate_writes_events_and_truth(tmp_path: Path) -> None:
    result = sojourn("simulate", "--events", 2_000, "--seed", 3, "--to", tmp_path)
    assert result.exit_code == 0
    assert len((tmp_path / "events.jsonl").read_text(encoding="utf-8").splitlines()) == 2_000
    assert (tmp_path / "truth" / "counts.json").exists()


def test_a_shown_map_reads_back_as_the_same_map(tmp_path: Path) -> None:
    shown = sojourn("map", "show").stdout
    (tmp_path / "map.toml").write_text(shown, encoding="utf-8")
    checked = sojourn("map", "check", tmp_path / "map.toml")
    assert checked.exit_code == 0
    assert "well" in checked.stdout
    assert sojourn("map", "show", tmp_path / "map.toml").stdout == shown


def test_holidays_of_calendars_are_listed_by_the_version_in_force(tmp_path: Path) -> None:
    text = (
        '[[calendars]]\nname = "office"\ncountry = "DE"\nsubdivision = "BY"\nholidays = [2025-12-24]\ndays = { "2025-12-25" = ["09:00-10:00"] }\n'
        '[[calendars]]\nname = "office"\ncountry = "DE"\nsubdivision = "BE"\nvalid_from = 2026-01-02T00:00:00Z\n'
    )
    (tmp_path / "map.toml").write_text(text, encoding="utf-8")
    listed = sojourn("map", "holidays", tmp_path / "map.toml", "--year", 2025).stdout.splitlines()
    assert listed[:4] == ["always: 0 days", "office: 12 days", "  2025-01-01 Wed  New Year's Day", "  2025-01-06 Mon  Epiphany"]
    assert listed[-2:] == ["  2025-12-24 Wed  closed", "  2025-12-26 Fri  Second Day of Christmas"]
    later = sojourn("map", "holidays", tmp_path / "map.toml", "--year", 2026).stdout
    assert "2026-01-01" in later
    assert "Epiphany" not in later
    assert "Women's Day" in later


def test_options_also_come_from_the_environment(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOJOURN_RUN_TO", str(tmp_path / "dir"))
    assert sojourn("run", log).exit_code == 0
    assert (tmp_path / "dir" / "format").exists()


def test_without_the_extra_the_help_still_shows_and_a_command_says_what_it_lacks() -> None:
    program = (
        "import sys\n"
        "for name in ('faust', 'mode', 'aiokafka', 'kafka', 'prometheus_client'):\n"
        "    sys.modules[name] = None\n"
        "from jobs.cli import main\n"
        "main(sys.argv[1:])\n"
    )
    helped = subprocess.run([sys.executable, "-c", program, "--help"], capture_output=True, text=True, timeout=60, check=False)
    assert helped.returncode == 0, helped.stderr
    asked = subprocess.run([sys.executable, "-c", program, "lag"], capture_output=True, text=True, timeout=60, check=False)
    assert (asked.returncode, asked.stdout) == (2, "")
    assert "pip install 'sojourn[kafka]'" in asked.stderr
