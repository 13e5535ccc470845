"""Alerts as the newest snapshot shows them, with the notes about each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from jobs.show.values import rows_of
from pipelines.resources import read_text
from schemas.errors import SettingError
from schemas.note import Note

Row = dict[str, Any]


@dataclass(frozen=True)
class Choice:
    """Which alerts: globs, the beginning of a key, and whether those that are over are wanted too."""

    everything: bool = False
    rule: str | None = None
    site: str | None = None
    stage: str | None = None
    key: str | None = None


def read_alerts(con: duckdb.DuckDBPyConnection, choice: Choice, notes: Sequence[Note], now_us: int) -> list[Row]:
    """Return what was said last of each alert, the gravest first, each with the notes that hold about it."""
    wanted = {"open": not choice.everything, "rule": choice.rule, "site": choice.site, "stage": choice.stage, "key": choice.key}
    rows = _rows(con, "last", wanted)
    for row in rows:
        key, rule, site, stage = int(row["key"], 16), row["rule"], row["site"], row["stage"]
        about = [note for note in notes if note.holds(now_us) and note.about(key, rule, site, stage)]
        row["notes"] = [{"id": note.id, "kind": note.kind, "who": note.who, "why": note.why, "until_us": note.until_us} for note in about]
    return rows


def read_history(con: duckdb.DuckDBPyConnection, key: str) -> list[Row]:
    """Return everything that was said of an alert, in order."""
    return _rows(con, "history", {"key": key})


def one(rows: Sequence[Row], key: str) -> Row:
    """Return the alert that a key, or its beginning, names.

    Raises:
        SettingError: it names none, or several.
    """
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise SettingError(f"no alert has the key {key!r}; sojourn alerts list DIR --all shows them")
    raise SettingError(f"{key!r} is the beginning of {len(rows)} keys; give more of it: {', '.join(row['key'] for row in rows[:5])}")


def _rows(con: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, Any]) -> list[Row]:
    return [dict(row) for row in rows_of(con.sql(read_text(f"jobs/alerts/{query}.sql"), params=parameters).to_arrow_reader())]
