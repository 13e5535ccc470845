"""Read every relation of a snapshot with whatever DuckDB is installed: `python read_snapshot.py serving/current.duckdb`.

Needs nothing of ours (see `make compat`).
"""

import sys
from pathlib import Path

import duckdb


def main() -> int:
    """Read all that there is; the exit code is 1 where there is nothing."""
    with duckdb.connect(str(Path(sys.argv[1]).resolve()), read_only=True) as mart:
        relations = mart.sql("select table_name from information_schema.tables where table_schema = 'mart' order by 1").fetchall()
        for (name,) in relations:
            rows = mart.sql(f'select * from mart."{name}"').fetchall()
            print(f"duckdb {duckdb.__version__}: mart.{name}: {len(rows):,} rows")
    return 0 if relations else 1


if __name__ == "__main__":
    raise SystemExit(main())
