"""The lexicon: what the strings of one partition mean, each as a small integer, and what the journey map makes of them.

A *sense* is a (type, channel, given stage, back lane) with the stage, roles, thing and gap that the map gives it. *Facts* are the reserved attributes
that one event carries.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.columns import Column
from pipelines.digest import digest
from pipelines.distinct import distinct, packed, unpacked
from pipelines.symbols import Symbols, distinct_strings
from schemas.journey_map import JourneyMap
from schemas.roles import bit

FACTS = ("segment", "client_type", "context")
"""The reserved attributes on which a zone of tolerance may depend."""

_SENSE = np.dtype([("type", "i4"), ("channel", "i4"), ("stage", "i4"), ("thing", "i4"), ("roles", "u8"), ("gap", "i8"), ("mix", "u8")])
_BACKSTAGE = np.uint64(bit("backstage"))


@dataclass
class Lexicon:
    """The symbol tables of one partition, and the senses and facts built on them. Grows; never forgets."""

    journey_map: JourneyMap
    types: Symbols = field(default_factory=Symbols)
    channels: Symbols = field(default_factory=Symbols)
    stages: Symbols = field(default_factory=Symbols)
    things: Symbols = field(default_factory=Symbols)
    sites: Symbols = field(default_factory=Symbols)
    actors: Symbols = field(default_factory=Symbols)
    teams: Symbols = field(default_factory=Symbols)
    sources: Symbols = field(default_factory=Symbols)
    monies: Symbols = field(default_factory=Symbols)
    attributes: Symbols = field(default_factory=Symbols)
    words: Symbols = field(default_factory=Symbols)  # kinds of promises, metrics of ratings
    rules: Symbols = field(default_factory=Symbols)
    senses: list[tuple[int, int, int, bool]] = field(default_factory=list)
    facts: list[tuple[int, int, int]] = field(default_factory=lambda: [(0, 0, 0)])
    levels: dict[tuple[int, ...], tuple[int, int, int]] = field(default_factory=dict)  # those that ``kernel`` found for a stage, codes and an era
    _sense_codes: dict[tuple[int, int, int, bool], int] = field(default_factory=dict)
    _fact_codes: dict[tuple[int, int, int], int] = field(default_factory=dict)
    _sense_rows: list[tuple[int, int, int, int, int, int, int]] = field(default_factory=list)
    _sense_table: NDArray[np.void] = field(default_factory=lambda: np.empty(0, _SENSE))

    def __post_init__(self) -> None:
        """Index what was handed in (a lexicon that was kept from an earlier run)."""
        kept, self.senses = self.senses, []
        for sense in kept:
            self._sense(sense)
        self._fact_codes = {fact: code for code, fact in enumerate(self.facts)}

    def encode_senses(self, table: pa.Table) -> NDArray[np.int32]:
        """Return the sense of each row of extracted touchpoints."""
        types, channels, stages = self.types.encode(table["type"]), self.channels.encode(table["channel"]), self.stages.encode(table["given_stage"])
        bounds = [len(self.types), len(self.channels), len(self.stages), 2]
        known, places = distinct(*packed([types, channels, stages, _back(table["lane"])], bounds))
        codes = []
        for number in known.tolist():
            type_, channel, stage, back = unpacked(number, bounds)
            codes.append(self._sense((type_, channel, stage, bool(back))))
        return np.array(codes, np.int32)[places]

    def encode_facts(self, table: pa.Table) -> NDArray[np.int32]:
        """Return the code of the reserved attributes of each row, 0 where it has none."""
        if all(table[name].null_count == len(table) for name in FACTS):
            return np.zeros(len(table), np.int32)
        columns = [self.attributes.encode(table[name]) for name in FACTS]
        bounds = [int(column.max()) + 1 for column in columns]
        known, places = distinct(*packed(columns, bounds))
        codes = [
            self.fact((segment, client_type, context)) for segment, client_type, context in (unpacked(number, bounds) for number in known.tolist())
        ]
        return np.array(codes, np.int32)[places]

    def sense_table(self) -> NDArray[np.void]:
        """Return one record a sense: codes of type, channel, stage and thing, role bits, gap (µs), and what stands for the type in variants."""
        if len(self._sense_table) < len(self._sense_rows):
            self._sense_table = np.array(self._sense_rows, _SENSE)
        return self._sense_table

    def fact_table(self) -> NDArray[np.int32]:
        """Return the attribute codes of each facts code, shape (n, 3)."""
        return np.array(self.facts, np.int32).reshape(-1, len(FACTS))

    def _sense(self, sense: tuple[int, int, int, bool]) -> int:
        found = self._sense_codes.get(sense)
        if found is None:
            found = self._sense_codes[sense] = len(self.senses)
            self.senses.append(sense)
            self._sense_rows.append(self._meaning(*sense))
        return found

    def _meaning(self, type_: int, channel: int, given: int, back: bool) -> tuple[int, int, int, int, int, int, int]:
        name, where = self.types.values[type_] or "", self.channels.values[channel]
        meaning = self.journey_map.meaning(name, where)
        stage = given or self.stages.code(meaning.stage)
        roles = meaning.roles | (int(_BACKSTAGE) if back else 0)
        return type_, channel, stage, self.things.code(meaning.thing), roles, self.journey_map.gap_us(where), mix(name)

    def fact(self, fact: tuple[int, int, int]) -> int:
        """Return the code of these attribute codes."""
        found = self._fact_codes.get(fact)
        if found is None:
            found = self._fact_codes[fact] = len(self.facts)
            self.facts.append(fact)
        return found


def _back(lanes: Column) -> NDArray[np.int32]:
    """Return 1 for each row of the back lane, else 0."""
    if lanes.null_count == len(lanes):
        return np.zeros(len(lanes), np.int32)
    places, words = distinct_strings(lanes)
    return np.array([*(word == "back" for word in words), False], np.int32)[places]


def mix(text: str) -> int:
    """Return 64 bits that stand for a string wherever it is seen: the first of its md5, made odd so that no string is nothing."""
    return digest(text) | 1
