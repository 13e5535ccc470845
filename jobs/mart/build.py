"""Makes the relations of the schema ``mart`` in the live file, each with its comments.

While a stream runs they are views over the steps: a publication then costs next to nothing, and every answer agrees with every other by construction.
Once a run has drained, those that cost an analyst time are computed and kept as tables, by the same SELECT.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from pipelines.marts.markers import select
from schemas.mart import TABLES

HELPERS = (
    "internal.journey_states",
    "internal.visits",
    "internal.stage_wait_counts",
    "internal.whose",
    "internal.customer_days",
    "internal.customer_stats",
    "internal.pieces_of_work",
    "internal.opened_waits",
    "internal.visible_waits",
)
"""What the marts share; in the order in which they are made."""

_PASSING = ("internal.whose", "internal.customer_days")
KEPT = (*_PASSING, "internal.stage_wait_counts", "internal.customer_stats", "mart.transitions", "mart.variants", "mart.stage_waits")
"""What is kept as a table once a run has drained; of it what passes only until all is made, as nobody asks for it."""

FROM_SEGMENTS = {
    "internal.touchpoint_facts": "touchpoints",
    "internal.operation_facts": "operations",
    "mart.dead_letters": "dead_letters",
}
"""What is read from the files of a table of the journal: their list stands in the view, so it is made anew at each publication."""

_FIRST = ("stage_wait_histogram",)  # what other marts read
MARTS = tuple(f"mart.{name}" for name in (*_FIRST, *(name for name in TABLES if name not in (*_FIRST, "dead_letters"))))
"""All other marts, in the order in which they are made."""


def refresh_views(con: duckdb.DuckDBPyConnection, segments: Mapping[str, Sequence[str]]) -> None:
    """Make the views that name the journal's files.

    Args:
        con: The live mart.
        segments: Absolute paths by table of the journal, at least one each.
    """
    for name, table in FROM_SEGMENTS.items():
        # DuckDB takes the first file for typical; were it the empty one, it would plan for no rows at all.
        files = sorted(segments[table], key=lambda path: path.endswith(".empty.parquet"))
        schema, _, relation = name.partition(".")
        con.execute(" ".join(["create or replace view", name, "as", select(relation, files)]))
        if schema == "mart":
            _comment(con, relation, "view")


def lay(con: duckdb.DuckDBPyConnection, names: Sequence[str], *, keep: bool) -> None:
    """Make other relations, in this order: views, or with ``keep`` those of `KEPT` as tables."""
    wanted = {name: "table" if keep and name in KEPT else "view" for name in names}
    standing = _standing(con)
    for name, form in wanted.items():
        if standing.get(name) == form == "view":
            continue
        if name in standing:
            con.execute(" ".join(["drop", standing[name], name]))
        schema, _, relation = name.partition(".")
        con.execute(" ".join(["create", form, name, "as", select(relation)]))
        if schema == "mart":
            _comment(con, relation, form)


def let_pass(con: duckdb.DuckDBPyConnection) -> None:
    """Make views again of what was kept only to make the others."""
    lay(con, _PASSING, keep=False)


def _standing(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return what there is, each with its form: table or view."""
    found = con.execute(
        "select schema_name || '.' || table_name, 'table' from duckdb_tables() where database_name = 'live' union all "
        "select schema_name || '.' || view_name, 'view' from duckdb_views() where database_name = 'live'"
    ).fetchall()
    return dict(found)


def _comment(con: duckdb.DuckDBPyConnection, name: str, form: str) -> None:
    """Write the documentation into the catalogue."""
    table = TABLES[name]
    whole = f"{table.doc} One row: {table.grain}. Class: {table.kind}."
    lines = [f"comment on {form} mart.{name} is {_text(whole)}"]
    lines += [f'comment on column mart.{name}."{column.name}" is {_text(column.doc)}' for column in table.columns]
    con.execute(";".join(lines))


def _text(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"
