"""What delivery remembers: every message, how it stands, and how far what is said was read. It survives ``kill -9``.

SQLite, one file in DIR/deliver, because this is a queue: few rows change at a time, each change must be on the disk before the next step, what is due
is found by an index, and ``list`` and ``retry`` work beside the process that sends. It writes with a rollback journal, not a WAL, since DIR may be a
shared file system, where memory can't be shared. A try and its result are two steps: what was sent and not yet noted when the power went is sent
again, under the same id.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.resources import read_text
from schemas.errors import DeliveryError

FILE = "deliveries.sqlite"
BUSY_S = 30.0
Value = str | int | bytes | None
"""What a column holds."""
Row = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a route has come, and since when its receiver wants no more (µs)."""

    reached_seq: int
    reached_us: int
    disabled_us: int | None


class State:
    """The file. One thread uses it."""

    def __init__(self, folder: Path) -> None:
        """Open it, or make it.

        Raises:
            DeliveryError: it can't be opened, or is something else.
        """
        self.path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._con = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None)
            self._con.row_factory = sqlite3.Row
            self._con.executescript("pragma journal_mode = truncate; pragma synchronous = full; pragma foreign_keys = on;")
            self._con.executescript(read_text("jobs/deliver/sql/schema.sql"))
        except (OSError, sqlite3.Error) as error:
            raise DeliveryError(
                f"{self.path} can't be used: {error}; put it back from a backup, or move it away: what waits in it is then not sent"
            ) from error

    def run(self, name: str, **values: Value) -> int:
        """Run the statement ``sql/<name>.sql`` and return how many rows it changed."""
        return self._con.execute(read_text(f"jobs/deliver/sql/{name}.sql"), values).rowcount

    def rows(self, name: str, **values: Value) -> list[Row]:
        """Run a query and return its rows."""
        return [dict(row) for row in self._con.execute(read_text(f"jobs/deliver/sql/{name}.sql"), values)]

    def standing(self) -> dict[str, Standing]:
        """Return how each route stands, by name."""
        found = self._con.execute(read_text("jobs/deliver/sql/standing.sql"))
        return {name: Standing(seq, said_us, disabled_us) for name, seq, said_us, disabled_us in found}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all that a block writes, or nothing."""
        self._con.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._con.execute("rollback")
            raise
        self._con.execute("commit")

    def close(self) -> None:
        """Close the file."""
        self._con.close()
