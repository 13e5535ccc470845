"""Sessions of 30 minutes a customer on our delivery: parsed, merged in event time with a day of lateness, copies found; sessions, events and offsets
on the disk with every batch, so that a restart goes on where it was. The kernel is numpy, as in `pipelines.kernel`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from jobs.journal.durable import link_new, write_new
from jobs.kafka.chunk import Chunk
from tests.bench.kafka_jobs.reader import read

GAP_US, KEPT_US = 30 * 60_000_000, 86_400_000_000 + 30 * 60_000_000
EVENT = np.dtype([("customer", "i4"), ("time", "i8"), ("type", "i4"), ("key", "u8")])


class Event(msgspec.Struct):
    """What is read of a touchpoint."""

    id: str
    type: str
    time: str
    customer_id: str


class Sessions:
    """The events of the last day, and the sessions that they are in."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder, self._events, self._seq, self._newest = folder, np.empty(0, EVENT), 0, 0
        self._customers, self._types = dict[str, int](), dict[str, int]()
        self._decode = msgspec.json.Decoder(Event).decode

    def take(self, chunks: list[Chunk]) -> None:
        """Add the events of some chunks, and write down the sessions that changed."""
        fresh = self._parsed([value for chunk in chunks for value in chunk.values])
        events = np.concatenate([self._events, fresh])
        new = np.r_[np.zeros(len(self._events), bool), np.ones(len(fresh), bool)]
        order = np.lexsort((events["time"], events["customer"]))
        events, new = events[order], new[order]
        copy = np.r_[False, (events["key"][1:] == events["key"][:-1]) & (events["time"][1:] == events["time"][:-1])]
        events, new = events[~copy], new[~copy]
        rows = _sessions(events, new)
        self._newest = max(self._newest, int(fresh["time"].max()))
        self._write(rows, fresh, {f"{chunk.topic}:{chunk.partition}": chunk.next for chunk in chunks})
        self._events = events[events["time"] > self._newest - KEPT_US]

    def _parsed(self, values: list[Any]) -> NDArray[np.void]:
        found = [self._decode(value) for value in values]
        fresh = np.empty(len(found), EVENT)
        stamps = pa.array([event.time for event in found], pa.string()).cast(pa.timestamp("us", "UTC"))
        fresh["time"] = stamps.cast(pa.int64()).to_numpy()
        fresh["customer"] = _codes(self._customers, [event.customer_id for event in found])
        fresh["type"] = _codes(self._types, [event.type for event in found])
        fresh["key"] = [crc32(event.id.encode(), 1) << 32 | crc32(event.id.encode()) for event in found]
        return fresh

    def _write(self, rows: pa.Table, fresh: NDArray[np.void], offsets: dict[str, int]) -> None:
        for name, table in (("sessions", rows), ("events", pa.table({name: fresh[name] for name in EVENT.names or ()}))):
            sink = pa.BufferOutputStream()
            pq.write_table(table, sink, compression="zstd", use_dictionary=False)
            write_new(self._folder / f"{name}-{self._seq:06}.parquet", sink.getvalue().to_pybytes())
        link_new(self._folder / f"{self._seq:06}.json", msgspec.json.encode(offsets))
        self._seq += 1


def _codes(known: dict[str, int], values: list[str]) -> NDArray[np.int32]:
    for value in dict.fromkeys(values):
        known.setdefault(value, len(known))
    return np.fromiter(map(known.__getitem__, values), np.int32, len(values))


def _sessions(events: NDArray[np.void], new: NDArray[np.bool_]) -> pa.Table:
    """Return the sessions that hold a new event: customer, start, end, events, distinct types, greatest wait."""
    wait = np.diff(events["time"], prepend=events["time"][:1])
    first = np.r_[True, (events["customer"][1:] != events["customer"][:-1]) | (wait[1:] > GAP_US)]
    begins = np.flatnonzero(first)
    wait[begins] = 0
    touched = np.logical_or.reduceat(new, begins)
    ends = np.r_[begins[1:], len(events)] - 1
    kinds = np.bitwise_or.reduceat(np.left_shift(1, events["type"].astype(np.int64)), begins)
    columns = {
        "customer": events["customer"][begins],
        "started_us": events["time"][begins],
        "ended_us": events["time"][ends],
        "events": ends - begins + 1,
        "types": np.bitwise_count(kinds),
        "longest_wait_us": np.maximum.reduceat(wait, begins),
    }
    return pa.table(columns).filter(pa.array(touched))


if __name__ == "__main__":
    read(int(sys.argv[1]), Sessions(Path(sys.argv[2])).take)
