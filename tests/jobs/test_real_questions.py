"""The questions that ship give, on real logs, the figures that were published or counted elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobs.mart.open import open_mart
from jobs.run import RunSettings, run
from jobs.sources.mapping import load_mapping
from jobs.sources.table_file import TableFile
from pipelines.resources import read_text
from schemas.journey_map import default_map


def read(files: list[Path], to: Path, mapping: str | None = None) -> Path:
    """Run over files; return the DIR."""
    run([TableFile(file, load_mapping(mapping) if mapping else None) for file in files], RunSettings(to=to, journey_map=default_map()))
    return to


def ask(of: Path, text: str) -> list[tuple[Any, ...]]:
    """Return the rows of one question."""
    with open_mart(of) as mart:
        return mart.execute(text).fetchall()


def test_of_the_banks_queued_calls_as_many_were_abandoned_as_published(data_dir: Path, tmp_path: Path) -> None:
    folder = data_dir / "bank_callcentre_1999"
    mart = read([folder / "january.tsv.gz", folder / "february.tsv.gz"], tmp_path / "bank", "bank_callcentre_1999")
    documented = Path(__file__).parents[1] / "data" / "questions" / "bank_calls_abandoned.sql"
    assert ask(mart, documented.read_text(encoding="utf-8")) == [(1, 16_905, 3_080, 18.2), (2, 18_306, 3_932, 21.5)]
    general = ask(mart, read_text("pipelines/questions/who_gives_up_in_the_queue.sql"))
    assert [sum(row[column] for row in general) for column in (2, 3)] == [16_905 + 18_306 - 240 - 278, 3_080 + 3_932]  # without the exchange's own


def test_605_of_3342_cases_called_again(read_whole: Callable[..., Path]) -> None:
    mart = read_whole("callcenter_demo/CallcenterExample.csv.gz", "callcenter_demo")
    rows = {row[0]: row[1:] for row in ask(mart, read_text("pipelines/questions/who_has_to_come_again.sql"))}
    cases, again, share, low, high, *_ = rows["Inbound Call"]
    assert (cases, again, round(share, 3)) == (3_342, 605, 0.181)
    assert low < share < high


def test_1177_incidents_went_to_another_team_and_back(read_whole: Callable[..., Path]) -> None:
    mart = read_whole("bpic2013_incidents/bpi_challenge_2013_incidents.xes.gz")
    assert ask(mart, read_text("pipelines/questions/who_is_sent_back_and_forth.sql"))[0] == (None, None, 1_177)
