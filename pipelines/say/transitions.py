"""What there is to say: the step from what was said to what holds now."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.say.ledger import NEVER, NONE, OPENED, RESOLVED, RETRACTED, UNKNOWN, Entries

Flags = NDArray[np.bool_]
Codes = NDArray[np.uint8]
Instants = NDArray[np.int64]

UPDATED = 5
"""Said of an alert that stays open; never where one stands."""
NAMES = ("", "opened", "resolved", "retracted", "unknown", "updated")
"""The name of each code."""


@dataclass(frozen=True)
class Holding:
    """What the intervals of some keys say at ``as_of``, one element a key.

    Attributes:
        present: There is an interval at all.
        since_us: When it begins; anything where it isn't present.
        until_us: When it ends; ``NEVER`` where it has no end.
        uncertain: Its end would come from a feed that is silent since before it began.
        level: How severe it is, 0 to 3.
        steps_us: When it will be more severe if it goes on; ``NEVER`` where it will not.
        young: It began so shortly before it could be said that it is news.
    """

    present: Flags
    since_us: Instants
    until_us: Instants
    uncertain: Flags
    level: Codes
    steps_us: Instants
    young: Flags


@dataclass(frozen=True)
class Sayings:
    """What there is to say, in this order.

    Attributes:
        at: The place of the key it is about.
        state: What is said, one of `NAMES`.
        send: Whether it is delivered.
        entries: How each key stands after it; ``seq`` is left to whoever numbers what is said.
    """

    at: NDArray[np.int64]
    state: Codes
    send: Flags
    entries: Entries


def transitions(before: Entries, now: Holding, as_of_us: int) -> Sayings:
    """Return what there is to say about some keys.

    Args:
        before: How each stands.
        now: What holds, in the same order.
        as_of_us: The instant that is judged (µs).
    """
    target = _target(now, as_of_us)
    first, second = _rows(before, now, target)
    young = now.young | before["fresh"]
    send_first = _sent(before["told"], first, before["state"], young)
    told = np.where(send_first, _standing(first), before["told"])
    send_second = _sent(told, second, np.full(len(told), OPENED, np.uint8), young)
    entries = before.copy()
    spoken = first != NONE
    entries["state"] = np.where(spoken | (target != NONE), target, before["state"])
    entries["state"][(target == NONE) & spoken] = RETRACTED
    entries["told"] = np.where(send_second, _standing(second), told)
    entries["fresh"] = (target == UNKNOWN) & young
    for name, values in (("level", now.level), ("since_us", now.since_us), ("until_us", now.until_us)):
        entries[name] = np.where(spoken & (target != NONE), values, before[name])
    entries["due_us"] = _due(now, as_of_us)
    at = np.repeat(np.arange(len(before)), 2)
    states, sends = np.column_stack([first, second]).ravel(), np.column_stack([send_first, send_second]).ravel()
    said = states != NONE
    return Sayings(at[said], states[said], sends[said], entries)


def _target(now: Holding, as_of_us: int) -> Codes:
    """Return where each key ought to stand; ``NONE`` where nothing holds, or not yet."""
    began = now.present & (now.since_us <= as_of_us)
    holds = np.where(now.uncertain, UNKNOWN, OPENED)
    return np.where(began, np.where(now.until_us <= as_of_us, RESOLVED, holds), NONE).astype(np.uint8)


def _rows(before: Entries, now: Holding, target: Codes) -> tuple[Codes, Codes]:
    """Return up to two things to say of each key: one that has ended before it was said is opened, then resolved."""
    was = before["state"]
    resumed = (was == UNKNOWN) & (before["told"] == OPENED)
    moved = now.since_us != before["since_us"]
    matters = moved | (now.level != before["level"])
    opened = np.where(was == OPENED, np.where(matters, UPDATED, NONE), np.where(resumed, UPDATED, OPENED))
    corrected = moved | (now.until_us != before["until_us"])
    resolved = np.where(was == RESOLVED, np.where(corrected, RESOLVED, NONE), np.where((was == OPENED) | resumed, RESOLVED, OPENED))
    gone = np.where((was == NONE) | (was == RETRACTED), NONE, RETRACTED)
    unknown = np.where(was == UNKNOWN, NONE, UNKNOWN)
    first = np.choose(target, [gone, opened, resolved, gone, unknown]).astype(np.uint8)
    second = np.where((target == RESOLVED) & (first == OPENED), RESOLVED, NONE).astype(np.uint8)
    return first, second


def _sent(told: Codes, saying: Codes, was: Codes, young: Flags) -> Flags:
    """Return what is delivered: news, and how what was once delivered goes on."""
    update = (saying == UPDATED) & (told == OPENED) & (was == OPENED)
    news = (saying == OPENED) & (told == NONE) & young
    change = (told != NONE) & (told != saying) & ((saying == OPENED) | (saying == RESOLVED) | (saying == RETRACTED))
    return np.asarray(update | news | change)


def _standing(saying: Codes) -> Codes:
    return np.where(saying == UPDATED, OPENED, saying).astype(np.uint8)


def _due(now: Holding, as_of_us: int) -> Instants:
    """Return when to look again though nothing changes: when it begins, ends, or is more severe."""
    later = np.where(now.since_us > as_of_us, now.since_us, np.minimum(now.until_us, np.where(now.uncertain, NEVER, now.steps_us)))
    return np.where(now.present & (later > as_of_us), later, NEVER)
