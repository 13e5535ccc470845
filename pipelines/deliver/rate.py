"""The rate of a route: so many messages in any stretch of time of the length that it names."""

from __future__ import annotations

from collections import deque

from pipelines.deliver.schedule import SECOND_US

_SPANS = {"s": SECOND_US, "min": 60 * SECOND_US, "h": 3600 * SECOND_US}


class Rate:
    """Counts what was sent within the last span; ``free`` says when the next message may go."""

    def __init__(self, text: str) -> None:
        """Read a rate like ``60/min``."""
        number, _, unit = text.partition("/")
        self._most, self._span_us = int(number), _SPANS[unit]
        self._sent: deque[int] = deque()

    def free(self, now_us: int) -> int:
        """Return from when on the next message may be sent (µs, not before now)."""
        while self._sent and self._sent[0] <= now_us - self._span_us:
            self._sent.popleft()
        return now_us if len(self._sent) < self._most else self._sent[-self._most] + self._span_us

    def note(self, now_us: int) -> None:
        """Count a message that is sent now."""
        self._sent.append(now_us)
