"""What a run came to: what came in, what follows from it, and where to ask on."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click
import duckdb

from jobs.run import Summary
from jobs.show.status import balance, dead_reasons
from jobs.show.table import table
from jobs.show.values import rows_of
from jobs.show.words import counted, day, hours, money, number, share, span
from pipelines.resources import read_text

Row = dict[str, object]
LONG_SILENCE = 1.2
"""A silence is told of from so many times a customer's usual gap."""
_SILENCE = re.compile(r"silent: .*?([\d.,]+) × own usual gap")
QUERY = "from transitions order by total_s desc limit 5"


@dataclass(frozen=True)
class Answers:
    """What the mart says at a glance: totals, the worst bottlenecks, who behind the counter makes customers wait, and who is most at risk."""

    totals: Row
    bottlenecks: list[Row]
    behind: list[Row]
    customers: list[Row]


def read_answers(con: duckdb.DuckDBPyConnection, most: int = 5) -> Answers:
    """Ask a snapshot for what a first page shows, so many rows of each."""
    totals, bottlenecks, behind, customers = (
        list(rows_of(con.sql(read_text(f"jobs/show/{name}.sql"), params=params).to_arrow_reader()))
        for name, params in (("totals", {}), ("worst_waits", {"most": most}), ("behind", {"most": 3}), ("most_at_risk", {"most": most}))
    )
    return Answers(totals[0], bottlenecks, behind, customers)


def run_page(summary: Summary, folder: Path) -> str:
    """Say what a run did, and what its DIR holds now."""
    lines = [_read(summary)]
    if summary.counters.get("dead:schema") or summary.counters.get("dead_letters"):
        lines.append(f"dead letters: {dead_reasons(summary.counters)}; their bytes and reasons: {called()} sql {folder} 'from dead_letters'")
    if unknown := summary.counters.get("unknown_fields", 0):
        lines.append(f"{counted(unknown, 'event')} had fields that the contract does not know; they are kept in attributes (--strict refuses them)")
    if summary.totals != summary.counters:
        lines.append(f"{folder} now holds {counted(summary.totals.get('accepted', 0), 'event')}")
    return "\n".join([*lines, f"mart: {folder / 'serving' / 'current.duckdb'} → {summary.snapshot.name}"])


def all_refused(summary: Summary, folder: Path) -> str | None:
    """Say that nothing of what this run read was a touchpoint, and where to look; None where something was."""
    read = summary.counters.get("read", 0)
    if not read or summary.counters.get("dead_letters", 0) < read:
        return None
    look = f"{called()} sql {folder} 'from dead_letters limit 3' --table"
    return f"none of the {counted(read, 'event')} could be read ({dead_reasons(summary.counters)}); look why: {look}"


def came_in(counters: Mapping[str, int], totals: Row) -> str:
    """Say what came in, and what it was made into."""
    conflicts = counted(counters.get("conflicts", 0), "copy", "copies")
    lines = [
        f"{balance(counters)}.",
        f"{conflicts} differed from the first, {number(counters.get('late', 0))} events came late; all of it was sorted out.",
        f"They make {_count(totals, 'journeys', 'journey')} of {_count(totals, 'customers', 'customer')} in {_count(totals, 'channels', 'channel')}, "
        f"from {day(_int(totals['first_us']))} to {day(_int(totals['last_us']))}.",
    ]
    return "\n".join(lines)


def worst_waits(bottlenecks: list[Row]) -> str:
    """Lay out the worst bottlenecks."""
    names = ["", "stage", "visits", "too long", "excess", "at least", "beyond", "worst place, its part of it"]
    rows = [
        [
            row["rank"],
            row["stage"],
            number(_float(row["visits"]) or 0),
            share(_float(row["share_below"])),
            hours(_float(row["excess_s"])),
            hours(_float(row["excess_low"])),
            row["threshold"],
            f"{row['place']}, {share(_float(row['place_share']))}" if row["place"] else "",
        ]
        for row in bottlenecks
    ]
    return table(names, rows, indent="  ", right={2, 3, 4, 5})


def held_up(behind: list[Row]) -> str:
    """Say in one sentence who behind the counter makes customers wait; nothing where no work is linked to a wait."""
    if not behind:
        return ""
    owners = [
        f"{row['team'] or 'somebody'} {hours(_float(row['held_s']))} ({row['element'] or 'element not said'}, {_count(row, 'customers', 'customer')})"
        for row in behind
    ]
    rest = share(_float(behind[0]["nobodys_share"]))
    return f"Who behind the counter makes them wait: {'; '.join(owners)}. No work is linked to {rest} of all waiting."


def most_at_risk(customers: list[Row]) -> str:
    """Lay out who is most at risk: what would be lost, how likely, and why. Amounts of different currencies are not compared."""
    lines = []
    several = len({row["currency"] for row in customers}) > 1
    for place, row in enumerate(customers):
        if several and (place == 0 or customers[place - 1]["currency"] != row["currency"]):
            lines.append(f"  In {row['currency']}:" if row["currency"] else "  Without a currency:")
        lost = money(_int(row["revenue_at_risk_minor"]), str(row["currency"] or ""))
        head = f"  {click.style(str(row['customer_id']), bold=True)}  {share(_float(row['churn_risk']))} within {row['horizon_days']} days"
        lines.append(head + (f", {lost} at risk" if lost else ""))
        reasons = row["churn_reasons"]
        lines += [f"      · {reason}" for reason in reasons if _tells(str(reason))][:3] if isinstance(reasons, list) else []
    return "\n".join(lines)


def _tells(reason: str) -> bool:
    """Say whether a reason is one: a silence as long as the usual gap is not."""
    silence = _SILENCE.fullmatch(reason)
    return silence is None or float(silence[1].replace(",", "")) >= LONG_SILENCE


def called() -> str:
    """Return how this command can be called again from here: its name, or its path where it is not on the PATH."""
    own = Path(sys.argv[0])
    if own.name != "sojourn":
        return "sojourn"
    found = shutil.which("sojourn")
    if found and Path(found).resolve() == own.resolve():
        return "sojourn"
    return str(own.relative_to(Path.cwd())) if own.is_relative_to(Path.cwd()) else str(own)


def _read(summary: Summary) -> str:
    read = summary.counters.get("read", 0)
    if not read:
        return "nothing new: all of it was read before" if summary.totals.get("read") else "nothing was read: there was no event"
    return f"{balance(summary.counters)}, in {span(summary.seconds)} ({number(read / max(summary.seconds, 1e-3))} a second)"


def _count(totals: Row, name: str, noun: str) -> str:
    return counted(_int(totals[name]) or 0, noun)


def _int(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
