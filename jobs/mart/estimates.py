"""Estimates of the mart: bottlenecks, churn, and what a check of all ids finds. They are functions of the final set, fitted when a run drains.

While a stream runs, the last fit is used again, and made anew only so often that fitting takes a hundredth of the time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.mart.rows import replace
from pipelines.estimate.bottlenecks import BASES, Sums, rank_merged
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
    con.execute(" ".join(["create or replace temp table bottleneck_sums as", select("bottleneck_sums")]))
    con.unregister("cuts")
    # One kind of cut at a time, so that memory holds a part of the sums; what is known of a cut doesn't depend on the others.
    ranked = [_ranked(con, number) for number in _numbers_by_kind(cuts)]
    con.execute("drop table bottleneck_sums")
    if ranked:
        replace(con, "bottlenecks", _named(pa.concat_tables(ranked), cuts))
    else:
        con.execute("truncate internal.bottlenecks")


def _numbers_by_kind(cuts: pa.Table) -> list[tuple[int, int]]:
    """Return the least and the greatest number of the cuts of each kind: numbers follow the order of kinds."""
    found = cuts.group_by("cut").aggregate([("number", "min"), ("number", "max")]).to_pylist()
    return sorted((row["number_min"], row["number_max"]) for row in found)


def _ranked(con: duckdb.DuckDBPyConnection, between: tuple[int, int]) -> pa.Table:
    """Rank some cuts among themselves."""
    bounds = {"lo": between[0], "hi": between[1]}
    sums = con.sql("select number, visits, excess_ms from bottleneck_sums where number between $lo and $hi", params=bounds).to_arrow_table()
    number, visits, excess = (np.asarray(sums[name].to_numpy(), np.int64) for name in ("number", "visits", "excess_ms"))
    del sums  # the largest that a publication holds, beside its copy
    ranked = rank_merged(Sums(number, number, visits, excess))  # it doesn't ask who the customers are
    bases = con.sql(select("bottleneck_bases"), params=bounds).to_arrow_table()
    of_all, without = (np.asarray(bases[name].to_numpy()) for name in ("visits", "bare"))
    places = np.searchsorted(bases["number"].to_numpy(), ranked["cut"].to_numpy())
    threshold = np.where(without == 0, 0, np.where(without == of_all, 1, 2))[places]
    return ranked.append_column("threshold", pa.array(BASES).take(numbers(threshold)))


def _named(ranked: pa.Table, cuts: pa.Table) -> pa.Table:
    """Rank cuts of all kinds together, in the order of `rank`, and give them their names."""
    number, total = ranked["cut"].to_numpy(), ranked["excess_ms"].to_numpy()
    known = ranked["rank"].is_valid().to_numpy()
    low = np.where(known, np.nan_to_num(ranked["excess_low"].to_numpy()), 0.0)
    order = np.lexsort((number, -total, -low, ~known))
    ranked, place = ranked.take(numbers(order)), np.arange(1, len(order) + 1)
    _, first = np.unique(cuts["number"].to_numpy(), return_index=True)
    columns = {name: ranked[name] for name in ("visits", "customers", "excess_ms", "excess_low", "reason", "threshold")}
    names = cuts.take(numbers(first)).take(ranked["cut"])
    columns |= {"cut": names["cut"], "basis": names["basis"], **{name: names[f"cut_{name}"] for name in ("stage", "channel", "site")}}
    return pa.table({"rank": pa.array(place, mask=~known[order]), **columns})


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
    """Count ids that a source gave to several events. Sorted numbers tell it for a fraction of what grouping all ids would take."""
    hashes = np.sort(con.sql(select("id_hashes")).to_arrow_table()["h"].to_numpy())
    again = hashes[1:][hashes[1:] == hashes[:-1]]
    findings = pa.table({"name": ["id_reused"], "n": [len(again)], "examples": pa.array([_examples(con, np.unique(again))], pa.list_(pa.string()))})
    replace(con, "findings", findings)


def _examples(con: duckdb.DuckDBPyConnection, hashes: npt.NDArray[np.uint64]) -> list[str] | None:
    """Return some of the ids that these numbers stand for, None where there are none."""
    if not len(hashes):
        return None
    con.register("repeated", pa.table({"h": hashes}))
    try:
        found: list[str] = con.sql(select("reused_ids")).fetchall()[0][0]
    finally:
        con.unregister("repeated")
    return found
