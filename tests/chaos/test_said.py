"""A run that is killed while it speaks leaves nothing unsaid and says nothing twice (the short form of what ``make chaos`` does)."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.said import broken, chaos, differences, standing


def test_kills_while_alerts_are_said_leave_none_unsaid_and_none_said_twice(tmp_path: Path) -> None:
    assert chaos(tmp_path, events=20_000, kills=4, seed=5, batch_rows=500) == []  # so small that all four come before the log is read


def test_what_is_said_twice_missing_or_out_of_turn_would_be_seen() -> None:
    opened, resolved = (0, 7, "opened", 30, None), (1, 7, "resolved", 30, 40)
    assert broken([opened, resolved, (2, 7, "resolved", 30, 35)]) == []
    assert broken([opened, (1, 7, "opened", 30, None)]) == ["alert 0000000000000007: opened → opened"]
    assert broken([opened, resolved, (3, 8, "opened", 30, None)]) == ["number 2 is 3"]
    assert broken([(0, 7, "resolved", 30, 40)]) == ["alert 0000000000000007: resolved"]
    assert differences(standing([opened]), standing([opened, (1, 7, "retracted", 30, None)])) == ["1 alerts missing"]
