"""What was planted, collected while it happens and written after the log's end is known: nothing later than the end is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from pipelines.simulate.chance import Flags, Ints, Texts
from pipelines.simulate.ledger import instants
from pipelines.simulate.world import Incident

OPEN = -1
"""Stands for "never" where an instant is expected."""
Row = dict[str, object]


class _Situations(NamedTuple):
    rule: str
    subjects: Texts
    opened: Ints
    since: Ints
    until: Ints
    evidence: tuple[Ints, ...]
    closed_by: Ints
    more: dict[str, Texts]


class Waits(NamedTuple):
    """Waits, one a row: who waited, from when to when (ms), the events of both ends, and the operation with its owner."""

    customers: Texts
    opened: Ints
    closed: Ints
    opened_by: Ints
    closed_by: Ints
    operations: Texts
    teams: Texts
    elements: Texts

    def rows(self, rows: Ints) -> Waits:
        """Return some of the waits."""
        ends = (self.opened[rows], self.closed[rows], self.opened_by[rows], self.closed_by[rows])
        return Waits(self.customers[rows], *ends, self.operations[rows], self.teams[rows], self.elements[rows])


class Truth:
    """Everything that the simulator knows and the log does not say."""

    def __init__(self, incidents: list[Incident]) -> None:
        self.incidents = incidents
        self._situations: list[_Situations] = []
        self._waits: list[Waits] = []

    def situation(
        self,
        rule: str,
        subjects: Texts,
        only: Flags,
        *,
        opened: Ints,
        since: Ints,
        until: Ints,
        evidence: tuple[Ints, ...],
        closed_by: Ints | None = None,
        more: Mapping[str, Texts] | None = None,
    ) -> None:
        """Note that a rule's condition holds for the marked rows from `since` to `until` (ms; OPEN: it never ends)."""
        rows = np.flatnonzero(only)
        if len(rows):
            closers = np.full(len(rows), OPEN) if closed_by is None else closed_by[rows]
            kept = {name: column[rows] for name, column in (more or {}).items()}
            self._situations.append(
                _Situations(rule, subjects[rows], opened[rows], since[rows], until[rows], tuple(ids[rows] for ids in evidence), closers, kept)
            )

    def wait(self, only: Flags, told: Waits) -> None:
        """Note which operation behind the line of visibility caused the marked waits."""
        rows = np.flatnonzero(only)
        if len(rows):
            self._waits.append(told.rows(rows))

    def situations(self, end: int) -> Iterator[Row]:
        """Yield the situations that hold at some time up to `end` (ms), in the order in which they were planted."""
        for told in self._situations:
            for row in np.flatnonzero((told.since <= end) & (told.evidence[0] >= 0)).tolist():
                yield _situation(told, row, end)

    def breakdowns(self, end: int) -> Iterator[Row]:
        """Yield, as situations of the rule `breakdown`, the operations for which at least three customers wait."""
        for row in self.incident_rows(end):
            customers = row["customers"]
            if isinstance(customers, list) and len(customers) >= 3:
                told = {key: row[key] for key in ("team", "element", "site", "customers")}
                yield {"rule": "breakdown", "operation": f"op-{row['id']}", "since": row["from"], "until": row["until"], **told}

    def waits(self, end: int) -> Iterator[Row]:
        """Yield the waits that began up to `end` (ms), with the operation that caused each."""
        for told in self._waits:
            for row in np.flatnonzero((told.opened <= end) & (told.opened_by >= 0)).tolist():
                yield _wait(told, row, end)

    def incident_rows(self, end: int) -> Iterator[Row]:
        """Yield the incidents that began up to `end`, each with the customers whose waits it caused."""
        hit: dict[str, list[str]] = {}
        for told in self._waits:
            for row in np.flatnonzero(told.opened <= end).tolist():
                hit.setdefault(str(told.operations[row]), []).append(str(told.customers[row]))
        for incident in self.incidents:
            if incident.since <= end:
                yield _incident(incident, sorted(set(hit.get(incident.operation, []))))


def instant(at: int) -> str | None:
    """Write one instant (ms) as RFC 3339, or None for OPEN."""
    return None if at == OPEN else instants(np.array([at]))[0] + "Z"


def _event(number: int) -> str:
    return f"e{number}"


def _situation(told: _Situations, row: int, end: int) -> Row:
    until = int(told.until[row])
    seen = until != OPEN and until <= end
    return {
        "rule": told.rule,
        "customer": told.subjects[row],
        "opened_at": instant(int(told.opened[row])),
        "since": instant(int(told.since[row])),
        "until": instant(until) if seen else None,
        "events": [_event(int(ids[row])) for ids in told.evidence if ids[row] >= 0],
        "closed_by": _event(int(told.closed_by[row])) if seen and told.closed_by[row] >= 0 else None,
        **{name: column[row] for name, column in told.more.items()},
    }


def _wait(told: Waits, row: int, end: int) -> Row:
    closed = int(told.closed[row])
    over = closed <= end and told.closed_by[row] >= 0
    return {
        "customer": told.customers[row],
        "opened_by": _event(int(told.opened_by[row])),
        "opened_at": instant(int(told.opened[row])),
        "closed_by": _event(int(told.closed_by[row])) if over else None,
        "closed_at": instant(closed) if over else None,
        "operation": told.operations[row],
        "team": told.teams[row],
        "element": told.elements[row],
    }


def _incident(incident: Incident, customers: list[str]) -> Row:
    return {
        "id": incident.id,
        "kind": incident.kind,
        "from": instant(incident.since),
        "until": instant(incident.until),
        "site": incident.site,
        "channel": incident.channel,
        "type": incident.opens,
        "operations": [incident.operation],
        "team": incident.team,
        "element": incident.element,
        "customers": customers,
    }
