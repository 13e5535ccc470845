"""A scene: many journeys of one kind that begin on one day, told step by step for all of them at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipelines.simulate.chance import MINUTE, SECOND, Chance, Flags, Ints, Texts
from pipelines.simulate.customers import Customers, client_type, identities, is_russian, names
from pipelines.simulate.ledger import Column, Fields, Ledger, texts
from pipelines.simulate.text import TEXTS
from pipelines.simulate.truth import OPEN, Truth, Waits
from pipelines.simulate.world import ACTORS, LEVELS

_WORKS = (
    ("platform", "technology"),
    ("verification", "people"),
    ("warehouse", "operations"),
    ("back office", "people"),
    ("settlement", "operations"),
)
_WORK_TEAMS = texts([team for team, _ in _WORKS])
_WORK_ELEMENTS = texts([element for _, element in _WORKS])
_LANGUAGES = np.array(["en", "ru"], dtype=object)


@dataclass
class Today:
    """What all scenes of one day share. `trouble` 0 makes the day faultless, 1 is the ordinary share of bad journeys."""

    day: int
    chance: Chance
    ledger: Ledger
    truth: Truth
    customers: Customers
    trouble: float


class Scene:
    """The journeys of one kind that begin on one day; row i is one journey of one customer."""

    def __init__(self, today: Today, customers: Ints, start: Ints, place: int | None = None) -> None:
        self.today = today
        self.chance = today.chance
        self.n = len(customers)
        self.customers = customers
        self.start = start
        self.place = place
        self.names = names(customers)
        self.who = identities(customers)
        self.russian = is_russian(customers)
        self.all: Flags = np.ones(self.n, dtype=np.bool_)
        self._facts: list[str] | None = None

    def say(self, kind: str, at: Ints, only: Flags | None = None, /, **fields: Column) -> Ints:
        """Write one touchpoint of each marked journey; see `Ledger.write`."""
        return self.today.ledger.write(kind, at, only, who=self.who, **fields)

    def flows(self, prefix: str) -> Texts:
        """Name a new flow (call, thread, case, order) for each journey."""
        return self.today.ledger.flows(prefix, self.n)

    def ways(self, name: str, good: Mapping[str, float], bad: Mapping[str, float]) -> Texts:
        """Draw how each journey goes; the bad ways fall out where there is no trouble."""
        weights = {**good, **{way: weight * self.today.trouble for way, weight in bad.items()}}
        return self.chance.choose(name, weights, self.n, show=self.place is None)

    def places(self, size: int) -> Ints:
        """Draw each journey's site, or give the one that the scene is set at."""
        if self.place is not None:
            return np.full(self.n, self.place)
        return self.chance.between(0, size, self.n)

    def lasts(self, level: str, troubled: Flags) -> Ints:
        """Draw how long each wait of this kind lasts (ms): ordinary, or far beyond what is adequate where troubled."""
        bounds = LEVELS[level]
        usual = self.chance.ordinary(bounds.typical, bounds.ordinary, self.n)
        return np.where(troubled, self.chance.between(bounds.troubled, bounds.worst, self.n), usual)

    def staff(self, teams: Ints | int) -> Texts:
        """Draw a person of the team (its number, one for all or a column) for each journey."""
        people: Texts = ACTORS[teams, self.chance.between(0, ACTORS.shape[1], self.n)]
        return people

    def facts(self, more: str = "") -> Texts:
        """Write the attributes: segment and client type, and what is given (JSON fields, or nothing)."""
        if self._facts is None:
            segments = self.today.customers.segment(self.customers, self.today.day).tolist()
            types = client_type(self.customers).tolist()
            self._facts = [f'"segment":"{s}","client_type":"{c}"' for s, c in zip(segments, types, strict=True)]
        tail = f",{more}" if more else ""
        return texts([f"{{{fact}{tail}}}" for fact in self._facts])

    def measured(self, waits: Ints, share: float) -> Texts:
        """Write `wait_s` for a share of the journeys: not every source measures."""
        told = self.chance.happens(share, self.n).tolist()
        return texts([f',"wait_s":{w / 1000}' if t else "" for w, t in zip(waits.tolist(), told, strict=True)])

    def words(self, mood: str) -> Fields:
        """Draw what each customer says in this mood, in the customer's language."""
        said = np.where(self.russian, self.chance.pick(TEXTS["ru"][mood], self.n), self.chance.pick(TEXTS["en"][mood], self.n))
        return {"text": said, "language": _LANGUAGES[self.russian.astype(np.int64)]}

    def price(self, median_minor: int, kind: str) -> Texts:
        """Draw an amount: in kopecks for those who write in Russian (× 90), else in euro cents."""
        minor = (median_minor * np.exp(self.chance.rng.normal(0, 0.7, self.n))).astype(np.int64) // 10 * 10 + 90
        pairs = zip(np.where(self.russian, minor * 90, minor).tolist(), self.russian.tolist(), strict=True)
        return texts([f'{{"amount_minor":{m},"currency":"{"RUB" if r else "EUR"}","kind":"{kind}"}}' for m, r in pairs])

    def afflicted(self, kind: str, place: Ints, at: Ints) -> Ints:
        """Say which incident each journey falls into (its number), −1 for none."""
        found = np.full(self.n, -1, dtype=np.int64)
        for number, incident in enumerate(self.today.truth.incidents):
            if incident.kind == kind:
                found[(place == incident.place) & (at >= incident.since) & (at < incident.until)] = number
        return found

    def beyond(self, level: str, only: Flags, opened: Ints, closed: Ints, opening: Ints, closing: Ints, rule: str = "wait_beyond_adequate") -> None:
        """Note waits that last longer than adequate; `closed` may be OPEN."""
        limit = opened + LEVELS[level].adequate
        more, ends = {"level": texts([level] * self.n)}, (opening,)
        self.today.truth.situation(rule, self.names, only, opened=opened, since=limit, until=closed, evidence=ends, closed_by=closing, more=more)

    def behind(
        self, only: Flags, opened: Ints, closed: Ints, opening: Ints, closing: Ints, incident: Ints | None = None, level: str | None = None
    ) -> None:
        """Write the work behind the line of visibility that these waits are due to.

        `opening` and `closing` number the events of the wait. Work that belongs to an incident has the incident's operation; other work gets a
        correlation of its own. With `level`, the wait is heavy, and the rule that blames the operation must fire.
        """
        none = np.full(self.n, -1, dtype=np.int64) if incident is None else incident
        works = self.chance.between(0, len(_WORKS), self.n)
        operations, teams, elements = self.flows("op-"), _WORK_TEAMS[works], _WORK_ELEMENTS[works]
        for number in np.unique(none[only & (none >= 0)]).tolist():
            planted = self.today.truth.incidents[number]
            rows = none == number
            operations[rows], teams[rows], elements[rows] = planted.operation, planted.team, planted.element
        begun, over = opened + 500, closed - 300
        fields = self._work(operations, teams, elements, opening)
        self.today.ledger.write("op.queued", begun, only, **fields)
        self.today.ledger.write("op.started", begun + (over - begun) // 8, only, **fields)
        self.today.ledger.write("op.completed", over, only, **fields)
        self.today.truth.wait(only, Waits(self.names, opened, closed, opening, closing, operations, teams, elements))
        if level is not None:
            since = opened + LEVELS[level].adequate
            more = {"operation": operations, "team": teams, "element": elements}
            rule, ends = "wait_caused_backstage", (opening,)
            self.today.truth.situation(rule, self.names, only, opened=opened, since=since, until=closed, evidence=ends, closed_by=closing, more=more)

    @staticmethod
    def _work(operations: Texts, teams: Texts, elements: Texts, causes: Ints) -> Fields:
        return {
            "channel": "backoffice",
            "correlation_id": operations,
            "causation_id": texts([f"e{number}" for number in causes.tolist()]),
            "actor": texts([f'{{"id":"{t}","team":"{t}","lane":"back"}}' for t in teams.tolist()]),
            "attributes": texts([f'{{"element":"{e}"}}' for e in elements.tolist()]),
        }

    def ask(self, at: Ints, mood: Flags, share: float = 0.08) -> None:
        """Send a survey to a share of the customers; some answer, and their mark follows the mood (True: content)."""
        asked = self.chance.happens(share, self.n) | (self.chance.choose("survey", {"asked": 1, "not": 9999}, self.n) == "asked")
        answered = asked & (self.chance.choose("answer", {"nps": 20, "csat": 20, "ces": 8, "silent": 52}, self.n) != "silent")
        thread = self.flows("survey-")
        self.say("survey.sent", at + 30 * MINUTE, asked, channel="survey", correlation_id=thread)
        later = at + 30 * MINUTE + self.chance.ordinary(40 * MINUTE, 20 * 60 * MINUTE, self.n)
        self.say("survey.answered", later, answered, channel="survey", correlation_id=thread, rating=self._rating(mood))

    def _rating(self, mood: Flags) -> Texts:
        metric = self.chance.between(0, 3, self.n)
        content = np.where(self.chance.happens(0.85, self.n), mood, ~mood)
        high, low = self.chance.between(8, 11, self.n), self.chance.between(0, 7, self.n)
        nps = np.where(content, high, low)
        five = np.where(content, 4 + (high > 8), 1 + low % 3)
        forms = (
            '{"metric":"nps","value":%d,"scale":"0-10"}',
            '{"metric":"csat","value":%d,"scale":"1-5"}',
            '{"metric":"ces","value":%d,"scale":"1-5"}',
        )
        return texts([forms[m] % (n if m == 0 else f) for m, n, f in zip(metric.tolist(), nps.tolist(), five.tolist(), strict=True)])

    def close(self, end: Ints, bad: Flags, why: str) -> None:
        """End the journeys: each customer is free again, and a part of those who had a bad one leaves without a word."""
        people = self.today.customers
        people.free_at[self.customers] = np.maximum(people.free_at[self.customers], end)
        gone = bad & self.chance.happens(people.law.drop_after_bad_journey, self.n)
        people.leave(self.customers[gone], end[gone] + SECOND, why)


def never(n: int) -> Ints:
    """Return a column of OPEN: waits that never end, events that never come."""
    return np.full(n, OPEN, dtype=np.int64)
