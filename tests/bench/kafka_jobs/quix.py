"""The same sessions with Quix Streams, which has no session windows: a stateful function a customer. Runs in an environment of its own.

Usage: quix.py EVENTS FOLDER
"""

from __future__ import annotations

import os
import sys
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

from quixstreams import Application

GAP_S, KEPT_S = 1_800.0, 88_200.0


def add(value: dict[str, Any], state: Any) -> list[Any]:
    """Put an event into the customer's sessions, merging those that it bridges; return the one it is in."""
    at = datetime.fromisoformat(value["time"]).timestamp()
    far, near = [], [[at, at, 1, [value["type"]]]]
    for session in state.get("sessions", []):
        if session[0] - GAP_S <= at <= session[1] + GAP_S:
            near.append(session)
        elif session[1] > at - KEPT_S:
            far.append(session)
    types = sorted({kind for session in near for kind in session[3]})
    merged = [min(s[0] for s in near), max(s[1] for s in near), sum(s[2] for s in near), types]
    state.set("sessions", [*far, merged])
    return [value["customer_id"], *merged]


def main() -> None:
    """Read so many events."""
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True)
    app = Application(
        broker_address=os.environ["KAFKA_BOOTSTRAP_SERVERS"],
        consumer_group=f"quix-{uuid.uuid4().hex[:8]}",
        auto_offset_reset="earliest",
        state_dir=str(folder / "state"),
        loglevel="ERROR",
    )
    with (folder / "out").open("w") as out:
        frame = app.dataframe(app.topic(os.environ["SOJOURN_TOPICS"], value_deserializer="json"))
        frame = frame.apply(add, stateful=True)
        frame.update(lambda row: out.write(f"{row}\n"))
        app.run(count=int(sys.argv[1]), timeout=60)


if __name__ == "__main__":
    main()
