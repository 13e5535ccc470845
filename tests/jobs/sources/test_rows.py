import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.sources.mapping import Mapping, parse_mapping
from jobs.sources.rows import is_row_source, read_rows
from schemas.errors import SettingError, SourceError
from schemas.touchpoint import Touchpoint

SIMPLE = "select who as customer_id, what as type, moment as time from source"
TABLE = "who,what,moment\nann,call.ended,2024-05-01T10:00:00Z\nbob,call.ended,2024-05-01T10:05:00Z\nann,call.ended,2024-05-01T10:00:00Z\n"


def mapping(select: str = SIMPLE, name: str = "mine") -> Mapping:
    return parse_mapping(name, select)


def write(folder: Path, text: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def lines(path: Path, chosen: Mapping | None = None, **how: int) -> list[bytes]:
    return [line for batch in read_rows(path, chosen or mapping(), **how) for line in batch.lines]


def touchpoints(path: Path, chosen: Mapping | None = None, **how: int) -> list[Touchpoint]:
    return [msgspec.json.decode(line, type=Touchpoint) for line in lines(path, chosen, **how)]


def test_a_row_becomes_a_touchpoint_without_its_null_fields(tmp_path: Path) -> None:
    line = json.loads(lines(write(tmp_path, TABLE))[0])
    assert line.pop("id").endswith("-0")
    assert line == {"source": "mine", "type": "call.ended", "time": "2024-05-01T10:00:00Z", "sequence": 1, "customer_id": "ann"}


def test_equal_rows_share_their_content_and_differ_in_their_rank(tmp_path: Path) -> None:
    first, other, again = (event.id for event in touchpoints(write(tmp_path, TABLE)))
    assert first[:-2] == again[:-2] != other[:-2]
    assert (first[-2:], other[-2:], again[-2:]) == ("-0", "-0", "-1")


@settings(max_examples=20)
@given(rows=st.lists(st.sampled_from(["ann", "bob", "", "a,b"]), min_size=1, max_size=40), cut=st.integers(1, 41), start=st.integers(0, 41))
def test_neither_cuts_nor_a_restart_change_a_line(tmp_path_factory: pytest.TempPathFactory, rows: list[str], cut: int, start: int) -> None:
    table = "who,what,moment\n" + "".join(f'"{who}",call.ended,2024-05-01T10:00:00Z\n' for who in rows)
    path = write(tmp_path_factory.mktemp("cuts"), table)
    whole = lines(path)
    assert lines(path, batch_rows=cut) == whole
    assert lines(path, batch_rows=cut, start=start) == whole[start:]


def test_batches_cover_the_rows_without_a_gap(tmp_path: Path) -> None:
    path = write(tmp_path, TABLE)
    assert [(batch.lo, batch.hi) for batch in read_rows(path, mapping(), batch_rows=2)] == [(0, 2), (2, 3)]
    assert [(batch.lo, batch.hi) for batch in read_rows(path, mapping(), batch_rows=2, start=1)] == [(1, 2), (2, 3)]
    assert list(read_rows(path, mapping(), start=3)) == []


def test_packing_delimiter_and_parquet_change_nothing(tmp_path: Path) -> None:
    plain = lines(write(tmp_path, TABLE))
    assert lines(write(tmp_path, gzip.compress(TABLE.encode()), "table.csv.gz")) == plain
    two_frames = b"".join(zstandard.compress(half.encode()) for half in (TABLE[:30], TABLE[30:]))
    assert lines(write(tmp_path, two_frames, "table.csv.zst")) == plain
    assert lines(write(tmp_path, TABLE.replace(",", "\t"), "table.tsv")) == plain
    assert lines(write(tmp_path, TABLE.replace(",", "|"), "table.psv")) == plain
    assert lines(write(tmp_path, TABLE.replace(",", ";"), "table.txt")) == plain
    assert lines(write(tmp_path, "\ufeff" + TABLE.replace("\n", "\r\n"))) == plain
    rows = [line.split(",") for line in TABLE.splitlines()]
    columns = {name: [row[place] for row in rows[1:]] for place, name in enumerate(rows[0])}
    pq.write_table(pa.table(columns), tmp_path / "table.parquet")
    assert lines(tmp_path / "table.parquet", batch_rows=2) == plain


def test_typed_parquet_arrives_as_text(tmp_path: Path) -> None:
    table = pa.table({"n": [7, None], "moment": pa.array([datetime(2024, 5, 1, 10, tzinfo=UTC)] * 2, pa.timestamp("us", "UTC"))})
    pq.write_table(table, tmp_path / "typed.parquet")
    chosen = mapping("select n as customer_id, 'x' as type, moment::timestamptz as time from source")
    first, second = touchpoints(tmp_path / "typed.parquet", chosen)
    assert (first.customer_id, first.time, second.customer_id) == ("7", datetime(2024, 5, 1, 10, tzinfo=UTC), None)


def test_several_events_of_a_row_keep_their_order_and_have_ids_of_their_own(tmp_path: Path) -> None:
    branch = "select {} as type, moment as time, who as customer_id from source"
    chosen = mapping(" union all by name ".join(branch.format(kind) for kind in ("'a'", "'b'", "'x' as channel, 'b'")))
    events = touchpoints(write(tmp_path, TABLE), chosen)
    assert [event.type for event in events] == ["a", "b", "b"] * 3
    assert [event.sequence for event in events] == [1024, 1025, 1026, 2048, 2049, 2050, 3072, 3073, 3074]
    assert len({event.id for event in events}) == 9
    assert [event.id.partition(".")[2] for event in events[:3]] == ["a", "b", "b.1"]
    assert touchpoints(write(tmp_path, TABLE), chosen, batch_rows=1) == events


def test_a_filter_leaves_ids_and_sequences_of_the_rest_alone(tmp_path: Path) -> None:
    path = write(tmp_path, TABLE)
    assert lines(path, mapping(SIMPLE + " where who = 'ann'")) == [lines(path)[0], lines(path)[2]]


def test_a_mapping_that_looks_at_many_rows_gets_all_of_them(tmp_path: Path) -> None:
    chosen = mapping("select who as customer_id, what as type, moment as time, (count(*) over (partition by who))::varchar as channel from source")
    path = write(tmp_path, TABLE)
    assert not chosen.select.row_wise
    assert [event.channel for event in touchpoints(path, chosen, batch_rows=1)] == ["2", "1", "2"]
    grouped = "select who as customer_id, min(what) as type, min(moment) as time{} from source group by who order by who"
    named = mapping(grouped.format(", 'first of ' || who as id, 1 as sequence"))
    assert [event.id for event in touchpoints(path, named)] == ["first of ann", "first of bob"]
    with pytest.raises(SettingError, match="row_number"):
        lines(path, mapping(grouped.format("")))


def test_nested_fields_and_given_names_pass_through(tmp_path: Path) -> None:
    chosen = mapping("""select who as customer_id, what as type, moment as time, 'r' || row_number as id, 'shop' as source, 5 as sequence,
        {'id': who, 'team': null::varchar} as actor, {'amount_minor': 250, 'currency': 'EUR', 'kind': 'order'} as money,
        {'metric': 'nps', 'value': 9} as rating, {'due_at': timestamptz '2024-05-02 00:00:00Z', 'kind': 'call back'} as promise,
        ['phone:1', 'email:a@b'] as identifiers, '1.5' as wait_s, map {'a': who, 'b': null} as attributes from source""")
    event = touchpoints(write(tmp_path, TABLE), chosen)[1]
    assert (event.id, event.source, event.sequence) == ("r2", "shop", 5)
    assert event.actor is not None and (event.actor.id, event.actor.team) == ("bob", None)
    assert event.money is not None and event.money.amount_minor == 250
    assert event.rating is not None and event.rating.value == 9
    assert event.promise is not None and event.promise.due_at == datetime(2024, 5, 2, tzinfo=UTC)
    assert (event.identifiers, event.wait_s, event.attributes) == (["phone:1", "email:a@b"], 1.5, {"a": "bob"})


def test_a_block_of_nulls_is_absent(tmp_path: Path) -> None:
    chosen = mapping(SIMPLE.replace(" from", ", {'id': null::varchar} as actor, map {'a': null::varchar} as attributes from"))
    assert {"actor", "attributes"}.isdisjoint(json.loads(lines(write(tmp_path, TABLE), chosen)[0]))


def test_a_number_that_is_none_stays_for_the_contract_to_refuse(tmp_path: Path) -> None:
    line = lines(write(tmp_path, TABLE), mapping(SIMPLE.replace(" from", ", who as wait_s from")))[0]
    assert json.loads(line)["wait_s"] == "ann"
    with pytest.raises(msgspec.ValidationError, match="wait_s"):
        msgspec.json.decode(line, type=Touchpoint)


def test_a_row_with_too_many_fields_is_handed_on_as_it_stands(tmp_path: Path) -> None:
    path = write(tmp_path, TABLE.replace("bob,", "bob,the,builder,"))
    broken = lines(path)[1]
    assert json.loads(broken) == ["bob", "the", "builder", "call.ended", "2024-05-01T10:05:00Z"]
    assert lines(path, start=1) == lines(path)[1:]
    assert [json.loads(line)["sequence"] for line in (lines(path)[0], lines(path)[2])] == [1, 3]


def test_a_short_row_ends_in_nulls_and_blank_lines_are_no_rows(tmp_path: Path) -> None:
    path = write(tmp_path, "who,what,moment\n\nann,call.ended\n\n")
    (line,) = lines(path)
    assert "time" not in json.loads(line)


def test_a_byte_that_is_no_text_stays_visible(tmp_path: Path) -> None:
    path = write(tmp_path, TABLE.encode().replace(b"bob", b"b\xffb"))
    assert touchpoints(path)[1].customer_id == r"b\xffb"
    latin = parse_mapping("latin", "-- csv: encoding=latin-1\n" + SIMPLE)
    assert touchpoints(path, latin)[1].customer_id == "bÿb"


def test_an_empty_table_gives_nothing(tmp_path: Path) -> None:
    assert lines(write(tmp_path, "")) == lines(write(tmp_path, "who,what,moment\n")) == []


def test_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    chosen = mapping("select a as customer_id, \"A_1\" as type, row_number_1 as case_id, '2024-05-01T10:00:00Z' as time from source")
    (event,) = touchpoints(write(tmp_path, "a,A,row_number\nx,y,z\n"), chosen)
    assert (event.customer_id, event.type, event.case_id, event.sequence) == ("x", "y", "z", 1)


def test_a_file_that_cannot_be_read_is_a_source_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot read"):
        lines(tmp_path / "absent.csv")
    cut = write(tmp_path, gzip.compress(TABLE.encode() * 1000)[:-20], "cut.csv.gz")
    with pytest.raises(SourceError, match=r"cut\.csv\.gz"):
        lines(cut)
    with pytest.raises(SourceError, match=r"no\.csv\.gz"):
        lines(write(tmp_path, b"\x1f\x8bno archive", "no.csv.gz"))
    with pytest.raises(SourceError, match="field"):
        lines(write(tmp_path, TABLE + '"' + "x" * (1 << 24) + "y"))
    with pytest.raises(SourceError, match="Parquet"):
        lines(write(tmp_path, b"PAR1 and nothing else", "broken.parquet"))


def test_the_names_of_row_sources() -> None:
    assert all(is_row_source(Path(name)) for name in ("a.csv", "a.TSV.gz", "a.psv", "a.txt.zst", "a.parquet", "a.xes", "b/a.xes.gz"))
    assert not any(is_row_source(Path(name)) for name in ("a.jsonl", "a.jsonl.gz", "journal", "a.gz", "-"))
