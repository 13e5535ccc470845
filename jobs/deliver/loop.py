"""The loop of delivery: reads what is said, sends what is due, and notes how it went."""

from __future__ import annotations

import fcntl
import os
import queue
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from jobs.deliver.message import Channel
from jobs.deliver.outbox import Outbox
from jobs.deliver.state import State
from jobs.deliver.tail import SaidTail
from jobs.deliver.workers import Tried, Workers
from pipelines.deliver.answer import Answer
from pipelines.deliver.silence import Silence
from schemas.errors import DeliveryError
from schemas.routes import Route

LOOK_S = 0.2
"""The journal is looked at so often (seconds)."""
LAST_S = 10.0
"""At the end, what can be sent at once is sent within so long (seconds); the rest waits on the disk for the next start."""
BACKLOG_US = 3600 * 1_000_000
"""A new route gets what was said within the last hour (µs)."""
_FORGET_S = 3600.0


class Loop:
    """Delivery of one DIR. All of it but the sending runs in the thread that calls ``turn``."""

    def __init__(
        self,
        dir: Path,  # noqa: A002 - the design's word
        routes: Mapping[str, Route],
        channels: Mapping[str, Channel],
        silences: Callable[[], Sequence[Silence]] = tuple,
        report: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Open what is kept, and start the threads that send.

        Args:
            dir: The DIR.
            routes: By name.
            channels: By the same names.
            silences: Tells what people want silence about now.
            report: Told what a person should know.

        Raises:
            DeliveryError: what is kept can't be used.
        """
        self._report = report
        self.outbox = Outbox(State(dir / "deliver"), routes, silences)
        self._tail = SaidTail(dir)
        self._workers = Workers(channels, routes)
        self._joined, self._forgot_at = False, -_FORGET_S
        self._failing = set[str]()

    def turn(self, *, wait_s: float = LOOK_S) -> None:
        """Read, send, note; then wait so long at most, less if there is something to do."""
        self._note(self._results(0.0))
        self._read()
        now_us = _now_us()
        self.outbox.release(now_us)
        started = self.outbox.due(now_us)
        for message in started:
            self._workers.start(message)
        self._forget()
        if not started:
            due = self.outbox.next_us(now_us)
            self._note(self._results(wait_s if due is None else min(wait_s, max(0.02, (due - _now_us()) / 1e6))))

    def notice(self) -> None:
        """Say from any thread that something was said."""
        self._workers.ended.put(None)

    def finish(self) -> int:
        """Send what can be sent at once, wait for what is under way, and close; return how many messages wait for the next start."""
        deadline = time.monotonic() + LAST_S
        while time.monotonic() < deadline:
            self.turn(wait_s=0.05)
            soon = self.outbox.next_us(_now_us())
            if not self._flying() and (soon is None or soon > _now_us()):
                break
        self._workers.stop()
        waiting = self.outbox.waiting()
        self.outbox.state.close()
        return waiting

    def _flying(self) -> bool:
        return any(lane.flying for lane in self.outbox.lanes.values())

    def _read(self) -> None:
        if not self._joined:
            self.outbox.join(self._tail.before(_now_us() - BACKLOG_US))
            self._mend()
            self._joined = True
        for notices, reached in self._tail.after(min(standing.reached_seq for standing in self.outbox.reached().values())):
            self.outbox.take(notices, reached, _now_us())

    def _mend(self) -> None:
        """Go back where the journal was put back from a backup: what is said anew must not be passed over."""
        for name, standing in self.outbox.reached().items():
            if not self._tail.holds(standing.reached_seq, standing.reached_us):
                self._report(f"route {name}: the journal is not the one that was read before; it is read again from what was said then")
                self.outbox.rewind(name, self._tail.before(standing.reached_us + 1))

    def _results(self, wait_s: float) -> Iterator[Tried]:
        """Yield how tries ended: those that have, or the first that does."""
        try:
            first = self._workers.ended.get(timeout=wait_s) if wait_s else self._workers.ended.get_nowait()
            while True:
                if first is not None:
                    yield first
                first = self._workers.ended.get_nowait()
        except queue.Empty:
            return

    def _note(self, results: Iterator[Tried]) -> None:
        tries = list(results)
        self.outbox.record(tries, _now_us())
        for name in dict.fromkeys(message.route for message, _ in tries):
            self._tell(name, [answer for message, answer in tries if message.route == name])

    def _tell(self, name: str, answers: Sequence[Answer]) -> None:
        """Tell a person when a route begins to fail, and when it is well again; not of every try."""
        refusals = [answer for answer in answers if not answer.accepted]
        if any(answer.gone for answer in refusals):
            self._report(f"route {name}: its receiver wants no more (HTTP 410); nothing is sent there any longer")
        elif refusals and name not in self._failing:
            self._failing.add(name)
            self._report(f"route {name}: not accepted: {refusals[0].detail}; it is tried again, and sojourn deliver list shows how it stands")
        elif not refusals and name in self._failing:
            self._failing.discard(name)
            self._report(f"route {name}: accepts again")

    def _forget(self) -> None:
        if time.monotonic() - self._forgot_at >= _FORGET_S:
            self._forgot_at = time.monotonic()
            self.outbox.forget(_now_us())


@contextmanager
def delivering(dir: Path) -> Iterator[None]:  # noqa: A002 - the design's word
    """Hold a DIR's delivery for the time of a block.

    Raises:
        DeliveryError: another process holds it.
    """
    folder = dir / "deliver"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise DeliveryError(f"process {file.read().strip() or 'unknown'} delivers for {dir} already; one is enough") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _now_us() -> int:
    return time.time_ns() // 1000
