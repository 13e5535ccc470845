"""The outbox: takes what is said, holds it, says what is due, and notes how tries ended. It sends nothing itself, and time is an argument (µs)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast

from jobs.deliver.message import Message, restored, stored
from jobs.deliver.state import Row, Standing, State, Value
from pipelines.deliver.answer import Answer, after
from pipelines.deliver.digest import digest_id
from pipelines.deliver.matching import group_of
from pipelines.deliver.notice import Notice
from pipelines.deliver.plan import Heard, Plan, Reason, Status, plan, postponed
from pipelines.deliver.rate import Rate
from pipelines.deliver.release import Held, release
from pipelines.deliver.silence import Silence
from schemas.routes import SEVERITIES, Route, Severity

TIRED = 3
"""After so many tries in a row that failed for the receiver's sake, only one message at a time asks how it is."""
AHEAD = 16
"""So many messages a thread lie ready at most, while a receiver accepts all."""
KEPT_US = 30 * 86_400 * 1_000_000
"""What is over is forgotten after so long (µs)."""
DISABLED = "its receiver wants no more (410); sojourn deliver retry DIR --route NAME takes it up again"
_MICROSECOND = timedelta(microseconds=1)


@dataclass
class Lane:
    """A route at work.

    Attributes:
        flying: Ids of the messages that are being sent.
        failures: Tries in a row that failed for the receiver's sake.
        ahead: So many messages a thread lie ready, so that one write notes many results; it grows while all are accepted.
    """

    name: str
    route: Route
    rate: Rate
    flying: set[str] = field(default_factory=set)
    failures: int = 0
    ahead: int = 1

    @property
    def room(self) -> int:
        """How many more may be handed to the threads."""
        return (1 if self.failures >= TIRED else self.route.in_flight * self.ahead) - len(self.flying)


class Outbox:
    """All routes of a DIR. One thread uses it."""

    def __init__(self, state: State, routes: Mapping[str, Route], silences: Callable[[], Sequence[Silence]] = tuple) -> None:
        """Open it.

        Args:
            state: What it remembers.
            routes: By name.
            silences: Tells what people want silence about now.
        """
        self.state, self._silences = state, silences
        self._heeded: Sequence[Silence] | None = None
        self.lanes = {name: Lane(name, route, Rate(route.rate)) for name, route in routes.items()}

    def join(self, reached: tuple[int, int]) -> None:
        """Begin with routes that were not there before: they get what is said behind ``reached`` (number and instant of what was said)."""
        with self.state.transaction():
            for name in self.lanes:
                self.state.run("join", route=name, seq=reached[0], said_us=reached[1])

    def reached(self) -> Mapping[str, Standing]:
        """Return how far each route of now has come."""
        return {name: standing for name, standing in self.state.standing().items() if name in self.lanes}

    def rewind(self, name: str, reached: tuple[int, int]) -> None:
        """Set back how far a route has come: the journal was."""
        with self.state.transaction():
            self.state.run("reach", route=name, seq=reached[0], said_us=reached[1])

    def take(self, notices: Sequence[Notice], reached: tuple[int, int], now_us: int) -> None:
        """Plan what was said, once for each route.

        Args:
            notices: In order; what was planned before is passed over.
            reached: Number and instant of the last that was said, whether it is to be sent or not.
            now_us: Now.
        """
        silences = self._silences()
        with self.state.transaction():
            for name, standing in self.reached().items():
                for notice in notices:
                    if notice.seq > standing.reached_seq:
                        self._take(self.lanes[name], notice, standing, silences, now_us)
                if reached[0] > standing.reached_seq:
                    self.state.run("reach", route=name, seq=reached[0], said_us=reached[1])

    def release(self, now_us: int) -> None:
        """End the holds whose time has come."""
        silences = self._silences()
        if silences != self._heeded:  # one that has no end may have been lifted
            self._heeded = silences
            with self.state.transaction():
                self.state.run("wake", now=now_us)
        for lane in self.lanes.values():
            ended = self.state.rows("ended", route=lane.name, now=now_us)
            if ended:
                with self.state.transaction():
                    self._release(lane, ended, silences, now_us)

    def due(self, now_us: int) -> list[Message]:
        """Return what is to be sent now. Each of them must be recorded, or it stays in flight."""
        silences = self._silences()
        return [message for lane in self.lanes.values() for message in self._due(lane, silences, now_us)]

    def record(self, tries: Sequence[tuple[Message, Answer]], now_us: int) -> None:
        """Note how tries ended."""
        if tries:
            with self.state.transaction():
                for message, answer in tries:
                    self._record(self.lanes[message.route], message, answer, now_us)

    def next_us(self, now_us: int) -> int | None:
        """Return when there is something to do without anything being said or answered; None where there is nothing."""
        instants = [lane_next for lane in self.lanes.values() if (lane_next := self._next_of(lane, now_us)) is not None]
        return min(instants, default=None)

    def waiting(self) -> int:
        """Return how many messages wait or are held."""
        return sum(_number(row["n"]) for row in self.state.rows("counts") if row["status"] in ("waiting", "held"))

    def forget(self, now_us: int) -> None:
        """Forget what is over long ago."""
        with self.state.transaction():
            self.state.run("forget", before=now_us - KEPT_US)

    def _due(self, lane: Lane, silences: Sequence[Silence], now_us: int) -> Iterator[Message]:
        room = lane.room
        if room <= 0 or lane.rate.free(now_us) > now_us:
            return
        rows = self.state.rows("due", route=lane.name, now=now_us, most=room + len(lane.flying))
        for message in [_message(lane.name, row) for row in rows if row["id"] not in lane.flying][:room]:
            if still := postponed(lane.route, message.notices, silences, now_us):
                self._replan(lane.name, message.id, still, now_us)
            elif lane.rate.free(now_us) <= now_us:
                lane.rate.note(now_us)
                lane.flying.add(message.id)
                yield message

    def _replan(self, route: str, name: str, made: Plan, now_us: int) -> None:
        let = now_us if made.status == "waiting" else None
        self.state.run("replan", route=route, id=name, status=made.status, reason=made.reason, next_us=made.at_us, let_us=let)

    def _take(self, lane: Lane, notice: Notice, standing: Standing, silences: Sequence[Silence], now_us: int) -> None:
        heard, grouping = self._heard(lane.name, notice.key), group_of(lane.route.cooldown_by, notice)
        made = plan(lane.route, notice, heard, self._cooled_us(lane, grouping), silences, now_us)
        if made is None:
            return
        if standing.disabled_us is not None and made.status != "dropped":
            self._put(lane.name, notice, grouping, Plan("waiting", now_us), now_us)
            self.state.run("give_up", route=lane.name, detail=DISABLED)
        else:
            self._put(lane.name, notice, grouping, made, now_us)
            if made.reason == "graver":
                self.state.run("supersede", route=lane.name, key=f"{notice.key:016x}")

    def _heard(self, route: str, key: int) -> Heard | None:
        rows = self.state.rows("heard", route=route, key=f"{key:016x}")
        if not rows:
            return None
        return Heard(_text(rows[0]["state"]), cast(Severity, rows[0]["severity"]), cast(Status, rows[0]["status"]), _number(rows[0]["next_us"]))

    def _cooled_us(self, lane: Lane, grouping: str) -> int | None:
        if lane.route.cooldown is None:
            return None
        last = self.state.rows("cooled", route=lane.name, grouping=grouping)
        return _number(last[0]["let_us"]) + lane.route.cooldown // _MICROSECOND if last else None

    def _put(self, route: str, notice: Notice, grouping: str, made: Plan, now_us: int) -> None:
        self.state.run(
            "put",
            id=notice.id,
            route=route,
            seq=notice.seq,
            said_us=notice.said_us,
            key=f"{notice.key:016x}",
            rule=notice.rule,
            subject_kind=notice.subject_kind,
            subject_id=notice.subject_id,
            state=notice.state,
            severity=notice.severity,
            grouping=grouping,
            status=made.status,
            reason=made.reason,
            next_us=made.at_us,
            let_us=now_us if made.status == "waiting" else None,
            notices=None if made.status == "dropped" else stored([notice]),
        )

    def _release(self, lane: Lane, ended: Sequence[Row], silences: Sequence[Silence], now_us: int) -> None:
        held = [Held(restored(row["notices"])[0], cast(Reason, row["reason"]), bool(row["begun"])) for row in ended]
        found = release(lane.route, held, silences, now_us)
        for notice, made in found.plans:
            self._replan(lane.name, notice.id, made, now_us)
        for notices in found.digests:
            self._gather(lane.name, notices, now_us)

    def _gather(self, route: str, notices: Sequence[Notice], now_us: int) -> None:
        name, last = digest_id(route, notices), notices[-1]
        gravest = max((notice.severity for notice in notices), key=SEVERITIES.index)
        for notice in notices:
            self.state.run("gather", route=route, id=notice.id, digest_id=name, let_us=now_us)
        values: dict[str, Value] = {"seq": last.seq, "said_us": last.said_us, "severity": gravest, "notices": stored(notices)}
        values |= dict.fromkeys(("key", "rule", "subject_kind", "subject_id", "grouping", "reason"), "")
        self.state.run("put", id=name, route=route, state="digest", status="waiting", next_us=now_us, let_us=now_us, **values)

    def _record(self, lane: Lane, message: Message, answer: Answer, now_us: int) -> None:
        lane.flying.discard(message.id)
        tried = message.attempts + 1
        follows = after(answer, message.id, tried, lane.route.retries, now_us)
        self.state.run(
            "record",
            route=lane.name,
            id=message.id,
            status=follows.status,
            next_us=follows.at_us,
            attempts=tried,
            last_us=now_us,
            http_status=answer.status,
            detail=answer.detail,
            weary=int(answer.weary),
        )
        if follows.status != "waiting":
            self.state.run("digested", route=lane.name, id=message.id)
        if answer.gone:
            self.state.run("disable", route=lane.name, now=now_us)
            self.state.run("give_up", route=lane.name, detail=DISABLED)
        self._judge(lane, answer, now_us)

    def _judge(self, lane: Lane, answer: Answer, now_us: int) -> None:
        """Note whether the receiver is well; once it is again, nothing waits for it in vain."""
        lane.ahead = min(AHEAD, lane.ahead + 1) if answer.accepted else 1
        if answer.weary:
            lane.failures += 1
            return
        if lane.failures >= TIRED:
            self.state.run("hurry", route=lane.name, now=now_us)
        lane.failures = 0

    def _next_of(self, lane: Lane, now_us: int) -> int | None:
        found = self.state.rows("next", route=lane.name)[0]["next_us"]
        if found is None or lane.room <= 0:  # an answer is under way: it wakes the loop
            return None
        return max(_number(found), lane.rate.free(now_us))


def _message(route: str, row: Row) -> Message:
    return Message(_text(row["id"]), route, restored(row["notices"]), _number(row["let_us"] or 0), _number(row["attempts"]))


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Value) -> int:
    return value if isinstance(value, int) else 0
