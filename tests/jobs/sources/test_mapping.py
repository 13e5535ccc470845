from pathlib import Path

import pytest

from jobs.sources.chunk import Chunk
from jobs.sources.delimited import BLANKS, Form, read_delimited
from jobs.sources.mapper import Mapper
from jobs.sources.mapping import load_mapping, mapping_for, parse_mapping, shipped
from jobs.sources.rows import read_rows
from jobs.sources.select_check import check_select
from schemas.errors import SettingError

REACHES_OUT = [
    "select * from read_csv('/etc/passwd')",
    "select * from '/etc/passwd'",
    "from '/etc/passwd'",
    'select * from "data.parquet"',
    "select (select content from read_text('/etc/passwd')) as text from source",
    "select * from source join read_blob('/etc/*') on true",
    "select * from glob('/*')",
    "select * from duckdb_settings()",
    "select * from information_schema.tables",
    "select * from pragma_database_list",
    "select * from query('select 1')",
    "select * from query_table('source')",
    "with t as (select * from parquet_scan('x')) select * from t",
    "from (describe source)",
]
NO_SELECT = [
    "copy source to '/tmp/stolen.csv'",
    "copy (select 1) to '/tmp/stolen.csv'",
    "attach '/tmp/other.duckdb'",
    "install httpfs",
    "load httpfs",
    "set enable_external_access = true",
    "create table t as select 1",
    "export database '/tmp/x'",
    "pragma version",
    "call pragma_version()",
    "select 1; select 2",
    "select 1; copy source to 'x'",
    "",
    "-- nothing",
    "selec who from source",
]


@pytest.mark.parametrize("sql", REACHES_OUT)
def test_a_mapping_reads_only_its_source(sql: str) -> None:
    with pytest.raises(SettingError, match="source"):
        check_select(sql)


@pytest.mark.parametrize("sql", NO_SELECT)
def test_a_mapping_is_one_select(sql: str) -> None:
    with pytest.raises(SettingError, match="one SELECT"):
        check_select(sql)


@pytest.mark.parametrize(
    "call", ["now()", "current_timestamp", "current_date", "random()", "uuid()", "gen_random_uuid()", "nextval('s')", "current_setting('x')"]
)
def test_a_mapping_depends_on_neither_clock_nor_chance(call: str) -> None:
    with pytest.raises(SettingError, match="depend"):
        check_select(f"select {call} as text from source")


def test_the_database_itself_is_locked_too(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n")
    (chunk,) = read_delimited(tmp_path / "t.csv", (Form(),), 10)
    past_the_check = parse_mapping("m", "select a as type from source")
    for sql in (
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "copy source to '/tmp/x'",
        "set enable_external_access = true",
        "install httpfs",
    ):
        object.__setattr__(past_the_check.select, "sql", sql)
        with Mapper(past_the_check) as mapper, pytest.raises(SettingError):
            mapper.lines(chunk)


def test_a_mapping_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    endless = parse_mapping("endless", "select sum(a.range * b.range)::varchar as id, 1 as sequence from range(10000000) a, range(10000000) b")
    (tmp_path / "t.csv").write_text("a\n1\n")
    (chunk,) = read_delimited(tmp_path / "t.csv", (Form(),), 10)
    with Mapper(endless, time_limit_s=0.05) as mapper, pytest.raises(SettingError, match="longer than"):
        mapper.lines(chunk)


@pytest.mark.parametrize(
    ("select", "says"),
    [
        ("select a as custmer_id from source", "custmer_id.*customer_id"),
        ("select {'name': a} as actor from source", "actor.name"),
        ("select a as money from source", "money"),
        ("select a as attributes from source", "attributes"),
        ("select timestamp '2024-01-01 00:00:00' as time from source", "zone"),
        ("select date '2024-01-01' as time from source", "zone"),
        ("select {'due_at': timestamp '2024-01-01 00:00:00'} as promise from source", "zone"),
        ("select b as type from source", r"(?s)b.*Columns of source: a, row_number"),
        ("select a::integer as sequence from source", "try_cast"),
        ("select row_number + 7 as row_number from source", "row_number"),
        ("select s.a as type from source s, source t", "row_number"),
    ],
)
def test_what_does_not_fit_is_said(tmp_path: Path, select: str, says: str) -> None:
    (tmp_path / "t.csv").write_text("a\nx\ny\n")
    with pytest.raises(SettingError, match=says) as refused:
        list(read_rows(tmp_path / "t.csv", parse_mapping("mine", select)))
    assert "mine" in str(refused.value)


def test_rows_may_be_read_through_tables_of_their_own() -> None:
    select = check_select(
        "with calls as (select *, a || 'x' as b from source) select b as type from calls union all by name select a as type from calls"
    )
    assert (select.row_wise, select.branching) == (True, True)
    assert check_select("select a as type from source").branching is False
    assert check_select("select unnest([a, b]) as type from source").branching is True


@pytest.mark.parametrize(
    "sql",
    [
        "select distinct a as type from source",
        "select a as type from source order by a",
        "select a as type from source limit 3",
        "select max(a) as type from source",
        "select a as type from source where a in (select b from source)",
        "select a as type from source union select b from source",
        "select lag(a) over (order by row_number) as type from source",
        "with n as (select count(*) as n from source) select a as type from source, n",
    ],
)
def test_what_compares_rows_is_known(sql: str) -> None:
    assert not check_select(sql).row_wise


def test_the_leading_comments_say_how_the_file_is_written() -> None:
    mapping = parse_mapping(
        "m",
        "-- A log of calls.\n-- csv: delim=|, header=false, columns=a,b, c\n-- csv: delim=,, quote=none, encoding=latin-1\n"
        '-- csv: delim=whitespace\n-- optional: x, "y z"\n'
        "select a as type from source -- csv: delim=;\n",
    )
    assert mapping.forms == (Form("|", False, ("a", "b", "c")), Form(",", True, (), "latin-1", None), Form(BLANKS))
    assert mapping.optional == ("x", "y z")


@pytest.mark.parametrize("line", ["csv: sep=|", "csv: nonsense", "csv: delim=ab", "csv: header=yes"])
def test_a_malformed_comment_is_refused(line: str) -> None:
    with pytest.raises(SettingError, match="mapping 'm': csv:"):
        parse_mapping("m", f"-- {line}\nselect a as type from source")


def test_the_first_form_that_fits_the_first_row_is_taken(tmp_path: Path) -> None:
    forms = (Form(BLANKS, True, ("id", "day")), Form(BLANKS, False, ("id", "other", "day")))

    def chunk(text: str) -> Chunk:
        (tmp_path / "t.txt").write_text(text)
        (only,) = read_delimited(tmp_path / "t.txt", forms, 10)
        return only

    assert chunk(" id  day\n 1 2\n").table.select(["id", "day"]).to_pylist() == [{"id": "1", "day": "2"}]
    assert chunk(" 1 2  3\n").table["other"].to_pylist() == ["2"]
    with pytest.raises(SettingError, match="id, other, day"):
        chunk("a b c d\n")


def test_an_optional_column_is_null_where_the_file_lacks_it(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\nx\n")
    mapping = parse_mapping("m", "-- optional: b\nselect a as type, b as channel, a as customer_id, '2024-01-01T00:00:00Z' as time from source")
    (batch,) = read_rows(tmp_path / "t.csv", mapping)
    assert b"channel" not in batch.lines[0]


def test_every_shipped_mapping_is_accepted_and_looks_at_one_row_at_a_time() -> None:
    assert {"helpdesk", "bank_callcentre_1999", "cdnow"} <= set(shipped())
    assert [name for name in shipped() if not load_mapping(name).select.row_wise] == []


def test_a_mapping_is_loaded_by_name_or_by_path(tmp_path: Path) -> None:
    (tmp_path / "calls.sql").write_text("select a as type from source")
    assert load_mapping(str(tmp_path / "calls.sql")).name == "calls"
    assert load_mapping("helpdesk").name == "helpdesk"
    with pytest.raises(SettingError, match="helpdesk"):
        load_mapping("absent")


def test_a_table_without_a_mapping_says_what_to_do() -> None:
    with pytest.raises(SettingError, match="--mapping"):
        mapping_for(Path("some/calls.csv.gz"))
    assert mapping_for(Path("some/calls.xes.gz")).name == "calls"
