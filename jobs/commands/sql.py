"""``sojourn sql``: a question to the mart."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import duckdb

from jobs.commands.options import folder_argument, json_option
from jobs.mart.open import open_mart
from jobs.show.table import table
from jobs.show.values import rows_of, write_csv, write_json, write_lines
from pipelines.resources import read_text


@click.command("sql", short_help="Ask DIR's mart in SQL.")
@folder_argument
@click.argument("query", metavar="QUERY")
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with a header.")
@click.option("--table", "as_table", is_flag=True, help="Print a table for reading, cut to the terminal's width.")
@click.option("--lines", "as_lines", is_flag=True, help="Print the first column as it is, a value a line.")
@click.pass_context
def command(ctx: click.Context, folder: Path, query: str, as_json: bool, as_csv: bool, as_table: bool, as_lines: bool) -> None:
    """Ask the newest snapshot of DIR's mart in DuckDB's SQL; - reads QUERY from standard input.

    Prints a table on a terminal, and JSON (one array of objects) into a file or a pipe, unless told otherwise. Times are UTC. The tables are in
    the schema mart, which need not be named: list them with "show tables", and a table's columns with "describe journeys".
    """
    if as_json + as_csv + as_table + as_lines > 1:
        raise click.UsageError("give one of --json, --csv, --table and --lines")
    text = sys.stdin.read() if query == "-" else query
    with open_mart(folder) as con:
        try:
            statements = len(con.extract_statements(text))
            if statements != 1:
                raise click.UsageError(f"give one query, not {statements or 'none'}; try: sojourn sql {folder} 'show tables'")
            relation = con.sql(text)
            if as_lines and relation is not None:
                write_lines(relation.to_arrow_reader(), sys.stdout.buffer)
                return
            names = relation.columns if relation is not None else []
            rows = rows_of(relation.to_arrow_reader()) if relation is not None else iter(())
            if as_csv:
                write_csv(names, rows, sys.stdout)
            elif as_json or not (as_table or sys.stdout.isatty()):
                write_json(rows, sys.stdout)
            else:
                click.echo(table(names, [list(row.values()) for row in rows]) if names else "")
        except duckdb.Error as error:
            click.echo(f"sojourn: {error}{_tables(con, error)}", err=True)
            ctx.exit(1)


def _tables(con: duckdb.DuckDBPyConnection, error: duckdb.Error) -> str:
    """Name the tables where the query named one that is not there."""
    if not isinstance(error, duckdb.CatalogException):
        return ""
    names = [name for (name,) in con.execute(read_text("jobs/show/tables.sql")).fetchall()]
    return f"\n\nThe mart has: {', '.join(names)}"
