"""The page of ``sojourn demo``: for somebody who sees all of this for the first time."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from pathlib import Path

import click

from jobs.check.compare import Compared
from jobs.run import Summary
from jobs.show.summary import QUERY, Answers, called, came_in, held_up, most_at_risk, worst_waits
from jobs.show.table import table
from jobs.show.timeline import Timeline, journey_paragraph
from jobs.show.words import number, span

WIDEST = 100
_TOO_FEW = "There is too little evidence to say: try more --events."
_WAITS = (
    "excess: waiting beyond the level that customers still put up with, all visits together; at least: the lower 90 % bound, which ranks. "
    "Which level that is for which stage, the journey map says (sojourn map show)."
)
_RISK = (
    "The chance that nothing is bought within that time, by a model fitted to these purchases. Of those more likely to leave than not, "
    "the ones with most revenue at risk in each currency."
)


def demo_page(summary: Summary, answers: Answers, example: Timeline | None, folder: Path) -> str:
    """Lay out the answers of a demo."""
    sections = {
        f"What came in{_pace(summary)}": came_in(summary.totals, answers.totals),
        "Where customers wait most": _waits(answers) if answers.bottlenecks else _wrapped(_TOO_FEW),
        "Who is about to leave, and why": f"{most_at_risk(answers.customers)}\n{_wrapped(_RISK)}" if answers.customers else _wrapped(_TOO_FEW),
        **({f"A journey of {example.customer['customer_id']}, who may leave": journey_paragraph(example.steps)} if example else {}),
        "Ask on": _ask_on(called(), folder, example),
    }
    return "\n" + "\n\n".join(f"{click.style(title, bold=True, underline=True)}\n{text}" for title, text in sections.items())


def compared_page(tables: Sequence[Compared], here: str, there: str) -> str:
    """Say whether two DIRs of the same events say the same."""
    rows = [(one.table, number(one.rows), number(one.other_rows), "equal" if one.equal else "DIFFERS") for one in tables]
    wrong = [one.table for one in tables if not one.equal]
    well = f"All {len(tables)} pure tables are equal, row for row and in every column but those of history."
    verdict = f"{', '.join(wrong)} differ." if wrong else well
    title = click.style("The same events, two ways", bold=True, underline=True)
    return f"{title}\n{table(['table', here, there, ''], rows, indent='  ', right={1, 2})}\n{verdict}"


def _waits(answers: Answers) -> str:
    said = held_up(answers.behind)
    return "\n".join([worst_waits(answers.bottlenecks), *([_filled(said)] if said else []), _wrapped(_WAITS)])


def _filled(text: str) -> str:
    width = min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)
    return textwrap.fill(text, width, initial_indent="  ", subsequent_indent="  ")


def _wrapped(text: str) -> str:
    return click.style(_filled(text), dim=True)


def _pace(summary: Summary) -> str:
    read = summary.counters.get("read", 0)
    return f" ({number(read)} events in {span(summary.seconds)})" if read else " (nothing new: this log was read before)"


def _ask_on(command: str, folder: Path, example: Timeline | None) -> str:
    somebody = example.customer["customer_id"] if example else "CUSTOMER"
    lines = (
        f'{command} sql {folder} "{QUERY}"',
        f"{command} journey {folder} {somebody}",
        f"{command} check {folder}",
    )
    places = (
        f"The mart: {folder / 'serving' / 'current.duckdb'}, for DuckDB 1.4 or newer, schema mart.",
        f"What was planted, to compare with: {folder / 'simulated' / 'truth'}.",
    )
    return "\n".join([*(f"  {line}" for line in lines), *(f"  {place}" for place in places)])
