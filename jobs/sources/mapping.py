"""A mapping of foreign rows to touchpoints: one ``.sql`` file, a SELECT from ``source``, and what its leading comments say about the file.

``source`` has every column of the file as text (empty = null) and ``row_number``, from 1; an XES log has one column an attribute, those of the
trace as ``case:…``. The SELECT names the fields of a touchpoint: nested ones as STRUCT, `attributes` as MAP or STRUCT of text, times as TIMESTAMPTZ
or RFC 3339 text; one row an event, UNION ALL BY NAME for several. Comment lines before the SELECT may say::

    -- csv: delim=|, header=false, columns=a,b,c      how the file is written; several lines: the first that its first row fits
    -- optional: a, "b c"                             columns that a file may lack: there they are null

A mapping ships for each set of events that the project was checked with. There is none for time series of a metric (the Numenta benchmark): a mean
every five minutes is no touchpoint, nobody touched anything; nor for tables with one row a customer and no times (the churn sets).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from jobs.sources.decompress import unpacked_name
from jobs.sources.delimited import BLANKS, Form
from jobs.sources.select_check import Select, check_select
from pipelines.resources import read_text
from schemas.errors import SettingError

_SHIPPED = "jobs/sources/mappings/"
_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", BLANKS: BLANKS}
_OPTION = re.compile(r"(\w+)=(.*?)(?=,\s*\w+=|$)")
_OPTIONS = ("delim", "header", "columns", "encoding", "quote")
XES_ENDINGS = (".xes", ".xml")


@dataclass(frozen=True)
class Mapping:
    """A mapping that was checked and can run."""

    name: str  # is the source of its events, where it gives none
    text: str  # the file as it stands
    select: Select
    forms: tuple[Form, ...] = (Form(),)
    optional: tuple[str, ...] = ()


def shipped() -> list[str]:
    """Return the names of the mappings that ship, sorted."""
    package, _, folder = _SHIPPED.partition("/")
    return sorted(entry.name.removesuffix(".sql") for entry in files(package).joinpath(folder).iterdir() if entry.name.endswith(".sql"))


def load_mapping(name_or_path: str) -> Mapping:
    """Load a mapping that ships, by its name, or one of yours, by the path of its ``.sql`` file.

    Raises:
        SettingError: there is none, or it is not what a mapping may be.
    """
    if name_or_path in shipped():
        return parse_mapping(name_or_path, read_text(f"{_SHIPPED}{name_or_path}.sql"))
    path = Path(name_or_path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise SettingError(f"no mapping {name_or_path!r} ({error}); give the path of a .sql file, or one of: {', '.join(shipped())}") from error
    return parse_mapping(path.stem, text)


def mapping_for(path: Path) -> Mapping:
    """Return the mapping of a file for which none was given: for an XES log, customer = case and type = ``concept:name``.

    Raises:
        SettingError: the file needs a mapping.
    """
    name = Path(unpacked_name(path))
    if name.suffix.lower() in XES_ENDINGS:
        return replace(parse_mapping("xes", read_text("jobs/sources/xes.sql")), name=name.stem)
    raise SettingError(
        f"{path.name!r} is a table, and nothing says what its columns mean: give --mapping, the path of a .sql file with a SELECT from source, "
        f"or one that ships: {', '.join(shipped())}"
    )


def parse_mapping(name: str, text: str) -> Mapping:
    """Check a mapping's text.

    Raises:
        SettingError: the SELECT is refused, or a comment line is malformed; the message begins with the mapping's name.
    """
    try:
        forms = tuple(_form(value) for value in _header(text, "csv"))
        optional = tuple(column for value in _header(text, "optional") for column in _names(value))
        return Mapping(name, text, check_select(text), forms or (Form(),), optional)
    except SettingError as error:
        raise SettingError(f"mapping {name!r}: {error}") from error


def _header(text: str, key: str) -> Iterator[str]:
    """Yield what the leading comment lines say under a key."""
    for line in text.splitlines():
        if line.strip() and not line.startswith("--"):
            return
        name, colon, value = line.removeprefix("--").partition(":")
        if colon and name.strip() == key:
            yield value.strip()


def _names(listed: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([listed], skipinitialspace=True), []) if name.strip()]


def _form(listed: str) -> Form:
    given = {key: value.strip() for key, value in _OPTION.findall(listed)}
    if not given or (unknown := set(given) - set(_OPTIONS)):
        wrong = ", ".join(sorted(unknown)) if given else repr(listed)
        raise SettingError(f"csv: cannot read {wrong}; allowed: {', '.join(f'{option}=' for option in _OPTIONS)}")
    delim = given.get("delim")
    delim = _DELIMITERS.get(delim, delim) if delim is not None else None
    if delim is not None and delim != BLANKS and len(delim) != 1:
        raise SettingError(f"csv: delim={delim!r}; allowed: one character, or {', '.join(_DELIMITERS)}")
    if given.get("header", "true") not in ("true", "false"):
        raise SettingError(f"csv: header={given['header']!r}; allowed: true, false")
    quote = given.get("quote", '"')
    return Form(
        delim, given.get("header") != "false", tuple(_names(given.get("columns", ""))), given.get("encoding"), None if quote == "none" else quote
    )
