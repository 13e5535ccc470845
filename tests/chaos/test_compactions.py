"""Compactions that are killed beside a run and a reader: the short form of `make chaos`."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.compactions import chaos


def test_compactions_killed_at_random_moments_lose_and_double_nothing(tmp_path: Path) -> None:
    assert chaos(tmp_path, events=20_000, kills=8, seed=3) == []
