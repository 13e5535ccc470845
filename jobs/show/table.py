"""A table as text: columns as wide as they need to be, and together no wider than the terminal."""

from __future__ import annotations

import shutil
import textwrap
import unicodedata
from collections.abc import Collection, Sequence

from jobs.show.values import plain

LEAST = 10
"""No column of words is cut below so many cells; numbers are never cut."""


def table(names: Sequence[str], rows: Sequence[Sequence[object]], width: int | None = None, *, indent: str = "", right: Collection[int] = ()) -> str:
    """Lay out rows under their names, or as paragraphs where so many columns don't fit. Words that don't fit are cut, and show it by ``…``.

    Args:
        names: One a column.
        rows: Values; None is empty. Columns of numbers stand to the right.
        width: Cells of a line; None: those of the terminal.
        indent: Stands before each line.
        right: Other columns that stand to the right and are never cut.

    >>> print(table(["stage", "n"], [["queue", 12], ["hold", 3]]))
    stage   n
    ─────  ──
    queue  12
    hold    3
    """
    width = (width or shutil.get_terminal_size((100, 24)).columns) - len(indent)
    texts = [[plain(value) for value in row] for row in rows]
    whole = {c for c in range(len(names)) if c in right or (rows and all(isinstance(row[c], int | float | None) for row in rows))}
    wanted = [max([_cells(names[c]), *(_cells(row[c]) for row in texts)]) for c in range(len(names))]
    widths = _fitted(wanted, whole, width - 2 * (len(names) - 1))
    if widths is None:
        return "\n\n".join(_paragraph(names, row, width, indent) for row in texts)
    lines = [_line(names, widths, whole), "  ".join("─" * cells for cells in widths), *(_line(row, widths, whole) for row in texts)]
    return "\n".join(indent + line.rstrip() for line in lines)


def _fitted(wanted: list[int], whole: set[int], room: int) -> list[int] | None:
    """Narrow the widest columns of words until all fit; None where they can't."""
    widths = list(wanted)
    while sum(widths) > room:
        widest = max((c for c in range(len(widths)) if c not in whole), key=lambda c: widths[c], default=None)
        if widest is None or widths[widest] <= LEAST:
            return None
        others = max((widths[c] for c in range(len(widths)) if c not in whole and c != widest), default=LEAST)
        widths[widest] = max(LEAST, min(widths[widest] - 1, max(others, widths[widest] - (sum(widths) - room))))
    return widths


def _paragraph(names: Sequence[str], texts: Sequence[str], width: int, indent: str) -> str:
    left = max(_cells(name) for name in names)
    lines = []
    for name, text in zip(names, texts, strict=True):
        first, *more = textwrap.wrap(text, max(LEAST, width - left - 2)) or [""]
        lines += [f"{_cell(name, left, False)}  {first}", *(" " * (left + 2) + line for line in more)]
    return "\n".join((indent + line).rstrip() for line in lines)


def _line(texts: Sequence[str], widths: Sequence[int], whole: set[int]) -> str:
    return "  ".join(_cell(text, cells, place in whole) for place, (text, cells) in enumerate(zip(texts, widths, strict=True)))


def _cell(text: str, cells: int, right: bool) -> str:
    text = " ".join(text.splitlines())
    if _cells(text) > cells:
        while _cells(text) > cells - 1:
            text = text[:-1]
        text += "…"
    pad = " " * (cells - _cells(text))
    return pad + text if right else text + pad


def _cells(text: str) -> int:
    """Count the cells that a text takes: Chinese signs take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
