"""When a message goes: retries, rates, quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipelines.deliver.answer import Answer, after
from pipelines.deliver.quiet import quiet_until
from pipelines.deliver.rate import Rate
from pipelines.deliver.schedule import LONGEST_US, SECOND_US, asked_wait_us, retry_at
from schemas.routes import Quiet
from tests.generated.notices import HOUR, MINUTE, MONDAY, route

STEPS = route().retries


def at(text: str) -> int:
    return (datetime.fromisoformat(text).astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@given(st.text(max_size=40), st.integers(1, len(STEPS)))
def test_a_wait_lies_between_a_second_and_its_step_and_is_the_same_again(message: str, attempts: int) -> None:
    wait = (retry_at(message, attempts, STEPS, MONDAY) or 0) - MONDAY
    assert SECOND_US <= wait <= STEPS[attempts - 1] // timedelta(microseconds=1)
    assert wait == (retry_at(message, attempts, STEPS, MONDAY) or 0) - MONDAY


def test_waits_are_spread_over_their_whole_step() -> None:
    waits = sorted((retry_at(str(n), 2, STEPS, 0) or 0) / SECOND_US for n in range(1000))
    assert waits[0] < 5
    assert waits[-1] > 295
    assert 130 < sum(waits) / 1000 < 170


def test_after_the_last_step_there_is_no_further_try() -> None:
    assert retry_at("m", len(STEPS), STEPS, 0) is not None
    assert retry_at("m", len(STEPS) + 1, STEPS, 0) is None


@given(st.integers(0, 10**12))
def test_what_the_receiver_asks_for_is_waited_but_never_longer_than_a_day(asked_us: int) -> None:
    assert min(asked_us, LONGEST_US) <= (retry_at("m", 1, STEPS, 0, asked_us) or 0) <= LONGEST_US


@given(st.text(max_size=60))
def test_any_retry_after_is_read_or_passed_over(header: str) -> None:
    asked = asked_wait_us(header, MONDAY)
    assert asked is None or asked >= 0


def test_only_410_and_what_is_hopeless_end_at_once() -> None:
    for status in (*range(300, 410), *range(411, 600), None):
        assert after(Answer(False, status), "m", 1, STEPS, 0).status == "waiting"
    assert after(Answer(False, 410, gone=True), "m", 1, STEPS, 0).status == "dead"
    assert after(Answer(False, 400, hopeless=True), "m", 1, STEPS, 0).status == "dead"
    assert after(Answer(True, 204), "m", 1, STEPS, 0).status == "delivered"


@given(st.lists(st.integers(0, 3 * SECOND_US), max_size=60), st.integers(1, 9))
def test_no_stretch_of_a_second_holds_more_than_the_rate(gaps: list[int], most: int) -> None:
    rate, now, sent = Rate(f"{most}/s"), 0, list[int]()
    for gap in gaps:
        now = max(now + gap, rate.free(now + gap))
        rate.note(now)
        sent.append(now)
    for place in range(len(sent)):
        assert sum(sent[place] <= instant < sent[place] + SECOND_US for instant in sent) <= most


def test_quiet_hours_go_over_midnight_and_end_when_the_clock_on_the_wall_says_so() -> None:
    night = [Quiet(begins="22:00", ends="07:00", zone="Europe/Berlin")]
    assert quiet_until(night, "high", at("2025-03-10T21:30:00+01:00")) is None
    assert quiet_until(night, "high", at("2025-03-10T22:00:00+01:00")) == at("2025-03-11T07:00:00+01:00")
    assert quiet_until(night, "high", at("2025-03-11T06:59:59+01:00")) == at("2025-03-11T07:00:00+01:00")
    assert quiet_until(night, "high", at("2025-03-11T07:00:00+01:00")) is None
    assert quiet_until(night, "critical", at("2025-03-11T03:00:00+01:00")) is None


def test_a_night_in_which_the_clock_changes_ends_at_the_same_hour() -> None:
    night = [Quiet(begins="22:00", ends="07:00", zone="Europe/Berlin")]
    spring = at("2025-03-29T22:30:00+01:00")
    autumn = at("2025-10-25T22:30:00+02:00")
    assert (quiet_until(night, "info", spring) or 0) - spring == 7 * HOUR + 30 * MINUTE
    assert (quiet_until(night, "info", autumn) or 0) - autumn == 9 * HOUR + 30 * MINUTE


def test_quiet_days_join_the_nights_beside_them() -> None:
    hours = [
        Quiet(begins="22:00", ends="07:00", zone="UTC"),
        Quiet(begins="00:00", ends="00:00", zone="UTC", days=("sat", "sun")),
    ]
    friday_night = at("2025-03-14T23:00:00+00:00")
    assert quiet_until(hours, "high", friday_night) == at("2025-03-17T07:00:00+00:00")


def test_quiet_that_never_ends_is_asked_again_some_days_later() -> None:
    always = [Quiet(begins="00:00", ends="00:00", zone="UTC")]
    assert (quiet_until(always, "high", MONDAY) or 0) > MONDAY + 24 * HOUR
