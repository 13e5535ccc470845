"""Estimates of the mart: bottlenecks, churn, and what a check of all ids finds. They are functions of the final set, fitted when a run drains.

While a stream runs, the last fit is used again, and made anew only so often that fitting takes a hundredth of the time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from jobs.mart.rows import replace
from pipelines.estimate.bottlenecks import BASES, Sums, rank
from pipelines.estimate.churn import score
from pipelines.estimate.horizon import default_horizon
from pipelines.estimate.reasons import numbers
from pipelines.marts.markers import select

_DAY_US = 86_400_000_000
_SHARE = 100  # of the time, one part
_LEAST_S = 60.0


@dataclass
class Pace:
    """When estimates are due. Times in seconds."""

    fitted_s: float | None = None
    cost_s: float = 0.0

    def due(self, now_s: float) -> bool:
        """Whether the last fit is so old that another may be afforded, or missing."""
        return self.fitted_s is None or now_s - self.fitted_s >= max(_LEAST_S, _SHARE * self.cost_s)

    def fit(self, con: duckdb.DuckDBPyConnection, as_of_us: int, horizon_days: int | None, now_s: float) -> None:
        """Make all estimates anew, and note what that cost."""
        begun = time.perf_counter()
        fit_bottlenecks(con)
        fit_churn(con, as_of_us, horizon_days)
        find_reused_ids(con)
        self.fitted_s, self.cost_s = now_s, time.perf_counter() - begun


def fit_bottlenecks(con: duckdb.DuckDBPyConnection) -> None:
    """Rank cuts by what is sure of their excess."""
    cuts = con.sql(select("bottleneck_cuts")).to_arrow_table()
    con.register("cuts", cuts)
    sums = con.sql(select("bottleneck_sums")).to_arrow_table()
    con.unregister("cuts")
    columns = (sums[name] for name in ("number", "customer", "visits", "excess_ms", "bare"))
    number, customer, visits, excess, bare = (np.asarray(column.to_numpy(), np.int64) for column in columns)
    ranked = rank(Sums(number, customer, visits, excess))
    counts = np.bincount(number, visits), np.bincount(number, bare)
    threshold = pa.array(BASES).take(numbers(np.where(counts[1] == 0, 0, np.where(counts[1] == counts[0], 1, 2)))).take(ranked["cut"])
    _, first = np.unique(cuts["number"].to_numpy(), return_index=True)
    named = cuts.select(["cut", "cut_stage", "cut_channel", "cut_site", "basis"]).take(numbers(first)).take(ranked["cut"])
    said = ranked.select(["rank", "visits", "customers", "excess_ms", "excess_low", "reason"])
    found = named.rename_columns(["cut", "stage", "channel", "site", "basis"]).append_column("threshold", threshold)
    for name in said.column_names:
        found = found.append_column(name, said[name])
    replace(con, "bottlenecks", found)


def fit_churn(con: duckdb.DuckDBPyConnection, as_of_us: int, horizon_days: int | None) -> None:
    """Score the customers at as_of, within the given horizon or the one that the data suggest."""
    customers = con.sql(select("churn_customers")).to_arrow_table()
    if horizon_days is None:
        gaps = con.sql(select("churn_gaps")).to_arrow_table()
        horizon_days = default_horizon(gaps["gap"].to_numpy(), gaps["n"].to_numpy())
    scored = score(customers, (as_of_us - 1) // _DAY_US, horizon_days)
    replace(con, "scores", scored.scores)
    replace(con, "models", scored.models)
    con.execute("update internal.publication set horizon_days = $days", {"days": horizon_days})


def find_reused_ids(con: duckdb.DuckDBPyConnection) -> None:
    """Count ids that a source gave to several events."""
    replace(con, "findings", con.sql(select("reused_ids")).to_arrow_table())

