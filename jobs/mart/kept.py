"""What the snapshots of a DIR need of its journal: the files that their views name, and, for the mart, the commits behind the newest one."""

from __future__ import annotations

import re
import time
from pathlib import Path

import duckdb

from jobs.mart.engine import open_snapshot
from jobs.mart.snapshot import finished
from pipelines.resources import read_text

PATIENCE_S = 7 * 86_400
"""A mart that has published nothing for so long (seconds) is not waited for: when it comes back, it is built anew."""
_FILE = re.compile(r"([a-z_]+/[^/']+\.parquet)'")


def named_files(dir: Path) -> frozenset[str]:  # noqa: A002 - the design's word
    """Return the files of the journal that snapshots in DIR read, as table/name."""
    return frozenset(name for path in finished(dir / "serving") for name in _named(path))


def folded_commits(dir: Path) -> dict[int, int]:  # noqa: A002
    """Return the last commit of each partition in the newest snapshot: the live mart has come at least as far. Empty where none is waited for."""
    newest = finished(dir / "serving")[-1:]
    if not newest or time.time() - newest[0].stat().st_mtime > PATIENCE_S:
        return {}
    try:
        with open_snapshot(newest[0]) as con:
            return dict(con.sql(read_text("jobs/check/mart_position.sql")).fetchall())
    except duckdb.Error:  # whoever damaged it: the mart reads on from its own file, or begins anew
        return {}


def _named(path: Path) -> set[str]:
    try:
        with open_snapshot(path) as con:
            texts = con.execute("select sql from duckdb_views() where not internal").fetchall()
    except (duckdb.Error, OSError):  # gone meanwhile, or damaged: nobody reads it
        return set()
    return {name for (text,) in texts for name in _FILE.findall(text)}
