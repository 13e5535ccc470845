"""Told: what some facts say of those they came from, a row a kind of event, so that the fold has few rows of words to look at."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from pipelines.columns import array
from pipelines.fold.distinct import combinations

KIND = ("source", "type", "channel", "site")
_SUMMED = ("late", "time_us", "received_us")


def told(facts: Sequence[pa.Table]) -> pa.Table:
    """Return the kinds of events that occur, with ``events`` and ``late`` (counts), ``first_us``, ``last_us`` and ``received_us`` (the latest).

    Args:
        facts: Tables of touchpoints and operations.
    """
    heard = pa.concat_tables([table.select([*KIND, *_SUMMED]) for table in facts], promote_options="permissive")
    kinds, places = combinations(heard, KIND)
    grouped = heard.select(_SUMMED).append_column("place", array(places)).group_by("place", use_threads=False)
    sums = grouped.aggregate([("time_us", "count"), ("late", "sum"), ("time_us", "min"), ("time_us", "max"), ("received_us", "max")])
    names = {"events": "time_us_count", "late": "late_sum", "first_us": "time_us_min", "last_us": "time_us_max", "received_us": "received_us_max"}
    found = kinds.take(sums["place"])
    return pa.table({**{name: found[name] for name in KIND}, **{name: sums[column].cast(pa.int64()) for name, column in names.items()}})
