"""The day loop: lets customers buy and make contact, sends what they tell, and hands over the lines in the order of arrival."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipelines.simulate.behaviour import CONTACTS, CROWDED, EARLY_DAYS, PURCHASES
from pipelines.simulate.chance import DAY, HOUR, WEEKDAY, Chance, Ints
from pipelines.simulate.churn import law_of, leavers
from pipelines.simulate.counts import Counts
from pipelines.simulate.customers import Customers, Law
from pipelines.simulate.faults import OnTheWay, Sent, send
from pipelines.simulate.house import heartbeats, nobodies, outages, staff_news, strangers
from pipelines.simulate.ledger import Ledger
from pipelines.simulate.scene import Scene, Today
from pipelines.simulate.truth import Row, Truth, instant
from pipelines.simulate.world import ORIGIN, Incident, days_of, plan_incidents


@dataclass(frozen=True)
class Block:
    """Lines that arrived one after the other, each with its line feed."""

    lines: bytes
    count: int


class Simulation:
    """One run of the company. Iterate over `blocks()` to the end; then `truth`, `customers` and `end` are complete."""

    def __init__(self, events: int, seed: int, *, clean: bool = False) -> None:
        self.events, self.seed, self.clean = events, seed, clean
        self.days = days_of(events)
        rng = np.random.default_rng([seed, events, 0])
        self.customers = Customers(max(40, events // 15), self.days, Law(), rng)
        self.truth = Truth([] if clean else plan_incidents(self.days, rng))
        self.begin = self.end = ORIGIN
        self.counts = Counts()
        self._ledger = Ledger()
        self._shown: dict[str, int] = {}
        self._on_the_way = OnTheWay(ORIGIN)
        self._told = np.zeros(16 * self.days + 200, dtype=np.int64)  # lines by the day on which they happened
        self._contact_length = sum(kind.share * kind.length for kind in CONTACTS.values())
        self._strangers = 0

    def blocks(self) -> Iterator[Block]:
        """Yield the log, block by block, in the order of arrival; together exactly `events` lines."""
        for day in itertools.count():
            self._live(day)
            if self._told[: day + 1].sum() >= self.events:
                break
            yield self._block(self._on_the_way.take(day))
        yield self._last(self.events - self.counts.events)

    def truth_files(self) -> Iterator[tuple[str, Iterator[Row]]]:
        """Yield the name and the rows of each file of the truth; only after the last block."""
        yield "customers.json", leavers(self.customers, self.end)
        yield "incidents.json", self.truth.incident_rows(self.end)
        yield "waits.json", self.truth.waits(self.end)
        yield "situations.json", itertools.chain(self.truth.situations(self.end), self.truth.breakdowns(self.end))
        summary = {"seed": self.seed, "clean": self.clean, "from": instant(ORIGIN), "until": instant(self.end), "law": law_of(self.customers)}
        yield "counts.json", iter([{**self.counts.rows(), **summary}])

    def _last(self, missing: int) -> Block:
        """Cut the log by the time of the events, not of their arrival: nothing that has happened by then is missing."""
        left = self._on_the_way.take_all()
        first = np.sort(np.argsort(left.times, kind="stable")[:missing])
        self.end = int(left.times[first].max()) if missing else self.end
        return self._block(left.rows(first))

    def _block(self, sent: Sent) -> Block:
        self.counts.add(sent.marks)
        text = "\n".join(sent.lines.tolist())
        return Block((text + "\n").encode() if text else b"", len(sent.lines))

    def _live(self, day: int) -> None:
        """Let one day happen, and send its lines."""
        rng = np.random.default_rng([self.seed, self.events, 1 + day])
        today = Today(day, Chance(rng, self._shown), self._ledger, self.truth, self.customers, 0.0 if self.clean else 1.0)
        per_day = self.events / self.days
        heartbeats(today, per_day)
        staff_news(today)
        outages(today, self.truth.incidents)
        self._purchases(today)
        self._strange_visits(today, per_day)
        self._crowds(today)
        self._contacts(today)
        sent = send(*self._ledger.drain(), rng)
        self._told += np.bincount((sent.times - ORIGIN) // DAY, minlength=len(self._told))
        self._on_the_way.add(sent)

    def _purchases(self, today: Today) -> None:
        due = self.customers.buying(today.day)
        ways = today.chance.choose("purchase", {name: share for name, (_, share, _) in PURCHASES.items()}, len(due))
        for name, (tell, _, hours) in PURCHASES.items():
            buyers = due[ways == name]
            if len(buyers):
                at = tell(Scene(today, buyers, _start(today, hours, len(buyers))))
                self.customers.bought(buyers, today.day, at, today.chance.rng)

    def _strange_visits(self, today: Today, per_day: float) -> None:
        weight = WEEKDAY[today.day % 7]
        count = int(today.chance.rng.poisson(per_day * 0.02 * weight)) + 1
        strangers(today, _start(today, "web", count), self._strangers)
        self._strangers += count
        nobodies(today, _start(today, "office", 1 + count // 40))

    def _crowds(self, today: Today) -> None:
        """Let a crowd make contact where a breakdown begins on this day."""
        for incident in self.truth.incidents:
            if incident.kind in CROWDED and (incident.since - ORIGIN) // DAY == today.day:
                people = _draw(today, max(6, self.events // 4_000))
                start = _during(incident, today, len(people))
                CONTACTS[CROWDED[incident.kind]].tell(Scene(today, people, start, place=incident.place))

    def _contacts(self, today: Today) -> None:
        counts = self._plan(today)
        people = _draw(today, sum(counts.values()))
        for name, count in counts.items():
            mine, people = people[:count], people[count:]
            if len(mine):
                CONTACTS[name].tell(Scene(today, mine, _start(today, CONTACTS[name].hours, len(mine))))

    def _plan(self, today: Today) -> dict[str, int]:
        """Say how many contacts of each kind begin: as many as keep the log on its way to its length."""
        rng = today.chance.rng
        weights = np.array([WEEKDAY[day % 7] for day in range(self.days)])
        goal = self.events * weights[: today.day + 1].sum() / weights.sum() * (1 + max(0, today.day + 1 - self.days) / self.days)
        contacts = max(0.0, goal - self._told[: today.day + 1].sum()) / self._contact_length
        early = today.day < EARLY_DAYS
        return {
            name: max(early * kind.early, int(rng.poisson(contacts * kind.share)))
            for name, kind in CONTACTS.items()
            if not (kind.is_bad and today.trouble == 0)
        }


def _start(today: Today, hours: str, n: int) -> Ints:
    return ORIGIN + today.day * DAY + today.chance.moment(hours, n)


def _during(incident: Incident, today: Today, n: int) -> Ints:
    """Draw beginnings that lead into the incident on its first day (an engineer's visit begins two hours before the wait for it)."""
    until = min(incident.until, ORIGIN + (today.day + 1) * DAY)
    ahead = 2 * HOUR if incident.kind == "field" else 0
    return today.chance.between(incident.since, incident.since + (until - incident.since) * 9 // 10, n) - ahead


def _draw(today: Today, n: int) -> Ints:
    """Draw different customers who make contact today, the talkative ones more often."""
    people = today.customers.reachable(today.day)
    patience = today.chance.rng.standard_exponential(len(people)) / today.customers.talkative[people]
    n = min(n, len(people))
    return people[np.argsort(patience, kind="stable")[:n]] if n else people[:0]


def simulate(events: int, seed: int, *, clean: bool = False) -> Simulation:
    """Prepare a log of exactly `events` lines; nothing runs before its blocks are asked for.

    Args:
        events: Lines to write, copies included; at least 1,000, for a smaller log can't show every type.
        seed: Any whole number from 0; the same (events, seed, clean) gives the same bytes.
        clean: Plant no incident, no bad journey: no rule has anything to say.

    Raises:
        ValueError: Too few events, or a negative seed.
    """
    if events < 1_000 or seed < 0:
        raise ValueError(f"events must be at least 1,000 and the seed at least 0, got {events!r} and {seed!r}")
    return Simulation(events, seed, clean=clean)
