"""The contracts as JSON Schema (2020-12), generated from the classes, for those who don't write Python."""

from __future__ import annotations

import msgspec

from schemas.alert import Alert
from schemas.map_file import MapFile
from schemas.touchpoint import Touchpoint

CONTRACTS: dict[str, type[msgspec.Struct]] = {"touchpoint.1": Touchpoint, "journey_map.1": MapFile, "alert.1": Alert}
"""Name and version of each contract. A version never changes in a way that refuses what it took before."""


def documents() -> dict[str, str]:
    """Return file name → text of every generated schema; the same text at every run."""
    return {f"{name}.schema.json": _document(name, contract) for name, contract in CONTRACTS.items()}


def _document(name: str, contract: type[msgspec.Struct]) -> str:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:sojourn:{name.replace('.', ':')}",
        **msgspec.json.schema(contract),
    }
    _own_durations(schema)
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


def _own_durations(part: object) -> None:
    """Take away the format of ISO 8601: a map's durations look like 1h30min, and their pattern says so."""
    if isinstance(part, dict):
        if part.get("format") == "duration":
            del part["format"]
        for value in part.values():
            _own_durations(value)
    elif isinstance(part, list):
        for value in part:
            _own_durations(value)
