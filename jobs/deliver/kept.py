"""What delivery remembers, as the mart shows it: read beside the process that sends, and only where something has changed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pyarrow as pa

from jobs.deliver.state import FILE
from pipelines.resources import read_text
from schemas.mart_deliveries import NEWEST

_TEXTS = ("route", "id", "key", "rule", "subject_kind", "subject_id", "state", "severity", "status", "reason", "digest_id", "detail")
_NUMBERS = ("seq", "said_us", "attempts", "next_us", "last_us", "http_status")
SCHEMA = pa.schema([pa.field(name, pa.string()) for name in _TEXTS] + [pa.field(name, pa.int64()) for name in _NUMBERS])
WAIT_S = 0.5


class Kept:
    """Looks at the deliveries of a DIR."""

    def __init__(self, dir: Path) -> None:  # noqa: A002 - the design's word
        self._path, self._seen = dir / "deliver" / FILE, (0, 0)

    def news(self) -> pa.Table | None:
        """Return what is to be shown now; None where nothing has changed since the last look, or somebody writes: the next look shows it."""
        try:
            stat = self._path.stat()
            if (stat.st_mtime_ns, stat.st_size) == self._seen:
                return None
            rows = self._rows()
        except (FileNotFoundError, sqlite3.OperationalError):
            return None
        self._seen = (stat.st_mtime_ns, stat.st_size)
        return pa.Table.from_pylist(rows, SCHEMA)

    def _rows(self) -> list[dict[str, object]]:
        con = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True, timeout=WAIT_S)
        try:
            con.row_factory = sqlite3.Row
            return [dict(row) for row in con.execute(read_text("jobs/deliver/sql/newest.sql"), {"most": NEWEST})]
        finally:
            con.close()
