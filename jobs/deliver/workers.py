"""Threads that send: each route has its own, so that a receiver that is slow keeps nobody waiting but itself."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping

from jobs.deliver.message import Channel, Message
from pipelines.deliver.answer import Answer
from pipelines.deliver.rate import Rate
from schemas.routes import Route

Tried = tuple[Message, Answer]


class Workers:
    """Sends what it is given, and puts how that ended into a queue. None in the queue: somebody wants the loop to look up."""

    def __init__(self, channels: Mapping[str, Channel], routes: Mapping[str, Route]) -> None:
        """Start the threads.

        Args:
            channels: By route.
            routes: How many messages each may send at the same time, and in what time.
        """
        self.ended: queue.SimpleQueue[Tried | None] = queue.SimpleQueue()
        self._wanted: dict[str, queue.SimpleQueue[Message | None]] = {name: queue.SimpleQueue() for name in channels}
        self._routes = routes
        for name, channel in channels.items():
            gate = _Gate(routes[name].rate)
            for _ in range(routes[name].in_flight):
                # they hold nothing that must be put in order, and a receiver that never answers must not keep the process alive
                threading.Thread(target=self._work, args=(channel, self._wanted[name], gate), name=f"deliver-{name}", daemon=True).start()

    def start(self, message: Message) -> None:
        """Send a message when a thread of its route is free."""
        self._wanted[message.route].put(message)

    def stop(self) -> None:
        """End the threads that have nothing to send."""
        for name, wanted in self._wanted.items():
            for _ in range(self._routes[name].in_flight):
                wanted.put(None)

    def _work(self, channel: Channel, wanted: queue.SimpleQueue[Message | None], gate: _Gate) -> None:
        while (message := wanted.get()) is not None:
            gate.pass_through()
            try:
                answer = channel.send(message)
            except Exception as error:  # a fault of ours: the message is kept and tried again, and the others go on
                answer = Answer(False, detail=f"sending failed: {type(error).__name__}", hopeless=False)
            self.ended.put((message, answer))


class _Gate:
    """Holds the rate of a route at the moment of sending, whatever lies ready."""

    def __init__(self, rate: str) -> None:
        self._rate, self._lock = Rate(rate), threading.Lock()

    def pass_through(self) -> None:
        """Wait until a message may be sent, and count it."""
        while True:
            with self._lock:
                now_us = time.monotonic_ns() // 1000
                free_us = self._rate.free(now_us)
                if free_us <= now_us:
                    self._rate.note(now_us)
                    return
            time.sleep((free_us - now_us) / 1e6)
