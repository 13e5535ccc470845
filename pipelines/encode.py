"""Encode: extracted touchpoints to the state's rows of fixed width, strings to the lexicon's codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines import facts
from pipelines.columns import Column, numbers, whole
from pipelines.digest import digests_of
from pipelines.identify import Identified
from pipelines.lexicon import Lexicon
from pipelines.named_chains import chains_of
from pipelines.state import ABSENT, ACTOR_KIND_SHIFT, ANONYMOUS, LATE, LIFECYCLE_SHIFT, ROW, State
from pipelines.symbols import distinct_strings

_LIFECYCLE = {"queued": 1, "started": 2, "completed": 3}
_ACTOR = {"human": 1, "machine": 2, "customer": 3}
_NUMBERS = {"sequence": ("sequence", 0), "wait": ("wait_ms", ABSENT), "service": ("service_ms", ABSENT), "money": ("money_minor", 0)}


def encode(
    table: pa.Table,
    sense: NDArray[np.int32],
    who: Identified,
    late: NDArray[np.bool_],
    key: NDArray[np.uint64],
    lexicon: Lexicon,
    state: State,
) -> NDArray[np.void]:
    """Return events as records of ``ROW``, in their order; chains are made where they were not known, links are set when rows are appended."""
    rows = np.zeros(len(table), ROW)
    rows["time"], rows["key"], rows["content"] = numbers(table["time_us"]), key, numbers(table["content"])
    for column, (name, absent) in _NUMBERS.items():
        rows[column] = numbers(table[name], absent)
    rows["correlation"] = _correlations(table["correlation_id"])
    rows["chain"] = chains_of(table, who, state)
    rows["sense"], rows["facts"] = sense, lexicon.encode_facts(table)
    rows["site"], rows["source"] = lexicon.sites.encode(table["site"]), lexicon.sources.encode(table["source"])
    rows["actor"], rows["team"] = lexicon.actors.encode(table["actor_id"]), lexicon.teams.encode(table["team"])
    rows["money_kind"] = lexicon.monies.encode(facts.money_kinds(table))
    life, actor = _coded(table["lifecycle"], _LIFECYCLE), _coded(table["actor_kind"], _ACTOR)
    rows["flags"] = who.kind | life << LIFECYCLE_SHIFT | actor << ACTOR_KIND_SHIFT | late * LATE | who.anonymous * ANONYMOUS
    return rows


def _correlations(column: Column) -> NDArray[np.uint64]:
    """Return 64 bits that stand for each correlation, 0 where there is none."""
    if column.null_count == len(column):
        return np.zeros(len(column), np.uint64)
    encoded: Any = whole(column).dictionary_encode()
    found: NDArray[np.uint64] = np.append(digests_of(encoded.dictionary), np.uint64(0))[numbers(encoded.indices, -1)]
    return found


def _coded(column: Column, codes: Mapping[str, int]) -> NDArray[np.uint32]:
    if column.null_count == len(column):
        return np.zeros(len(column), np.uint32)
    places, distinct = distinct_strings(column)
    return np.array([*(codes[name] for name in distinct), 0], np.uint32)[places]
