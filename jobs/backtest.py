"""What one rule would have found in a DIR: its events run once more, past that rule alone, in a folder of their own that is thrown away."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jobs.mart.open import open_mart
from jobs.run import RunSettings, run
from jobs.sources.journal import JournalFacts
from pipelines.judge.rule import Rule
from pipelines.resources import read_text
from schemas.journey_map import JourneyMap

Row = dict[str, object]


@dataclass(frozen=True)
class Backtest:
    """What a rule would have found.

    Attributes:
        rule: The rule, with the settings that it was tried with.
        events: How many events it was tried on.
        first, last: From when to when they are (UTC).
        days: ``day, began, ended, holding`` (at the end of the day), ``customers, severity`` (the gravest), one a day from the first breach on.
        places: ``stage, channel, site, breaches, customers, holding``, the most frequent first.
        examples: Breaches: the latest.
    """

    rule: Rule
    events: int
    first: datetime | None
    last: datetime | None
    days: list[Row]
    places: list[Row]
    examples: list[Row]


def backtest(rule: Rule, dir_: Path, journey_map: JourneyMap, report: Callable[[str, int], None]) -> Backtest:
    """Try a rule on all events of a DIR, which is only read; whoever writes to it may go on.

    Args:
        rule: With the settings of the map.
        dir_: The DIR.
        journey_map: How the events are read; it may be another map than the DIR's.
        report: Told what is read and how far.

    Raises:
        SojournError: the rule fails, or the DIR can't be read.
    """
    with tempfile.TemporaryDirectory(prefix="sojourn-backtest-") as folder:
        to = Path(folder) / "out"
        run([JournalFacts(dir_)], RunSettings(to=to, journey_map=journey_map, rules=[rule]), report=report)
        with open_mart(to) as con:
            rows = [
                con.sql(read_text(f"jobs/show/backtest_{name}.sql")).to_arrow_table().to_pylist() for name in ("span", "days", "places", "examples")
            ]
    span, days, places, examples = rows
    return Backtest(rule, int(span[0]["events"]), span[0]["first_at"], span[0]["last_at"], days, places, examples)


def try_out(rule: Rule, journey_map: JourneyMap) -> None:
    """Run a rule over no event at all. Raises RuleError where it could not be run over any."""
    with tempfile.TemporaryDirectory(prefix="sojourn-check-") as folder:
        run([], RunSettings(to=Path(folder) / "out", journey_map=journey_map, rules=[rule]))
