import gzip
import json
from pathlib import Path

import pytest

from jobs.sources.rows import read_rows
from jobs.sources.xes import read_xes
from schemas.errors import SourceError

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
LOG = (
    HEAD
    + """<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <global scope="event"><string key="concept:name" value="unknown"/></global>
  <string key="concept:name" value="a log"><string key="deep" value="x"/></string>
  <trace>
    <string key="concept:name" value="case 1"/>
    <event>
      <string key="concept:name" value="Ask &amp; wait"/>
      <string key="lifecycle:transition" value="START"/>
      <string key="org:resource" value="Ann"/><string key="org:group" value=""/>
      <date key="time:timestamp" value="2024-05-01T10:00:00.000+02:00"/>
      <int key="points" value="3"><string key="unit" value="nested"/></int>
      <list key="parts"><values><string key="part" value="a"/><string key="part" value="b"/></values></list>
    </event>
    <event>
      <string value="Answer" key="concept:name"/>
      <string key="lifecycle:transition" value="Wait - User"/>
      <date key="time:timestamp" value="2024-05-01T11:00:00.000+02:00"/>
    </event>
    <string key="level" value="gold"/>
  </trace>
  <trace><string key="concept:name" value="case 2"/></trace>
</log>
"""
)
LAUGHS = (
    HEAD
    + "<!DOCTYPE log [\n<!ENTITY a0 'ha'>\n"
    + "".join(f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>\n" for i in range(1, 10))
    + "]>\n<log><trace><string key='concept:name' value='&a9;'/></trace></log>"
)
OUTSIDE = (
    HEAD
    + "<!DOCTYPE log [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>\n<log><trace><event><string key='concept:name' value='a'/>&x;</event></trace></log>"
)
FETCHED = HEAD + "<!DOCTYPE log SYSTEM 'http://localhost:1/log.dtd'>\n<log/>"


def write(folder: Path, text: str, name: str = "calls.xes") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def events(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for batch in read_rows(path, None) for line in batch.lines]


def test_a_log_without_a_mapping_is_read_by_its_standard_extensions(tmp_path: Path) -> None:
    first, second = events(write(tmp_path, LOG))
    assert str(first.pop("id")).endswith("-0")
    assert first == {
        "source": "calls",
        "type": "Ask & wait",
        "time": "2024-05-01T10:00:00.000+02:00",
        "sequence": 1,
        "customer_id": "case 1",
        "case_id": "case 1",
        "lifecycle": "started",
        "actor": {"id": "Ann"},
        "attributes": {"lifecycle:transition": "START", "points": "3", "case:level": "gold"},
    }
    assert second["attributes"] == {"lifecycle:transition": "Wait - User", "case:level": "gold"}
    assert "lifecycle" not in second
    assert "actor" not in second


def test_packing_and_namespace_prefixes_change_nothing(tmp_path: Path) -> None:
    plain = events(write(tmp_path, LOG))
    assert events(write(tmp_path, LOG, "calls.xes.gz")) == plain
    prefixed = LOG.replace("xmlns=", "xmlns:x=").replace("<string", "<x:string").replace("</string", "</x:string")
    for tag in ("log", "trace", "event"):
        prefixed = prefixed.replace(f"<{tag}", f"<x:{tag}").replace(f"</{tag}", f"</x:{tag}")
    assert events(write(tmp_path, prefixed)) == plain


def test_attributes_inside_attributes_are_counted_not_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        (chunk,) = read_xes(write(tmp_path, LOG), 10)
    assert {"unit", "part", "parts", "deep"}.isdisjoint(chunk.table.column_names)
    assert "5 nested attributes" in caplog.text  # unit, the list without a value, its values, and two parts


def test_ids_do_not_depend_on_where_batches_are_cut(tmp_path: Path) -> None:
    trace = "".join(
        f"<event><string key='concept:name' value='{name}'/>{more}<date key='time:timestamp' value='2024-05-01T10:00:00Z'/></event>"
        for name, more in [
            ("a", ""),
            ("a", ""),
            ("b", "<string key='late column' value='x'/>"),
            ("a", ""),
            ("B", "<string key='Late Column' value='y'/>"),
        ]
    )
    path = write(
        tmp_path,
        f"<log><trace><string key='concept:name' value='c'/>{trace}</trace><trace><string key='concept:name' value='c'/>{trace}</trace></log>",
    )
    whole = [line for batch in read_rows(path, None) for line in batch.lines]
    for cut in (1, 2, 3, 9):
        assert [line for batch in read_rows(path, None, batch_rows=cut) for line in batch.lines] == whole
        assert [line for batch in read_rows(path, None, batch_rows=cut, start=4) for line in batch.lines] == whole[4:]
    assert len({json.loads(line)["id"] for line in whole}) == len(whole) == 10


@pytest.mark.parametrize("hostile", [LAUGHS, OUTSIDE, FETCHED])
def test_a_document_type_is_refused(tmp_path: Path, hostile: str) -> None:
    with pytest.raises(SourceError, match="DOCTYPE"):
        events(write(tmp_path, hostile))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LOG[:900], "damaged"),
        (LOG.replace("</trace>", "</tracee>", 1), "damaged"),
        ("", "damaged"),
        ("<html></html>", "no XES log"),
        (HEAD.replace("UTF-8", "no-such-code") + "<log/>", "damaged"),
    ],
)
def test_a_damaged_log_is_a_source_error(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        events(write(tmp_path, text))


def test_a_cut_archive_is_a_source_error(tmp_path: Path) -> None:
    path = write(tmp_path, LOG * 50, "calls.xes.gz")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(SourceError):
        events(path)


def test_deep_nesting_costs_no_recursion(tmp_path: Path) -> None:
    deep = "<string key='a' value='b'>" * 50_000 + "</string>" * 50_000
    event = f"<event><string key='concept:name' value='a'/>{deep}</event>"
    (one,) = events(write(tmp_path, f"<log><trace><string key='concept:name' value='c'/>{event}</trace></log>"))
    assert one["type"] == "a"
