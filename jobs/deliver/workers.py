"""Threads that send: each route has its own, so that a receiver that is slow keeps nobody waiting but itself."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping

from jobs.deliver.message import Channel, Message
from pipelines.deliver.answer import Answer

Tried = tuple[Message, Answer]


class Workers:
    """Sends what it is given, and puts how that ended into a queue. None in the queue: somebody wants the loop to look up."""

    def __init__(self, channels: Mapping[str, Channel], in_flight: Mapping[str, int]) -> None:
        """Start the threads.

        Args:
            channels: By route.
            in_flight: How many messages a route may send at the same time.
        """
        self.ended: queue.SimpleQueue[Tried | None] = queue.SimpleQueue()
        self._wanted: dict[str, queue.SimpleQueue[Message | None]] = {name: queue.SimpleQueue() for name in channels}
        self._in_flight = in_flight
        for name, channel in channels.items():
            for _ in range(in_flight[name]):
                # they hold nothing that must be put in order, and a receiver that never answers must not keep the process alive
                threading.Thread(target=self._work, args=(channel, self._wanted[name]), name=f"deliver-{name}", daemon=True).start()

    def start(self, message: Message) -> None:
        """Send a message when a thread of its route is free."""
        self._wanted[message.route].put(message)

    def stop(self) -> None:
        """End the threads that have nothing to send."""
        for name, wanted in self._wanted.items():
            for _ in range(self._in_flight[name]):
                wanted.put(None)

    def _work(self, channel: Channel, wanted: queue.SimpleQueue[Message | None]) -> None:
        while (message := wanted.get()) is not None:
            try:
                answer = channel.send(message)
            except Exception as error:  # a fault of ours: the message is kept and tried again, and the others go on
                answer = Answer(False, detail=f"sending failed: {type(error).__name__}", hopeless=False)
            self.ended.put((message, answer))
