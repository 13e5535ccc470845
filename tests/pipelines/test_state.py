"""The arrays of a state: what is read of them, in whatever stretches."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines import state
from pipelines.state import Grown, in_memory


@pytest.mark.parametrize("places", [[], [0], [39, 0, 8, 7, 39, 16, 1], list(range(39, -1, -1))])
@pytest.mark.parametrize("sparing", [False, True])
def test_what_is_read_in_stretches_is_what_stands_there(places: list[int], sparing: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "_STRETCH", 3)
    rested: list[str] = []
    rows = Grown("rows", np.dtype([("a", "i8"), ("b", "i4")]), in_memory(), rest=rested.append)
    rows.append(np.array([(n * n, -n) for n in range(40)], rows.rows.dtype))
    rows.sparing = sparing
    at = np.array(places, np.int64)
    assert rows.taken(at).tolist() == [(n * n, -n) for n in places]
    assert rows.column("b", at).tolist() == [-n for n in places]
    assert len(rested) == (2 * len({n >> 3 for n in places}) if sparing else 0)
