"""Lets dead letters go that are older than asked, where somebody asks: all else in a journal stays for ever."""

from __future__ import annotations

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from jobs.journal.durable import unique_name
from jobs.journal.log import Journal
from jobs.journal.segment import read_segment, write_sorted
from schemas.journal import Base, Segment

EXPIRED = "dead_letters_expired"
"""The counter that says how many went: what was counted as dead letters and is no longer there."""


def expire(journal: Journal, partition: int, before_us: int) -> int:
    """Make a base record without the dead letters that were received before an instant (µs); return how many those were.

    Only what was compacted is looked at, so compact first. The bytes go with the next sweeps.
    """
    base = journal.bases.newest(partition)
    if base is None:
        return 0
    kept, gone = list[Segment](), 0
    for count, segment in enumerate(base.segments):
        if segment.table != "dead_letters":
            kept.append(segment)
            continue
        rows = read_segment(journal.folder, segment)
        young = rows.filter(pc.greater_equal(rows["received_us"], pa.scalar(before_us, pa.int64())))
        gone += len(rows) - len(young)
        if len(young) == len(rows):
            kept.append(segment)
        elif len(young):
            stem = f"{partition}-{base.seq:012}-{unique_name()}-{count}"
            kept.append(write_sorted(journal.folder, "dead_letters", young, stem, base.seq))
    if gone:
        journal.bases.add(_without(base, kept, gone))
    return gone


def _without(base: Base, segments: list[Segment], gone: int) -> Base:
    counters = {**base.counters, EXPIRED: base.counters.get(EXPIRED, 0) + gone}
    return msgspec.structs.replace(base, segments=segments, counters=counters, generation=base.generation + 1)
