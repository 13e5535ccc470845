"""The instant at which states hold, over partitions (design §6.6)."""

from __future__ import annotations

from jobs.kafka.standing import Standing
from schemas.journal import Commit, SourceRange


def _commit(partition: int, seq: int, latest_us: int | None, *, read: int, end: int, tick_us: int | None = None, judged: bool = True) -> Commit:
    held = SourceRange(lo=0, hi=read, received_us=0, name="t", size=end)
    return Commit(
        partition=partition,
        seq=seq,
        writer="w",
        sources={f"t:{partition}": held},
        segments=[],
        counters={"read": read},
        newest={},
        map_digest="m",
        schema_version=1,
        latest_us=latest_us,
        tick_us=tick_us,
        judged=judged,
    )


def test_with_none_unread_it_is_the_greatest_of_all() -> None:
    standing = Standing.of(3)
    standing.note(_commit(0, 0, 50, read=9, end=9))
    standing.note(_commit(1, 0, 80, read=4, end=4))
    assert standing.drained
    assert standing.as_of_us() == 80


def test_partitions_with_unread_records_hold_it_back() -> None:
    standing = Standing.of(3)
    standing.note(_commit(0, 0, 50, read=5, end=9))
    standing.note(_commit(1, 0, 40, read=3, end=4))
    standing.note(_commit(2, 0, 20, read=3, end=3))
    assert standing.as_of_us() == 40
    standing.note(_commit(1, 1, 45, read=4, end=4))
    assert standing.as_of_us() == 50


def test_nothing_is_said_before_a_partition_with_unread_records_has_committed_some() -> None:
    standing = Standing.of(2)
    standing.note(_commit(0, 0, 50, read=9, end=9))
    standing.note(_commit(1, 0, None, read=0, end=4))
    assert standing.as_of_us() is None


def test_a_tick_moves_a_partition_on() -> None:
    standing = Standing.of(1)
    standing.note(_commit(0, 0, 50, read=9, end=9))
    standing.note(_commit(0, 1, None, read=9, end=9, tick_us=70))
    assert standing.as_of_us() == 70


def test_what_was_not_judged_yet_counts_as_unread() -> None:
    standing = Standing.of(2)
    standing.note(_commit(0, 0, 50, read=9, end=9))
    standing.note(_commit(1, 0, 80, read=4, end=4))
    standing.note(_commit(0, 1, 70, read=12, end=12, judged=False))
    assert not standing.drained
    assert standing.as_of_us() == 50
    standing.note(_commit(0, 2, None, read=12, end=12))
    assert standing.drained
    assert standing.as_of_us() == 80
