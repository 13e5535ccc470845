"""The same sessions with Bytewax's session windows. Runs in an environment of its own.

Usage: bytewax_sessions.py EVENTS FOLDER
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op
import bytewax.operators.windowing as win
from bytewax.connectors.files import FileSink
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.operators.windowing import EventClock, SessionWindower
from bytewax.testing import run_main

Session = tuple[datetime | None, datetime | None, int, frozenset[str]]


def parsed(message: Any) -> tuple[str, tuple[datetime, str]]:
    """Return customer, time and type of a record."""
    event = json.loads(message.value)
    return event["customer_id"], (datetime.fromisoformat(event["time"]), event["type"])


def merged(one: Session, other: Session) -> Session:
    """Return two sessions as one."""
    if one[0] is None or other[0] is None:
        return other if one[0] is None else one
    return min(one[0], other[0]), max(one[1], other[1]), one[2] + other[2], one[3] | other[3]  # type: ignore[type-var]


def main() -> None:
    """Read the topic to its end."""
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True)
    flow = Dataflow("sessions")
    source = KafkaSource([os.environ["KAFKA_BOOTSTRAP_SERVERS"]], [os.environ["SOJOURN_TOPICS"]], tail=False, batch_size=5_000)
    keyed = op.map("parse", op.input("in", flow, source), parsed)
    clock: Any = EventClock(lambda event: event[0], wait_for_system_duration=timedelta(days=1))
    found = win.fold_window(
        "sessions",
        keyed,
        clock,
        SessionWindower(gap=timedelta(minutes=30)),
        lambda: (None, None, 0, frozenset()),
        lambda session, event: merged(session, (event[0], event[0], 1, frozenset({event[1]}))),
        merged,
    )
    lines = op.map("line", found.down, lambda row: (row[0], f"{row[0]} {row[1]}"))
    op.output("out", lines, FileSink(folder / "out"))
    run_main(flow)


if __name__ == "__main__":
    main()
