"""The pages of ``sojourn rules``: which rules there are, what one says, what it would have said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import click

from jobs.backtest import Backtest
from jobs.show.table import table
from jobs.show.words import counted, span
from pipelines.judge.rule import ALLOWED, Rule
from schemas import duration, roles
from schemas.journey_map import JourneyMap

_SETTING = re.compile(r"--\s*setting:\s*(\w+)\s*=\s*(\S+)")
_HEADER = re.compile(rf"--\s*({'|'.join(ALLOWED)}):")
_UNITS = {"ms": "time", "count": "a count", "minor": "money, in minor units"}


def rules_page(rules: Sequence[Rule]) -> str:
    """Lay out all rules: breaches first, then records."""
    rows = [
        [rule.name, _kind(rule), rule.scope, "" if rule.ours else "yours", rule.says]
        for rule in sorted(rules, key=lambda rule: (rule.record, rule.name))
    ]
    return table(["rule", "kind", "scope", "", "what it says"], rows)


def explained_page(rule: Rule, journey_map: JourneyMap) -> str:
    """Say in words what a rule is, what it sees in this journey map, and what can be set."""
    lines = {
        "kind": f"{_kind(rule)}; "
        + ("sees one customer at a time" if rule.scope == "customer" else "sees all customers, and the work behind the line"),
        "opened by": rule.header.get("grain", ""),
        "window": f"{duration.written(timedelta(microseconds=rule.window_us))}: events that are further apart never meet in it",
        "measures": _UNITS[rule.unit],
        "runbook": rule.header.get("runbook", ""),
        "file": f"{rule.name}.sql, {'ships with sojourn' if rule.ours else 'your own'}",
    }
    parts = [f"{click.style(rule.name, bold=True)}\n{rule.says}", "\n".join(f"{name:10}  {text}" for name, text in lines.items() if text)]
    if notes := _notes(rule):
        parts.append("\n".join(notes))
    parts.append(_settings(rule))
    parts.append("It sees events of these roles:\n" + table(["role", "types, by the journey map"], _seen(rule, journey_map), indent="  "))
    return "\n\n".join(parts)


def _kind(rule: Rule) -> str:
    return "record" if rule.record else "breach"


def _notes(rule: Rule) -> list[str]:
    """Return what the rule's file says beside its header."""
    lines = [line.strip() for line in rule.sql.splitlines()]
    head = lines[: next((at for at, line in enumerate(lines) if line and not line.startswith("--")), len(lines))]
    return [line.removeprefix("--").strip() for line in head[1:] if not _HEADER.match(line)]


def _settings(rule: Rule) -> str:
    own = dict(_SETTING.findall(rule.sql))
    if not own:
        return "It has no settings; in a journey map it can be turned off:\n" + f"  [rules.{rule.name}]\n  off = true"
    lines = [f"  [rules.{rule.name}]"]
    for name, text in own.items():
        value = rule.settings[name]
        now = str(value) if text.isdecimal() else f'"{duration.written(timedelta(milliseconds=value))}"'
        shown = f"# {'as it ships' if now.strip(chr(34)) == text else 'its own: ' + text}"
        lines.append(f"  {name} = {now}  {shown}")
    return "Settings, as a journey map would give them (off = true turns it off):\n" + "\n".join(lines)


def _seen(rule: Rule, journey_map: JourneyMap) -> list[list[object]]:
    types = journey_map.file.types
    return [[role, ", ".join(kind for kind, entry in types.items() if role in entry.roles) or "(none)"] for role in roles.names(rule.roles)]


def backtest_page(tried: Backtest) -> str:
    """Lay out what a rule would have found, day by day; days on which nothing began or ended are left out."""
    found = sum(_int(row["began"]) for row in tried.days)
    head = f"{click.style(tried.rule.name, bold=True)} over {counted(tried.events, 'event')}"
    head += f", {_day(tried.first)} to {_day(tried.last)}" if tried.first else ""
    if not found:
        return f"{head}: it would have found nothing."
    holding = _int(tried.days[-1]["holding"])
    most = max(_int(row["began"]) for row in tried.days)
    said = f"{counted(found, 'breach', 'breaches')} in {counted(len(tried.days), 'day')}, at most {most:,} a day; {holding:,} hold at the end"
    busy = [row for row in tried.days if row["began"] or row["ended"]]
    days = [
        [_day(row["day"]), row["began"], row["ended"], row["holding"], row["customers"], row["severity"], _bar(_int(row["began"]), most)]
        for row in busy
    ]
    parts = [f"{head}:\n{said}", table(["day (UTC)", "began", "ended", "hold then", "customers", "gravest", ""], days)]
    parts.append(
        "Where\n" + table(["stage", "channel", "site", "breaches", "customers", "hold"], [list(row.values()) for row in tried.places], indent="  ")
    )
    examples = [
        [row["subject_kind"], row["subject_id"], _instant(row["since"]), _instant(row["until"]), *_measured(row), row["opened_by"]]
        for row in tried.examples
    ]
    parts.append("The latest\n" + table(["about", "", "since", "until", "value", "against", "opened by"], examples, indent="  "))
    return "\n\n".join(parts)


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


def _day(value: object) -> str:
    return f"{value:%Y-%m-%d}" if isinstance(value, date) else ""


def _instant(value: object) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}Z" if isinstance(value, datetime) else ""


def _bar(count: int, most: int) -> str:
    return "█" * round(30 * count / most) or ("▏" if count else "")


def _measured(row: dict[str, object]) -> tuple[str, str]:
    """Write value and threshold in the rule's unit."""
    in_time = row["unit"] == "ms"
    return _amount(row["value"], in_time), _amount(row["threshold"], in_time)


def _amount(value: object, in_time: bool) -> str:
    return "" if not isinstance(value, int) else span(value / 1000) if in_time else f"{value:,}"
