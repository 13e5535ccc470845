"""Real logs give exactly the figures that were published or counted elsewhere, in whatever order their events come."""

from __future__ import annotations

import io
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobs.mart.open import open_mart
from jobs.run import RunSettings, run
from jobs.sources.convert import convert
from jobs.sources.jsonl import Pipe
from jobs.sources.mapping import load_mapping
from jobs.sources.table_file import TableFile
from schemas.journey_map import default_map


@dataclass(frozen=True)
class Log:
    """A log, its counts (events, journeys, types, variants), and, where it is doubled outside CI, each how many-th event comes twice."""

    path: str
    counts: tuple[int, int, int, int]
    mapping: str | None = None
    doubled: int = 1


LOGS = [
    Log("bpic2012_loan/BPI_Challenge_2012.xes.gz", (262_200, 13_087, 24, 4_366), doubled=8),
    Log("helpdesk/helpdesk.xes.gz", (21_348, 4_580, 14, 226)),
    Log("receipt/receipt.xes.gz", (8_577, 1_434, 27, 116)),
    Log("sepsis/SEPSIS.xes.gz", (15_214, 1_050, 16, 846)),
    Log("bpic2013_incidents/bpi_challenge_2013_incidents.xes.gz", (65_533, 7_554, 4, 1_511), doubled=4),
    Log("bpic2020_domestic/DomesticDeclarations.xes.gz", (55_628, 10_357, 14, 90), doubled=4),
    Log("traffic_fines_sample/traffic_fines_sample.csv.gz", (34_724, 10_000, 11, 44), "traffic_fines_sample", doubled=2),
    Log("callcenter_demo/CallcenterExample.csv.gz", (7_548, 3_885, 6, 354), "callcenter_demo"),
]
IDS = [log.path.partition("/")[0] for log in LOGS]


def counts(of: Path) -> tuple[int, int, int, int]:
    """Return events, journeys, types and variants of a mart."""
    with open_mart(of) as mart:
        return tuple(  # type: ignore[return-value]
            mart.sql(f"select {what}").fetchall()[0][0]
            for what in (
                "count(*) from mart.touchpoints",
                "count(*) from mart.journeys",
                "count(distinct type) from mart.steps",
                "count(*) from mart.variants",
            )
        )


@pytest.mark.parametrize("log", LOGS, ids=IDS)
def test_a_log_gives_its_published_counts(log: Log, read_whole: Callable[..., Path]) -> None:
    out = read_whole(log.path, log.mapping)
    assert counts(out) == log.counts
    with open_mart(out) as mart:
        assert mart.sql("select count(*) from mart.dead_letters").fetchall() == [(0,)]


@pytest.mark.parametrize("log", LOGS, ids=IDS)
def test_shuffled_doubled_and_overlapping_it_gives_the_same(log: Log, data_dir: Path, tmp_path: Path) -> None:
    out = io.BytesIO()
    convert([data_dir / log.path], load_mapping(log.mapping) if log.mapping else None, out)
    lines = out.getvalue().splitlines()
    step = 1 if "CI" in os.environ else log.doubled
    some = [*lines, *lines[::step]]
    random.Random(7).shuffle(some)
    half, part = len(some) // 2, len(lines) // (3 * step)
    for begin, end in ((0, half + part), (half - part, len(some))):
        text = io.BytesIO(b"\n".join(some[begin:end]))
        run([Pipe(text, begin + 1)], RunSettings(to=tmp_path / "out", journey_map=default_map(), batch_rows=20_000))
    assert counts(tmp_path / "out") == log.counts


def test_helpdesk_keyed_by_its_customer_has_4587_journeys(data_dir: Path, tmp_path: Path) -> None:
    run([TableFile(data_dir / "helpdesk/helpdesk.xes.gz", load_mapping("helpdesk"))], RunSettings(to=tmp_path / "out", journey_map=default_map()))
    assert counts(tmp_path / "out") == (21_348, 4_587, 14, 228)  # seven cases have two customers


@pytest.mark.parametrize(
    ("path", "mapping", "edge", "count", "mean_h", "median_h"),
    [
        ("bpic2020_domestic/DomesticDeclarations.xes.gz", None, ("Request Payment", "Payment Handled"), 9_911, 85.62, 77.78),
        ("helpdesk/helpdesk.xes.gz", None, ("Assign seriousness", "Take in charge ticket"), 4_160, 89.74, 6.09),
    ],
)
def test_transitions_agree_with_the_published_ones(
    path: str, mapping: str | None, edge: tuple[str, str], count: int, mean_h: float, median_h: float, read_whole: Callable[..., Path]
) -> None:
    with open_mart(read_whole(path, mapping)) as mart:
        query = "select count, mean_s / 3600, median_s / 3600 from mart.transitions where from_type = $a and to_type = $b"
        found = mart.sql(query, params={"a": edge[0], "b": edge[1]}).fetchall()[0]
        first = mart.sql("select from_type, to_type from mart.transitions order by total_s desc limit 1").fetchall()[0]
    assert found[0] == count
    assert found[1:] == (pytest.approx(mean_h, rel=1e-3), pytest.approx(median_h, rel=1e-3))
    assert first == edge or path.startswith("helpdesk")


def test_cdnow_gives_the_parameters_of_the_paper(data_dir: Path, tmp_path: Path) -> None:
    until_us = 875_664_000_000_000 - 1  # the last µs of 1997-09-30, UTC
    source = TableFile(data_dir / "cdnow/CDNOW_sample.txt.gz", load_mapping("cdnow"))
    summary = run([source], RunSettings(to=tmp_path / "out", journey_map=default_map(), until_us=until_us, horizon_days=39 * 7))
    with open_mart(tmp_path / "out") as mart:
        names = mart.sql("select * from mart.models where basis = 'purchases'")
        model = dict(zip(names.columns, names.fetchall()[0], strict=True))
    assert summary.totals["skipped"] > 0
    assert [model[name] for name in ("r", "alpha", "a", "b")] == [pytest.approx(value, rel=5e-3) for value in (0.2426, 4.4136, 0.7929, 2.4259)]
    assert model["log_likelihood"] == pytest.approx(-9582.43, abs=0.1)
