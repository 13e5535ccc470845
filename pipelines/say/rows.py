"""From what there is to say to rows of ``said``, and back to the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.say.ledger import NEVER, NONE, UNKNOWN, Entries, Ledger, blank
from pipelines.say.severity import LEVELS, Numbers
from pipelines.say.transitions import NAMES, UPDATED, Sayings
from schemas.journal import SAID

_SAME = (
    *("rule", "subject_kind", "subject_id", "customer_id", "key", "since_us", "value", "threshold", "unit"),
    *("site", "stage", "channel", "team", "operation"),
)
"""Columns of ``said`` that say the same as the interval's."""


@dataclass(frozen=True)
class Moment:
    """When something is said: the clock and the instant of event time that is judged (µs), and the number of the first row."""

    said_us: int
    as_of_us: int
    seq: int


def said_rows(about: pa.Table, sayings: Sayings, harm: Numbers, moment: Moment) -> pa.Table:
    """Return rows of ``said``, in their order, without a body.

    Args:
        about: What each key is about: the columns of an interval, or of what was said of it last.
        sayings: What there is to say; places are those of ``about``.
        harm: Of each key, in minutes.
        moment: When.
    """
    at, count = sayings.at, len(sayings.at)
    until = np.where(sayings.state == NAMES.index("opened"), NEVER, sayings.entries["until_us"][sayings.at])
    columns: dict[str, Any] = {name: about[name].take(at) for name in _SAME}
    columns |= {
        "seq": pa.array(np.arange(moment.seq, moment.seq + count)),
        "said_us": pa.repeat(pa.scalar(moment.said_us, pa.int64()), count),
        "as_of_us": pa.repeat(pa.scalar(moment.as_of_us, pa.int64()), count),
        "until_us": pa.array(until, mask=until > moment.as_of_us),
        "state": _named(NAMES, sayings.state),
        "severity": _named(LEVELS, sayings.entries["level"][sayings.at]),
        "harm": pa.array(harm[at]),
        "send": pa.array(sayings.send),
        "body": pa.nulls(count, pa.string()),
    }
    return pa.table(columns).select(SAID.names).cast(SAID)


def numbered(sayings: Sayings, seq: int) -> Entries:
    """Return the entries with the number of the last row that says something about each."""
    entries = sayings.entries.copy()
    entries["seq"][sayings.at] = np.arange(seq, seq + len(sayings.at))  # of two rows of one key the later one stays
    return entries


def ledger_of(last: pa.Table) -> Ledger:
    """Return the ledger as the log of what was said has it: the answer of ``ledger.sql``. What falls due is not in it."""
    entries = blank(last["key"].to_numpy().astype(np.uint64))
    states = _codes(NAMES, last["state"])
    entries["state"] = np.where(states == UPDATED, NAMES.index("opened"), states)
    told = _codes(NAMES, last["told"])
    entries["told"] = np.where(told == UPDATED, NAMES.index("opened"), np.where(told == UNKNOWN, NONE, told))
    entries["level"] = _codes(LEVELS, last["severity"])
    entries["fresh"] = (entries["state"] == UNKNOWN) & last["news"].to_numpy()
    for name in ("since_us", "until_us", "seq"):
        entries[name] = last[name].to_numpy()
    ledger = Ledger()
    ledger.put(entries)
    return ledger


def _named(names: tuple[str, ...], codes: NDArray[np.uint8]) -> pa.Array[pa.StringScalar]:
    return pa.array(names, pa.string()).take(codes.astype(np.int64))


def _codes(names: tuple[str, ...], column: pa.ChunkedArray[pa.StringScalar]) -> NDArray[np.uint8]:
    known = column.combine_chunks().dictionary_encode()
    places = np.array([names.index(name) for name in known.dictionary.to_pylist()], np.uint8)
    return places[known.indices.to_numpy()] if len(places) else np.zeros(len(column), np.uint8)
