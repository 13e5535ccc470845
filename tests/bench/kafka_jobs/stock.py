"""Delivery by Faust as it comes: an agent that counts values, to so many, and ends."""

from __future__ import annotations

import os
import sys

import faust

app = faust.App(
    f"stock-{os.getpid()}",
    broker="kafka://" + os.environ["KAFKA_BOOTSTRAP_SERVERS"].split(",")[0],
    store="memory://",
    web_enabled=False,
    topic_disable_leader=True,
    topic_allow_declare=False,
    consumer_auto_offset_reset="earliest",
    broker_session_timeout=10,
)
seen, wanted = 0, int(sys.argv[1])


@app.agent(app.topic(os.environ["SOJOURN_TOPICS"], value_serializer="raw"))
async def count(stream: faust.StreamT[bytes]) -> None:
    global seen
    async for _ in stream:
        seen += 1
        if seen >= wanted:
            os._exit(0)


if __name__ == "__main__":
    sys.argv = ["stock", "worker", "-l", "error"]
    app.main()
