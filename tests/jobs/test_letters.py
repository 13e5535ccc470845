"""Dead letters that are repaired and sent again: the results equal a run that was never broken (the embedded form)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jobs.check.compare import compare
from jobs.cli import main
from jobs.simulate import simulate

EVENTS = 2_000


def sojourn(*words: object, given: bytes | None = None) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], input=given)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DIR of a run that was never broken; its log lies beside it."""
    folder = tmp_path_factory.mktemp("whole")
    simulate(EVENTS, 6, folder)
    assert sojourn("run", folder / "events.jsonl", "--to", folder / "dir").exit_code == 0
    return folder


@pytest.fixture
def broken(whole: Path, tmp_path: Path) -> Path:
    """A DIR of the same events, of which each hundredth had its time's name misspelt, one was cut, and one was no text at all."""
    lines = (whole / "events.jsonl").read_bytes().splitlines()
    lines = [line.replace(b'"time":', b'"tiem":') if place % 100 == 0 else line for place, line in enumerate(lines)]
    lines[7], lines[8] = lines[7][:-1], lines[8].replace(b'"id":"', b'"id":"\xff', 1)
    (tmp_path / "events.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    assert sojourn("run", tmp_path / "events.jsonl", "--to", tmp_path / "dir").exit_code == 0
    return tmp_path / "dir"


def different(one: Path, other: Path) -> list[str]:
    return [table.table for table in compare(one, other) if not table.equal]


def test_letters_are_listed_with_their_reasons_and_shown_with_their_bytes(broken: Path) -> None:
    listed = json.loads(sojourn("dead-letters", "list", broken, "--json").stdout)
    assert sorted({letter["reason"] for letter in listed}) == ["not_json", "schema"]
    assert f"{len(listed)} dead letters: 20 schema, 2 not_json" in sojourn("dead-letters", "list", broken).stdout
    assert len(json.loads(sojourn("dead-letters", "list", broken, "--json", "--reason", "not_json").stdout)) == 2
    assert json.loads(sojourn("dead-letters", "list", broken, "--json", "--since", "2999-01-01T00:00:00Z").stdout) == []
    shown = sojourn("dead-letters", "show", broken, listed[0]["md5"][:10])
    assert shown.exit_code == 0
    assert listed[0]["reason"] in shown.stdout and listed[0]["payload"] in shown.stdout
    assert sojourn("dead-letters", "show", broken, "").exit_code == 1


def test_a_command_repairs_letters_and_the_results_equal_a_run_that_was_never_broken(broken: Path, whole: Path, tmp_path: Path) -> None:
    assert different(broken, whole / "dir") != []
    words = ["dead-letters", "replay", broken, "--edit", 'sed "s/tiem/time/; s/\\xff//; s/[^}]$/&}/"', "--out", tmp_path / "repaired.jsonl"]
    assert "22 readable now, 0 still refused; none was sent" in sojourn(*words, "--dry-run").stdout
    sent = sojourn(*words)
    assert sent.exit_code == 0, sent.output
    assert f"22 events written to {tmp_path / 'repaired.jsonl'}" in sent.stdout
    assert sojourn("run", tmp_path / "repaired.jsonl", "--to", broken).exit_code == 0
    assert different(broken, whole / "dir") == ["dead_letters"]
    assert sojourn(*words).exit_code == 2  # the file is there: nothing is written over


def test_lines_that_were_repaired_elsewhere_are_taken_and_what_is_still_wrong_is_named(broken: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in sojourn("dead-letters", "list", broken, "--lines").stdout_bytes.splitlines()]
    repaired = [{**line, "payload": json.loads(line["payload"].replace("tiem", "time"))} for line in lines if line["reason"] == "schema"]
    repaired[0]["payload"]["time"] = "tomorrow"
    given = "\n".join(map(json.dumps, repaired)).encode()
    sent = sojourn("dead-letters", "replay", broken, "--from", "-", "--out", tmp_path / "repaired.jsonl", given=given)
    assert sent.exit_code == 1
    assert "19 readable now, 1 still refused, 2 left out" in sent.stdout
    assert "still schema" in sent.stderr
    assert len((tmp_path / "repaired.jsonl").read_bytes().splitlines()) == 19
    for wrong in (b'{"feed": "nowhere", "place": 1, "payload": "x"}', b"no line at all"):
        assert sojourn("dead-letters", "replay", broken, "--from", "-", "--dry-run", given=wrong).exit_code == 2


def test_a_command_that_fails_leaves_its_letter_out(broken: Path) -> None:
    assert "0 readable now, 0 still refused, 22 left out; none was sent" in sojourn(
        "dead-letters", "replay", broken, "--edit", "exit 3", "--dry-run"
    ).stdout  # fmt: skip


def test_what_no_longer_breaks_the_contract_is_sent_as_it_is(broken: Path) -> None:
    said = sojourn("dead-letters", "replay", broken, "--dry-run")
    assert "0 readable now, 22 still refused" in said.stdout
    assert sojourn("dead-letters", "replay", broken).exit_code == 2  # without --out a run's letters have no way
