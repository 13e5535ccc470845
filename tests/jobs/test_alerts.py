"""What a person sees of alerts, and what they say about them."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jobs.cli import main
from jobs.deliver.silences import silences_of
from jobs.notes import Notes
from jobs.run import RunSettings, run
from schemas.journey_map import default_map
from tests.jobs.conftest import piped
from tests.jobs.mart.talk import MINUTE, T0, Interval, Talk
from tests.jobs.mart.test_dossiers import CALL, put


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "dir"
    settings = RunSettings(to=folder, journey_map=default_map(), rules=())
    run([piped(CALL)], settings)
    with closing(Talk(folder)) as talk:
        put(talk, 0xA7 << 56, ["q1", "a1"], since=5, value=28 * 60_000, threshold=5 * 60_000)
        talk.put(Interval(0xB8 << 56, since=40, until=42, rule="ping_pong", site="south", unit="count", value=4, threshold=3))
        talk.say(50)
        talk.mart.con.execute("checkpoint live")
    run([], settings)
    return folder


def told(*arguments: str | Path, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["alerts", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


def test_the_list_shows_what_holds_and_with_all_what_is_over(folder: Path) -> None:
    rows = json.loads(told("list", folder, "--json").output)
    assert [(row["rule"], row["state"], row["severity"], row["sent"]) for row in rows] == [("wait_beyond_adequate", "opened", "warning", True)]
    rows = json.loads(told("list", folder, "--all", "--json").output)
    assert [row["state"] for row in rows] == ["opened", "resolved"]
    assert json.loads(told("list", folder, "--all", "--site", "so*", "--json").output)[0]["rule"] == "ping_pong"
    assert "1 alert that holds" in told("list", folder).output


def test_where_nothing_is_wrong_the_list_says_so(tmp_path: Path) -> None:
    run([piped(CALL[:1])], RunSettings(to=tmp_path / "calm", journey_map=default_map(), rules=()))
    assert "Nothing is wrong" in told("list", tmp_path / "calm", "--rule", "nothing").output


def test_one_is_shown_whole_by_the_beginning_of_its_key(folder: Path) -> None:
    page = told("show", folder, "a7").output
    assert "Waited 28min (queue), up to" in page
    assert "[phone …67]" in page
    assert "Owner of stage queue: contact centre" in page
    assert "opened" in page
    data = json.loads(told("show", folder, "a7", "--json").output)[0]
    assert data["evidence"] == ["q1", "a1"]


def test_a_key_of_nothing_or_of_several_is_said(folder: Path) -> None:
    assert "no alert has the key" in told("show", folder, "ff", code=2).output
    assert "is the beginning of 2 keys" in told("show", folder, "", code=2).output


def test_who_takes_care_of_an_alert_stands_in_the_list_until_it_is_lifted(folder: Path) -> None:
    told("ack", folder, "a7", "--by", "ann", "--why", "on it")
    assert json.loads(told("list", folder, "--json").output)[0]["notes"][0]["who"] == "ann"
    note = json.loads(told("notes", folder, "--json").output)[0]
    assert (note["kind"], note["key"], note["why"]) == ("ack", 0xA7 << 56, "on it")
    told("lift", folder, note["id"], "--by", "bob", "--why", "wrong one")
    assert json.loads(told("list", folder, "--json").output)[0]["notes"] == []


def test_snoozing_and_maintenance_want_an_end_and_say_what_is_allowed(folder: Path) -> None:
    assert "--for 2h" in told("snooze", folder, "a7", "--why", "later", code=2).output
    assert "'soon'" in told("snooze", folder, "a7", "--why", "later", "--until", "soon", code=2).output
    assert "with a zone" in told("snooze", folder, "a7", "--why", "later", "--until", "2025-03-31T08:00:00", code=2).output
    assert "whole numbers" in told("snooze", folder, "a7", "--why", "later", "--for", "2 hours", code=2).output
    assert "--rule, --site or --stage" in told("maintenance", folder, "--why", "x", "--for", "2h", code=2).output
    told("snooze", folder, "a7", "--why", "later", "--for", "2h")
    told("maintenance", folder, "--why", "switch", "--from", "2030-01-01T22:00:00Z", "--for", "4h", "--site", "north")
    snooze, maintenance = Notes(folder).standing()
    assert snooze.until_us is not None
    assert snooze.until_us - snooze.from_us == 7200 * 1_000_000
    assert maintenance.from_us == 1_893_535_200_000_000
    assert maintenance.about(1, "any", "north", None)
    assert not maintenance.about(1, "any", "south", None)
    assert not maintenance.holds(maintenance.at_us)


def test_delivery_keeps_silence_as_soon_as_a_note_is_there_until_it_is_lifted_and_tells_of_a_damaged_one_once(folder: Path) -> None:
    said: list[str] = []
    silences = silences_of(folder, said.append)
    assert silences() == []
    told("ack", folder, "a7", "--why", "on it")
    told("maintenance", folder, "--why", "switch", "--for", "4h", "--site", "north")
    assert [(silence.kind, silence.key, silence.site) for silence in silences()] == [("ack", 0xA7 << 56, None), ("maintenance", None, "north")]
    (folder / "notes" / "9-x.json").write_text("{")
    assert len(silences()) == len(silences()) == 2
    assert len(said) == 1
    (folder / "notes" / "9-x.json").unlink()
    told("lift", folder, Notes(folder).standing()[0].id, "--why", "done")
    assert [silence.kind for silence in silences()] == ["maintenance"]


def test_notes_written_at_once_are_all_kept(tmp_path: Path) -> None:
    names = {Notes.new_id(T0 + MINUTE) for _ in range(100)}
    assert len(names) == 100
