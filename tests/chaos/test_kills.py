"""A run that is killed at any moment loses and doubles nothing (the short form of ``make chaos``)."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.kills import chaos


def test_ten_kills_change_no_pure_table(tmp_path: Path) -> None:
    assert chaos(tmp_path, events=100_000, kills=10, seed=3, batch_rows=5_000) == []
