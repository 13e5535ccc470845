"""The file of the live mart: opened where it is ours and sound, thrown away and started anew where it isn't."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from jobs.mart.engine import open_live
from jobs.mart.rows import replace
from jobs.mart.snapshot import part
from pipelines.estimate.histogram import table as buckets
from pipelines.judge.given import given
from pipelines.resources import read_text
from schemas import mart
from schemas.errors import MartError
from schemas.journey_map import JourneyMap


def opened(path: Path, journey_map: JourneyMap, *, threads: int, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """Return a connection to a live mart of this version of the layout and for this map; what else stood there is gone.

    Raises:
        MartError: another process holds the file.
    """
    con = _taken(path, journey_map, threads, memory_limit) if path.exists() else None
    if con is not None:
        return con
    for old in path.parent.glob(path.name + "*"):  # its log too
        old.unlink()
    con = open_live(path, threads=threads, memory_limit=memory_limit)
    _start(con, journey_map)
    return con


def _taken(path: Path, journey_map: JourneyMap, threads: int, memory_limit: str) -> duckdb.DuckDBPyConnection | None:
    """Open what stands there, if it is ours and sound."""
    if not part(path, path.parent.parent / "serving"):
        return None
    try:
        con = open_live(path, threads=threads, memory_limit=memory_limit)
    except duckdb.Error as error:
        if "lock" in str(error).lower():
            raise MartError(f"the mart {path} is held by another process: {error}") from error
        return None
    try:
        made = con.execute("select version, map_digest from internal.made_by, internal.hashed_by where value = hash('sojourn')").fetchall()
        if made == [(mart.VERSION, journey_map.digest)]:
            return con
    except duckdb.Error:
        pass  # it isn't ours, or not whole: the same as none
    con.close()
    return None


def _start(con: duckdb.DuckDBPyConnection, journey_map: JourneyMap) -> None:
    """Make the tables of a new mart, in one transaction: a half-made one is never taken for ours."""
    con.execute("begin")
    con.execute(read_text("pipelines/fold/create.sql"))
    con.execute(read_text("pipelines/overall/create.sql"))
    con.execute("insert into internal.publication (snapshot) values (0)")
    con.execute("insert into internal.made_by values ($version, $digest)", {"version": mart.VERSION, "digest": journey_map.digest})
    owners = {stage: owner.team if owner.person is None else f"{owner.team}, {owner.person}" for stage, owner in sorted(journey_map.owners.items())}
    replace(con, "owners", pa.table({"stage": pa.array(owners.keys(), pa.string()), "owner": pa.array(owners.values(), pa.string())}))
    replace(con, "buckets", buckets())
    replace(con, "pairs", given(journey_map)["pairs"])
    con.execute("commit")
