"""How a relation of the mart is described: a table, its grain, its class, and a line for each column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Class = Literal["pure", "history", "said", "clock"]
"""Pure: equal, row by row, however the same events came. History: follows the order of offsets. Clock: never compared (design §1)."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the contract."""

    name: str
    type: str  # as DuckDB writes it
    doc: str
    history: bool = False  # of a pure table: what this column says depends on how the events came


@dataclass(frozen=True, slots=True)
class Table:
    """One view or table of the schema ``mart``."""

    name: str
    grain: str  # what one row is
    kind: Class
    doc: str
    columns: tuple[Column, ...]

    @property
    def pure_columns(self) -> tuple[str, ...]:
        """The columns that are equal however the same events came."""
        return tuple(column.name for column in self.columns if not column.history)


def table(name: str, grain: str, kind: Class, doc: str, *columns: Column) -> Table:
    """Describe a table."""
    return Table(name, grain, kind, doc, columns)
