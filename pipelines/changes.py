"""Changes: what a batch did to journeys and steps, as tables of puts and drops (design §8). Only what changed is written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.kernel import Journeys, Steps, rebuild
from pipelines.lexicon import Lexicon

Places = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class View:
    """Some chains' rows in total order and what the rebuild makes of them.

    Attributes:
        rows: Records of ``ROW``.
        ids: The id of each journey, as 64 bits.
        shown: Which journeys show steps: all that are not oversized.
    """

    rows: NDArray[np.void]
    journeys: Journeys
    steps: Steps
    ids: NDArray[np.uint64]
    shown: Flags


@dataclass(frozen=True)
class Chosen:
    """Which elements of a view are written, and whether each stood in the mart before."""

    at: Places
    existed: Flags


@dataclass(frozen=True)
class Dropped:
    """What must go: journeys by id, steps by (id, position)."""

    journeys: NDArray[np.uint64]
    step_journeys: NDArray[np.uint64]
    step_positions: Places


def view(rows: NDArray[np.void], lexicon: Lexicon, identify: object) -> View:
    """Rebuild rows. ``identify(rows, journeys)`` gives the ids of journeys."""
    journeys, steps = rebuild(rows, lexicon)
    ids = identify(rows, journeys)  # type: ignore[operator]
    return View(rows, journeys, steps, ids, journeys.count <= lexicon.journey_map.max_events)


def appended(after: View, new: Flags, simple: Flags) -> tuple[Chosen, Chosen]:
    """Return journeys and steps to write where all that is new stands at the end of its chain. ``simple``: rows of such chains."""
    touched = new & simple
    total = np.add.reduceat(touched.astype(np.int64), after.journeys.first) if len(after.rows) else np.empty(0, np.int64)
    at = np.flatnonzero(total)
    steps = np.flatnonzero(touched)
    return Chosen(at, after.journeys.count[at] > total[at]), Chosen(steps, np.zeros(len(steps), bool))


def compared(before: View, after: View, among: Flags, lexicon: Lexicon) -> tuple[Chosen, Chosen, Dropped]:
    """Return what to write and to drop in the other chains: ``before`` holds only those; ``among`` says which rows of ``after`` do."""
    journeys, lost = _difference(_journey_keys(before), _journey_marks(before, lexicon), _journey_keys(after), _journey_marks(after, lexicon), among[after.journeys.first])
    after_steps, before_steps = among & after.shown[after.steps.journey], before.shown[before.steps.journey]
    steps, gone = _difference(_step_keys(before), _step_marks(before, lexicon), _step_keys(after), _step_marks(after, lexicon), after_steps, before_steps)
    return journeys, steps, Dropped(before.ids[lost], before.ids[before.steps.journey[gone]], before.steps.position[gone])


def joined(one: Chosen, other: Chosen) -> Chosen:
    """Return both choices as one."""
    return Chosen(np.concatenate([one.at, other.at]), np.concatenate([one.existed, other.existed]))


def _difference(
    before_keys: NDArray[np.void], before_marks: NDArray[np.void], after_keys: NDArray[np.void], after_marks: NDArray[np.void], among: Flags, counted: Flags | None = None
) -> tuple[Chosen, Places]:
    """Return which of ``after`` (where ``among``) are new or differ, and which of ``before`` (where ``counted``) are gone."""
    old = np.flatnonzero(counted) if counted is not None else np.arange(len(before_keys))
    now = np.flatnonzero(among)
    order = old[np.argsort(before_keys[old], order=("journey", "position"))] if len(old) else old
    place = np.searchsorted(before_keys[order], after_keys[now]) if len(old) else np.zeros(len(now), np.int64)
    clipped = np.minimum(place, max(len(order) - 1, 0))
    existed = (before_keys[order[clipped]] == after_keys[now]) if len(order) else np.zeros(len(now), bool)
    same = existed.copy()
    same[existed] = before_marks[order[clipped[existed]]] == after_marks[now[existed]]
    kept = np.zeros(len(before_keys), bool)
    kept[order[clipped[existed]]] = True
    return Chosen(now[~same], existed[~same]), old[~kept[old]]


_KEY = np.dtype([("journey", "u8"), ("position", "i8")])


def _journey_keys(of: View) -> NDArray[np.void]:
    return _packed(_KEY, of.ids, np.zeros(len(of.ids), np.int64))


def _step_keys(of: View) -> NDArray[np.void]:
    return _packed(_KEY, of.ids[of.steps.journey], of.steps.position)


def _step_marks(of: View, lexicon: Lexicon) -> NDArray[np.void]:
    """All that a step row shows, as numbers."""
    senses, steps, rows = lexicon.sense_table(), of.steps, of.rows
    sense = senses[rows["sense"]]
    previous = np.where(steps.previous >= 0, sense["type"][steps.previous], 0)
    shown = [sense[name] for name in ("type", "channel", "stage", "roles")] + [rows[name] for name in ("key", "site", "actor", "team", "money", "money_kind")]
    columns = (*shown, previous, steps.since, steps.wait, steps.service, steps.desired, steps.adequate)
    return _packed(np.dtype([(f"c{i}", column.dtype) for i, column in enumerate(columns)]), *columns)


def _journey_marks(of: View, lexicon: Lexicon) -> NDArray[np.void]:
    j = of.journeys
    facts = lexicon.fact_table()[of.rows["facts"]] if len(of.rows) else np.empty((0, 3), np.int32)
    latest = [np.where(j.facts_at[:, a] >= 0, facts[j.facts_at[:, a], a], 0) if len(of.rows) else j.first for a in range(j.facts_at.shape[1])]
    when = [np.where(j.facts_at[:, a] >= 0, of.rows["key"][j.facts_at[:, a]], 0) if len(of.rows) else j.first for a in range(j.facts_at.shape[1])]
    columns = [of.rows["time"][j.first], of.rows["key"][j.first], j.count, j.ended, j.variant, j.closed, j.late, j.known, *latest, *when, _waiting_marks(of, lexicon)]
    return _packed(np.dtype([(f"c{i}", column.dtype) for i, column in enumerate(columns)]), *columns)


_PRIMES = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)


def _waiting_marks(of: View, lexicon: Lexicon) -> NDArray[np.uint64]:
    """Return 64 bits that stand for each journey's open waits; 0 for none."""
    marks = np.zeros(len(of.ids), np.uint64)
    at = np.flatnonzero(of.steps.waiting & of.shown[of.steps.journey])
    sense = lexicon.sense_table()[of.rows["sense"][at]]
    shown = (of.steps.adequate[at], sense["stage"], sense["channel"])
    mixed = sum((np.uint64(prime) * column.astype(np.uint64) for prime, column in zip(_PRIMES, shown, strict=True)), of.rows["key"][at])
    np.add.at(marks, of.steps.journey[at], mixed)
    return marks


def _packed(dtype: np.dtype, *columns: NDArray) -> NDArray[np.void]:
    packed = np.empty(len(columns[0]), dtype)
    for name, column in zip(dtype.names or (), columns, strict=True):
        packed[name] = column
    return packed
