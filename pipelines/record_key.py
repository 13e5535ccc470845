"""The key of a record on Kafka: the canonical customer, else the flow of backstage work, so that all events that must meet lie in one partition.

The partition of a key is murmur2, as every Java client chooses it, so that records of other producers meet ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.decode import decode
from pipelines.identify import identify
from pipelines.lexicon import Lexicon
from pipelines.state import HOUSE, OPERATION
from pipelines.table import extract

_MASK = 0xFFFFFFFF
_SEED, _MIX, _SHIFT = 0x9747B28C, 0x5BD1E995, 24
_LONG = 64
"""Longer keys (bytes) are so rare that they are taken one by one."""


def record_keys(payloads: Sequence[bytes], lexicon: Lexicon, con: duckdb.DuckDBPyConnection) -> list[str | None]:
    """Return the key of each payload; None where it breaks the contract.

    It is the canonical customer, the flow of backstage work that names nobody, or the source of what concerns the house.

    Args:
        payloads: Plain touchpoints or structured CloudEvents.
        lexicon: Of the journey map: it says who is a placeholder and which identifier counts first.
        con: An in-memory engine.
    """
    decoded = decode(payloads)
    table = extract(con, decoded)
    found: list[str | None] = [None] * len(payloads)
    if not len(table):
        return found
    sense = lexicon.encode_senses(table)  # first: it is what fills the table of senses
    who = identify(table, lexicon.sense_table()["roles"][sense], lexicon.journey_map)
    customers = who.customer.to_pylist()
    flows = _flows(table, np.flatnonzero((who.kind == OPERATION) | (who.kind == HOUSE)), who.kind == HOUSE)
    for row, (place, nobody) in enumerate(zip(np.asarray(table["place"].to_numpy()).tolist(), who.nobody.tolist(), strict=True)):
        found[place] = None if nobody else flows.get(row) or customers[row]
    return found


def _flows(table: pa.Table, rows: NDArray[np.int64], house: NDArray[np.bool_]) -> dict[int, str]:
    named = table.select(["source", "correlation_id", "causation_id"]).take(rows).to_pylist()
    return {
        row: one["source"] if house[row] else one["correlation_id"] or one["causation_id"] or one["source"]
        for row, one in zip(rows.tolist(), named, strict=True)
    }


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of a key, as Java's default partitioner does.

    >>> [partition_of(key, 100) for key in (b"", b"a", b"ab", b"abc", b"abcd", b"c-000017")]
    [81, 24, 34, 7, 0, 42]
    """
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def astray(keys: Sequence[bytes | None], partition: int, partitions: int) -> NDArray[np.bool_]:
    """Return which keys lie in another partition than Java's partitioner would choose; a record without a key may lie anywhere.

    >>> astray([b"a", b"ab", None, b"c-000017", b"a" * 100], 42, 100).tolist()
    [True, True, False, False, True]
    """
    held = pa.array(keys, pa.binary())
    chosen = (murmur2s(held) & np.uint32(0x7FFFFFFF)) % np.uint32(partitions)
    return np.asarray((chosen != partition) & held.is_valid().to_numpy(zero_copy_only=False), bool)


def murmur2s(keys: pa.BinaryArray) -> NDArray[np.uint32]:
    """Return ``murmur2`` of each key, of all at once; of none it is that of no bytes.

    >>> murmur2s(pa.array([b"21", b"foobar", b"a-little-bit-long-string", None, b"", b"x" * 99], pa.binary())).tolist()[:3]
    [3321034988, 3504634814, 3308985760]
    """
    held: list[Any] = keys.buffers()
    ends = np.frombuffer(held[1], np.int32)[keys.offset :][: len(keys) + 1].astype(np.int64)
    data = np.frombuffer(held[2], np.uint8) if held[2] is not None else np.empty(0, np.uint8)
    bytes_ = np.append(data, np.zeros(4, np.uint8)).astype(np.uint32)
    begins, sizes = ends[:-1], np.diff(ends)
    mixed: NDArray[np.uint32] = np.bitwise_xor(sizes.astype(np.uint32), np.uint32(_SEED)).astype(np.uint32, copy=False)
    for step in range(int(min(sizes.max(initial=0), _LONG)) // 4):
        rows = np.flatnonzero(sizes >= 4 * (step + 1))
        at = begins[rows] + 4 * step
        word = (bytes_[at] | bytes_[at + 1] << 8 | bytes_[at + 2] << 16 | bytes_[at + 3] << 24) * np.uint32(_MIX)
        mixed[rows] = mixed[rows] * np.uint32(_MIX) ^ (word ^ word >> _SHIFT) * np.uint32(_MIX)
    for odd in (3, 2, 1):
        rows = np.flatnonzero((sizes & 3) >= odd)
        mixed[rows] ^= bytes_[begins[rows] + (sizes[rows] & ~3) + odd - 1] << 8 * (odd - 1)
    rows = np.flatnonzero(sizes & 3)
    mixed[rows] *= np.uint32(_MIX)
    mixed ^= mixed >> 13
    mixed *= np.uint32(_MIX)
    mixed ^= mixed >> 15
    for row in np.flatnonzero(sizes > _LONG).tolist():
        mixed[row] = murmur2(keys[row].as_py())
    return mixed


def murmur2(data: bytes) -> int:
    """Return Kafka's murmur2 as 32 bits without a sign.

    Source: ``org.apache.kafka.common.utils.Utils.murmur2``; the examples are of its own test (UtilsTest.testMurmur2).

    >>> murmur2(b"21"), murmur2(b"foobar"), murmur2(b"a-little-bit-long-string")
    (3321034988, 3504634814, 3308985760)
    """
    mixed = (_SEED ^ len(data)) & _MASK
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        word = int.from_bytes(data[at : at + 4], "little") * _MIX & _MASK
        mixed = (mixed * _MIX & _MASK) ^ ((word ^ word >> _SHIFT) * _MIX & _MASK)
    if rest := data[whole:]:
        mixed = (mixed ^ int.from_bytes(rest, "little")) * _MIX & _MASK
    mixed = (mixed ^ mixed >> 13) * _MIX & _MASK
    return mixed ^ mixed >> 15
