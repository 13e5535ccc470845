"""What closes what by the map's pairs of roles: the waits that a later event of a journey ends, of all pairs at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.lexicon import Lexicon
from pipelines.pairs import first_in_first_out, one_by_one, still_open
from pipelines.state import CASE, KIND
from schemas.journey_map import Pair

Places = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class _Members:
    """Rows that take part in pairs, pair by pair, in total order; a row stands in it once for each pair.

    Attributes:
        row: Which row.
        slot: A number of the pair and the journey.
        key: What must be equal for a second event to close the first; 0 where the event lacks it.
    """

    row: Places
    slot: Places
    key: NDArray[np.uint64]
    opens: Flags
    closes: Flags


def closed(rows: NDArray[np.void], sense: NDArray[np.void], journey: Places, shown: Flags, lexicon: Lexicon) -> tuple[Places, Flags]:
    """Return for each row the row whose wait it ends, -1 where it ends none; and which rows opened a wait that nothing has closed.

    Of several waits that a row ends, that of the first pair in the map counts. Only rows that are ``shown`` are looked at.
    """
    ended, waiting = np.full(len(rows), -1, np.int64), np.zeros(len(rows), bool)
    pairs = [pair for pair in lexicon.journey_map.pairs if pair.wait]
    takes_part, opens, closes = _meanings(pairs, lexicon)
    some = np.flatnonzero(np.any(takes_part, axis=0)[rows["sense"]] & shown)
    if not len(some):
        return ended, waiting
    pair, row = np.nonzero(takes_part[:, rows["sense"][some]])
    row = some[row]
    code, correlation = rows["sense"][row], rows["correlation"][row]
    # A journey is of one case or of none; without one the correlation names the thread.
    by_case = np.array([each.key == "case" for each in pairs])[pair]
    key = np.where(by_case & (rows["flags"][row] & KIND == CASE), np.uint64(1), correlation)
    members = _Members(row, pair * (int(journey.max()) + 1) + journey[row], key, opens[pair, code], closes[pair, code])
    opener = _openers(members, np.array([each.key == "journey" for each in pairs])[pair], sense["channel"][row])
    closing = np.flatnonzero(opener >= 0)[::-1]  # of values for one place the last stays: so that of the first pair
    ended[row[closing]] = row[opener[closing]]
    waiting[row[still_open(members.opens, opener)]] = True
    return ended, waiting


def _meanings(pairs: list[Pair], lexicon: Lexicon) -> tuple[Flags, Flags, Flags]:
    """Return for each pair and each sense whether it takes part, opens and closes."""
    senses = lexicon.sense_table()
    things = np.array([lexicon.things.code(pair.thing) for pair in pairs], np.int32)[:, None]
    opens, closes = (np.array([getattr(pair, name) for pair in pairs], np.uint64)[:, None] for name in ("opens", "closes"))
    same = senses["thing"] == things
    opening, closing = same & (senses["roles"] & opens != 0), same & (senses["roles"] & closes != 0)
    return opening | closing, opening, closing


def _openers(members: _Members, by_journey: Flags, channel: NDArray[np.int32]) -> Places:
    """Return for each member the member whose opening it closes, or -1.

    Where an event of a pair and a journey lacks the key, all of them are matched one by one: by the order of the journey, or by their channels.
    """
    lacking = np.isin(members.slot, members.slot[members.key == 0])
    opener = np.full(len(members.row), -1, np.int64)
    keyed = np.flatnonzero(~lacking)
    group = numbered(members.slot[keyed], members.key[keyed])
    opener[keyed] = among(keyed, first_in_first_out(group, members.opens[keyed], members.closes[keyed]))
    for loose, channels in ((np.flatnonzero(lacking & by_journey), None), (np.flatnonzero(lacking & ~by_journey), channel)):
        where, key, opens, closes = members.slot[loose], members.key[loose], members.opens[loose], members.closes[loose]
        opener[loose] = among(loose, one_by_one(where, key, None if channels is None else channels[loose], opens, closes))
    return opener


def among(chosen: Places, opener: Places) -> Places:
    """Turn places among the chosen into places among all; -1 stays."""
    return np.where(opener >= 0, chosen[opener], -1) if len(chosen) else opener


def numbered(left: Places, right: NDArray[np.generic]) -> Places:
    """Number the distinct pairs of two columns.

    >>> numbered(np.array([5, 2, 5]), np.array([1, 1, 1])).tolist()
    [1, 0, 1]
    """
    order = np.lexsort((right, left))
    new = np.r_[False, (np.diff(left[order]) != 0) | (right[order][1:] != right[order][:-1])] if len(left) else np.empty(0, bool)
    numbers = np.empty(len(left), np.int64)
    numbers[order] = np.cumsum(new)
    return numbers
