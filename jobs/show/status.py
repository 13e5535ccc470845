"""The page of ``sojourn status``, and the balance that other pages share."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import click

from jobs.contents import BALANCED, Contents, holder
from jobs.show.table import table
from jobs.show.words import counted, instant, number, span


def balance(counters: Mapping[str, int]) -> str:
    """Say what became of all that was read."""
    parts = " + ".join(f"{counters.get(name, 0):,} {name.replace('_', ' ')}" for name in BALANCED)
    return f"{counted(counters.get('read', 0), 'event')} read = {parts}"


def dead_reasons(counters: Mapping[str, int]) -> str:
    """Name the reasons of the dead letters, the most frequent first; nothing where there are none."""
    reasons = sorted(((count, name.removeprefix("dead:")) for name, count in counters.items() if name.startswith("dead:")), reverse=True)
    return ", ".join(f"{number(count)} {name}" for count, name in reasons)


def status_page(found: Contents) -> str:
    """Lay out what a DIR holds."""
    runs = holder(found.dir)
    lines = {
        "state": f"process {runs} writes to it" if runs else "nobody writes to it",
        "events": balance(found.counters),
        "": f"{counted(found.counters['conflicts'], 'copy', 'copies')} with other content, {number(found.counters['late'])} late{_misplaced(found)}",
        "dead letters": dead_reasons(found.counters) or "none",
        "time": _time(found),
        "journal": f"{counted(found.made, 'commit')}, {counted(sum(found.files.values()), 'file')}, {_size(found.dir / 'journal')}",
        "map": f"digest {found.commits[0].map_digest[:8]}" if found.commits else "none yet",
        "mart": _snapshot(found.dir),
    }
    head = "\n".join(f"{click.style(f'{name:12}', bold=True)}  {text}" for name, text in lines.items())
    rows = [[source.name, source.hi, source.size or None, instant(source.received_us), name] for name, source in found.sources.items()]
    return f"{head}\n\n{table(['source', 'read up to', 'size', 'first read', 'known as'], rows)}" if rows else head


def _misplaced(found: Contents) -> str:
    count = found.counters["misplaced"]
    return f", {number(count)} misplaced: not under their customer's key, or not in that key's partition" if count else ""


def _time(found: Contents) -> str:
    if found.earliest_us is None:
        return "no event yet"
    until = f"; --until {instant(found.until_us)} is kept for ever" if found.until_us is not None else ""
    return f"{instant(found.earliest_us)} to {instant(found.latest_us)}; answers are as of {instant(found.as_of_us)}{until}"


def _snapshot(dir: Path) -> str:  # noqa: A002 - the design's word
    link = dir / "serving" / "current.duckdb"
    if not link.exists():
        return "no snapshot yet"
    file = link.resolve()
    stat = file.stat()
    return f"{link} → {file.name}, {stat.st_size / 1e6:,.1f} MB, published {span(max(0.0, time.time() - stat.st_mtime))} ago"


def _size(folder: Path) -> str:
    return f"{sum(file.stat().st_size for file in folder.rglob('*') if file.is_file()) / 1e6:,.1f} MB"
