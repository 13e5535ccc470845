"""Durations are exact and survive being written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import duration


@given(st.integers(0, duration.LONGEST // duration.MILLISECOND))
def test_what_is_written_reads_back(milliseconds: int) -> None:
    span = milliseconds * duration.MILLISECOND
    assert duration.parse(duration.written(span)) == span


@pytest.mark.parametrize(
    ("text", "span"), [("0s", timedelta()), ("2w", timedelta(days=14)), ("1h30min", timedelta(minutes=90)), ("72h", timedelta(days=3))]
)
def test_units_add_up(text: str, span: timedelta) -> None:
    assert duration.parse(text) == span


@pytest.mark.parametrize(
    "text", ["", "30", "min", "1.5h", "-1h", "1h ", " 1h", "1h\n", "1m", "30min1h", "1h1h", "٣h", "1e3s", "36526d", "9" * 50 + "h"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        duration.parse(text)
