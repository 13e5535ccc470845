"""A time limit on what a rule may take: a statement that runs longer is interrupted from outside."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

MOST_S = 60.0
"""A rule that takes longer (seconds) over what one batch touched is stopped; those that ship take milliseconds."""


@contextmanager
def time_limit(con: duckdb.DuckDBPyConnection, seconds: float = MOST_S) -> Iterator[None]:
    """Interrupt a connection when the time is over; what runs on it raises then."""
    timer = threading.Timer(seconds, con.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
