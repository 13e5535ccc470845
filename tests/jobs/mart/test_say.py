"""What is said about intervals as time goes on and data are corrected, and that it is said once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.jobs.mart.talk import LATENESS, Interval, Talk


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with closing(Talk(tmp_path / "dir")) as talk:
        yield talk


def test_an_answer_that_comes_late_takes_the_alert_back_under_the_same_key(talk: Talk) -> None:
    talk.put(Interval(7, since=30))
    assert talk.say(35) == [(7, "opened", True)]
    talk.drop(7)  # the answer of minute 25 came in
    assert talk.say(45) == [(7, "retracted", True)]
    assert talk.say(50) == []


def test_an_answer_in_time_leaves_nothing_to_say(talk: Talk) -> None:
    talk.put(Interval(7, since=30))
    assert talk.say(20) == []
    talk.drop(7)
    assert talk.say(40) == []
    assert talk.rows() == []


def test_a_second_before_its_time_there_is_no_alert_and_a_second_after_there_is(talk: Talk) -> None:
    talk.put(Interval(7, since=30))
    assert talk.say(30 - 1 / 60) == []
    assert talk.say(30 + 1 / 60) == [(7, "opened", True)]


def test_of_a_flood_each_has_its_turn_also_where_the_first_ones_change_again(talk: Talk) -> None:
    talk.say(20)
    talk.put(*(Interval(key, since=30) for key in range(1, 6)))
    assert talk.say(35, at_most=2) == [(1, "opened", True), (2, "opened", True)]
    assert talk.sayer.left
    talk.put(*(Interval(key, since=30, until=36) for key in (1, 2)))
    assert talk.say(40, at_most=2) == [(3, "opened", True), (4, "opened", True)]
    assert talk.say(40, at_most=2) == [(1, "resolved", True), (5, "opened", True)]
    assert talk.say(40, at_most=2) == [(2, "resolved", True)]
    assert not talk.sayer.left


def test_what_ends_is_resolved_when_its_end_has_come(talk: Talk) -> None:
    talk.put(Interval(7, since=30))
    talk.say(35)
    talk.put(Interval(7, since=30, until=40))
    assert talk.say(39) == []
    assert talk.say(40) == [(7, "resolved", True)]
    assert talk.say(100) == []


def test_what_ended_before_it_could_be_said_is_opened_and_resolved_at_once(talk: Talk) -> None:
    talk.put(Interval(7, since=30, until=33))
    assert talk.say(35) == [(7, "opened", True), (7, "resolved", True)]


def test_history_is_recorded_and_not_sent(talk: Talk) -> None:
    talk.put(Interval(7, since=30, until=33), Interval(8, since=40))
    assert talk.say(50, now=60 * 24) == [(7, "opened", False), (7, "resolved", False), (8, "opened", False)]
    talk.put(Interval(8, since=40, until=55))
    assert talk.say(60, now=60 * 24) == [(8, "resolved", False)]


def test_history_is_sent_where_that_was_asked_for(tmp_path: Path) -> None:
    with closing(Talk(tmp_path / "dir", history=True)) as talk:
        talk.put(Interval(7, since=30))
        assert talk.say(50, now=60 * 24) == [(7, "opened", True)]


def test_what_waits_for_time_to_come_is_news_though_time_is_told_with_lateness(talk: Talk) -> None:
    talk.put(Interval(7, since=30))
    assert talk.say(30, now=30 + LATENESS + 1) == [(7, "opened", True)]


def test_whoever_was_told_gets_the_correction_however_late(talk: Talk) -> None:
    talk.put(Interval(7, since=30))
    talk.say(31)
    talk.drop(7)
    assert talk.say(60 * 24 * 9) == [(7, "retracted", True)]


def test_a_resolved_alert_that_goes_on_after_all_is_opened_again(talk: Talk) -> None:
    talk.put(Interval(7, since=30, until=33))
    talk.say(35)
    talk.put(Interval(7, since=30))
    assert talk.say(36) == [(7, "opened", True)]


def test_a_retracted_alert_that_holds_after_all_is_opened_again(talk: Talk) -> None:
    talk.put(Interval(7, since=30))
    talk.say(35)
    talk.drop(7)
    talk.say(36)
    talk.put(Interval(7, since=30))
    assert talk.say(37) == [(7, "opened", True)]


def test_an_alert_whose_time_moves_beyond_now_is_taken_back_until_it_comes(talk: Talk) -> None:
    talk.put(Interval(7, since=30))
    talk.say(35)
    talk.put(Interval(7, since=50))
    assert talk.say(36) == [(7, "retracted", True)]
    assert talk.say(49) == []
    assert talk.say(50) == [(7, "opened", True)]


def test_records_are_never_alerted(talk: Talk) -> None:
    talk.put(Interval(7, since=30, record=True))
    assert talk.say(60) == []


def test_an_alert_says_more_when_it_is_graver_and_only_then(talk: Talk) -> None:
    talk.put(Interval(7, since=0))
    said = [row for minute in range(0, 3 * 24 * 60, 5) for row in talk.say(minute)]
    assert [state for _, state, _ in said] == ["opened", "updated", "updated", "updated"]
    assert [(row[4], row[5]) for row in talk.rows()] == [("info", 0), ("warning", 15), ("high", 240), ("critical", 2880)]


def test_many_who_wait_for_one_operation_weigh_together(talk: Talk) -> None:
    talk.put(Interval(7, since=0, subject_kind="operation", customer_id=None, unit="count", value=50, threshold=5))
    talk.say(10)
    assert [(row[4], row[5]) for row in talk.rows()] == [("high", 500)]


def test_what_counts_weighs_by_what_is_beyond_the_threshold(talk: Talk) -> None:
    talk.put(Interval(7, since=0, unit="count", value=5, threshold=3))
    talk.say(10)
    assert [row[5] for row in talk.rows()] == [2 * 30 + 10]


def test_numbers_go_up_without_a_gap(talk: Talk) -> None:
    for minute in range(5):
        talk.put(*(Interval(key, since=minute, until=minute + 1) for key in range(10 * minute, 10 * minute + 10)))
        talk.say(minute + 1)
    assert [row[0] for row in talk.rows()] == list(range(100))


def test_after_a_start_what_was_said_is_not_said_again(talk: Talk) -> None:
    talk.put(Interval(7, since=30), Interval(8, since=31, until=32), Interval(9, since=43), Interval(5, since=30))
    said = talk.say(40)
    talk.drop(5)
    talk.say(41)
    talk.close()
    talk.open()
    assert len(said) == 4
    assert talk.say(42) == []
    assert talk.say(44) == [(9, "opened", True)]


def test_what_the_mart_lost_in_a_crash_is_taken_from_the_journal(talk: Talk) -> None:
    talk.put(Interval(7, since=30))
    talk.mart.con.execute("checkpoint live")
    talk.say(40)
    talk.mart.close()  # nothing since the checkpoint is in the file
    talk.open()
    assert [row[2] for row in talk.rows()] == ["opened"]
    assert talk.say(42) == []
    talk.drop(7)
    assert talk.say(43) == [(7, "retracted", True)]


def test_what_vanished_between_two_starts_is_retracted(talk: Talk) -> None:
    talk.put(Interval(7, since=30))
    talk.say(40)
    talk.mart.con.execute("delete from internal.intervals")
    talk.close()
    talk.open()
    assert talk.say(41) == [(7, "retracted", True)]


INTERVALS = st.lists(
    st.builds(Interval, key=st.integers(0, 4), since=st.integers(0, 60), until=st.none() | st.integers(61, 90)), min_size=1, max_size=8
)


@settings(max_examples=6)
@given(INTERVALS, st.lists(st.integers(0, 100), max_size=4), st.randoms(use_true_random=False), st.booleans())
def test_however_it_came_the_same_keys_stand(
    tmp_path_factory: pytest.TempPathFactory, puts: list[Interval], instants: list[int], chance: random.Random, restart: bool
) -> None:
    final = list({interval.key: interval for interval in puts}.values())
    with closing(Talk(tmp_path_factory.mktemp("whole") / "dir")) as whole, closing(Talk(tmp_path_factory.mktemp("cut") / "dir")) as cut:
        whole.put(*final)
        whole.say(100)
        waiting = [*puts, *chance.sample(final, len(final)), *final]
        for instant in sorted(instants):
            for interval in [waiting.pop(0) for _ in range(min(len(waiting), 2))]:
                cut.put(interval)
            cut.say(instant)
            if restart:
                cut.close()
                cut.open()
        for interval in waiting:
            cut.put(interval)
        cut.say(100)
        assert cut.standing() == whole.standing()
        assert cut.say(100) == []
