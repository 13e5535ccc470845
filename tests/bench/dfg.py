"""The performance DFG of the same journeys, by `mart.transitions` and, where that is installed, by pm4py: `python -m tests.bench.dfg`.

pm4py is licensed under the AGPL: it is never a dependency, only a yardstick of one's own machine.
"""

from __future__ import annotations

import argparse
import importlib.util
import tempfile
import time
from pathlib import Path

import duckdb

from jobs.mart.open import open_mart
from jobs.run import RunSettings, run
from jobs.simulate import simulate
from jobs.sources.jsonl import JsonLines
from pipelines.resources import read_text
from schemas.journey_map import default_map

LOG = """
select journey_id as "case:concept:name", type as "concept:name", occurred_at as "time:timestamp"
from mart.steps order by journey_id, position
"""


def main() -> None:
    """Time both and compare their counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sojourn-bench-") as name:
        simulate(options.events, 1, Path(name))
        run([JsonLines(Path(name) / "events.jsonl")], RunSettings(to=Path(name) / "out", journey_map=default_map()))
        with open_mart(Path(name) / "out") as mart:
            ours = by_sql(mart)
            if importlib.util.find_spec("pm4py") is None:
                print("pm4py is not installed here: nothing to compare with")
                return
            theirs = by_pm4py(mart)
    print("the same edges with the same counts" if ours == theirs else f"they differ in {len(set(ours.items()) ^ set(theirs.items()))} edges")


def by_sql(mart: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], int]:
    """Compute `transitions` from the steps of a snapshot."""
    mart.execute("set threads = 1")
    begun = time.process_time()
    edges = mart.sql(read_text("pipelines/marts/transitions.sql")).fetchall()
    print(f"transitions in SQL:      {time.process_time() - begun:6.2f} s of CPU, {len(edges)} edges")
    return {(edge[0], edge[1]): edge[2] for edge in edges}


def by_pm4py(mart: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], int]:
    """Discover the performance DFG of the same steps with pm4py."""
    import pm4py  # type: ignore[import-not-found]

    log = mart.sql(LOG).df()
    begun = time.process_time()
    performance, _, _ = pm4py.discover_performance_dfg(log)
    print(f"performance DFG, pm4py:  {time.process_time() - begun:6.2f} s of CPU, {len(performance)} edges")
    frequency, _, _ = pm4py.discover_dfg(log)
    return {edge: int(count) for edge, count in frequency.items()}


if __name__ == "__main__":
    main()
