"""When the mart folds and publishes."""

from __future__ import annotations

from jobs.mart.rhythm import FOLD_ROWS, FOLD_S, PATIENCE_S, QUIET_S, Rhythm


def test_live_sources_are_folded_by_the_clock_whatever_publishing_has_cost() -> None:
    rhythm = Rhythm(live=True, begun_at=0.0)
    rhythm.published(0.0, 10.0)
    assert not rhythm.folds(1, FOLD_S - 0.01)
    assert rhythm.folds(1, FOLD_S)
    assert rhythm.folds(FOLD_ROWS, 0.0)


def test_history_is_folded_by_rows_unless_a_snapshot_may_follow() -> None:
    rhythm = Rhythm(live=False, begun_at=0.0)
    assert not rhythm.folds(FOLD_ROWS - 1, PATIENCE_S - 0.01)
    assert rhythm.folds(FOLD_ROWS, 1.0)
    assert rhythm.folds(1, PATIENCE_S)
    rhythm.published(PATIENCE_S, PATIENCE_S + 1.5)  # of 75 s, one part in fifty
    assert not rhythm.folds(FOLD_ROWS - 1, PATIENCE_S + 74.0)
    assert rhythm.folds(1, PATIENCE_S + 75.0)


def test_short_history_is_published_when_all_is_read() -> None:
    rhythm = Rhythm(live=False, begun_at=0.0)
    assert not rhythm.publishes(PATIENCE_S - 0.01)
    assert rhythm.publishes(PATIENCE_S)


def test_publishing_keeps_to_its_share_of_the_time() -> None:
    rhythm = Rhythm(live=True, begun_at=0.0)
    assert rhythm.publishes(0.0)
    rhythm.published(0.0, 1.5)
    rhythm.folded(2.0, told=True)
    assert not rhythm.publishes(9.0)
    assert rhythm.publishes(10.0)


def test_ticks_alone_are_published_once_a_minute() -> None:
    rhythm = Rhythm(live=True, begun_at=0.0)
    rhythm.published(0.0, 0.1)
    rhythm.folded(5.0, told=False)
    assert not rhythm.publishes(5.0)
    rhythm.folded(0.1 + QUIET_S, told=False)
    assert rhythm.publishes(0.1 + QUIET_S)
