"""What is told beside the rules: a silent feed is one alert and makes its subjects unknown; a pipeline in trouble says so itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from jobs.run import RunSettings, run
from pipelines.say.vitals import MINUTE_US, Vitals
from schemas.alert import Alert
from schemas.journey_map import JourneyMap, default_map, parse_map
from tests.jobs.conftest import piped
from tests.jobs.mart.talk import MINUTE, T0, Interval, Talk
from tests.jobs.mart.test_dossiers import event

MAP = """
[[feeds]]
name = "north phones"
channel = "phone"
site = "north"
at_least_every = "15min"
"""
SAID = list[tuple[str, str, str, bool]]


def feed_map(text: str = MAP) -> JourneyMap:
    return parse_map(text, name="feeds.toml", base=default_map())


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with closing(Talk(tmp_path / "dir", feed_map())) as talk:
        yield talk


def hear(talk: Talk, *minutes: float, site: str = "north", channel: str = "phone") -> None:
    """Let events come in, as a run beside this one would fold them."""
    talk.close()
    lines = [event(f"{site}{channel}{minute}", "page.viewed", minute, site=site, channel=channel) for minute in minutes]
    run([piped(lines)], RunSettings(to=talk.dir, journey_map=talk.journey_map, rules=()))
    talk.open()


def say(talk: Talk, as_of: float, now: float | None = None) -> SAID:
    before = len(talk.rows())
    talk.say(as_of, now)
    rows = talk.mart.con.execute("select rule, subject_id, state, send from internal.said order by seq").fetchall()
    return rows[before:]


def test_a_feed_that_is_silent_too_long_is_one_alert_until_it_is_heard(talk: Talk) -> None:
    hear(talk, 0, 10)
    assert say(talk, 25) == []
    assert say(talk, 26) == [("feed_silent", "north phones", "opened", True)]
    assert say(talk, 27) == []
    hear(talk, 28)
    said = talk.mart.con.execute("select state, epoch_us(until) from internal.said where subject_kind = 'feed' order by seq").fetchall()
    assert said == [("opened", None), ("resolved", T0 + 28 * MINUTE)]


def test_what_is_filled_in_of_two_weeks_ago_leaves_a_silence_as_it_is(talk: Talk) -> None:
    hear(talk, 10)
    assert len(say(talk, 30)) == 1
    hear(talk, *(minute - 14 * 24 * 60 for minute in range(0, 100, 10)))
    assert say(talk, 31) == []
    assert say(talk, 32) == []


def test_another_place_does_not_speak_for_the_feed(talk: Talk) -> None:
    hear(talk, 10)
    hear(talk, 20, 24, site="south")
    assert say(talk, 26) == [("feed_silent", "north phones", "opened", True)]


def test_timers_that_run_out_while_their_feed_is_silent_are_unknown_and_wake_nobody(talk: Talk) -> None:
    hear(talk, 10)
    talk.put(*(Interval(key, since=20 + key, customer_id=f"c{key}") for key in range(1, 6)), Interval(9, since=22, site="south"))
    said = say(talk, 30)
    assert said[0] == ("feed_silent", "north phones", "opened", True)
    assert sorted(said[1:]) == [
        ("wait_beyond_adequate", "anna", "opened", True),
        *(("wait_beyond_adequate", f"c{n}", "unknown", False) for n in range(1, 6)),
    ]
    talk.drop(1)
    talk.put(Interval(2, since=22, until=24, customer_id="c2"))
    assert sorted(say(talk, 31)) == [
        ("wait_beyond_adequate", "c1", "retracted", False),
        ("wait_beyond_adequate", "c2", "opened", True),
        ("wait_beyond_adequate", "c2", "resolved", True),
    ]
    hear(talk, 35)
    assert sorted((row[1], row[2], row[3]) for row in _last(talk, "wait_beyond_adequate"))[2:] == [
        ("c3", "opened", True),
        ("c4", "opened", True),
        ("c5", "opened", True),
    ]


def _last(talk: Talk, rule: str) -> SAID:
    query = "select rule, subject_id, arg_max(state, seq), arg_max(send, seq) from internal.said where rule = $rule group by all order by 2"
    rows = talk.mart.con.execute(query, {"rule": rule}).fetchall()
    return [row for row in rows if row[1] != "anna"]


def test_what_was_known_before_the_silence_stays_as_it_was_said(talk: Talk) -> None:
    hear(talk, 10)
    talk.put(Interval(1, since=5))
    assert say(talk, 12) == [("wait_beyond_adequate", "anna", "opened", True)]
    assert [row[:3] for row in say(talk, 30)] == [("feed_silent", "north phones", "opened"), ("wait_beyond_adequate", "anna", "updated")]


def test_outside_its_calendar_a_feed_may_be_silent(tmp_path: Path) -> None:
    # T0 is a Tuesday, 22 o'clock UTC
    text = MAP + 'calendar = "day"\n[[calendars]]\nname = "day"\nopen = { tue = ["08:00-22:10"], wed = ["08:00-22:00"] }\n'
    with closing(Talk(tmp_path / "dir", feed_map(text))) as talk:
        hear(talk, 5)
        assert say(talk, 9 * 60) == []
        assert say(talk, 10 * 60 + 9) == []
        assert [row[2] for row in say(talk, 10 * 60 + 11)] == ["opened"]


def test_a_feed_that_was_never_heard_is_silent_since_anything_was(talk: Talk) -> None:
    hear(talk, 0, site="south")
    assert [row[2] for row in say(talk, 16)] == ["opened"]


def test_a_silence_in_history_is_recorded_and_not_sent(talk: Talk) -> None:
    hear(talk, 10)
    assert say(talk, 30, now=60 * 24 * 30) == [("feed_silent", "north phones", "opened", False)]


def test_a_start_goes_on_with_a_silence_that_was_told(talk: Talk) -> None:
    hear(talk, 10)
    say(talk, 30)
    talk.close()
    talk.open()
    assert say(talk, 31) == []


def test_the_dossier_of_a_silent_feed_is_valid(talk: Talk) -> None:
    hear(talk, 10)
    say(talk, 30)
    body = talk.mart.con.execute("select body from internal.said").fetchall()[0][0]
    data = msgspec.json.decode(body, type=Alert).data
    assert (data.severity, data.place.site, data.subject.id) == ("warning", "north", "north phones")
    assert "silent" in json.loads(body)["data"]["sentence"]


# ---- the pipeline's own


def vitals(minute: float, *, behind: float = 0, read: int = 0, dead: int = 0, published: float | None = None, fresh: bool = False) -> Vitals:
    now = T0 + round(minute * MINUTE_US)
    at = None if published is None else T0 + round(published * MINUTE_US)
    return Vitals(now, now - round(behind * MINUTE_US), read, dead, at, fresh)


def tell(talk: Talk, one: Vitals) -> list[tuple[str, str]]:
    before = len(talk.rows())
    talk.sayer.say(T0, one.now_us, one)
    return talk.mart.con.execute("select rule, state from internal.said order by seq").fetchall()[before:]


@pytest.fixture
def calm(tmp_path: Path) -> Iterator[Talk]:
    with closing(Talk(tmp_path / "dir")) as talk:
        yield talk


def test_a_pipeline_that_stays_behind_says_so_until_it_has_caught_up(calm: Talk) -> None:
    assert tell(calm, vitals(0, behind=600)) == []  # history is read
    assert tell(calm, vitals(14, behind=30)) == []
    assert tell(calm, vitals(16, behind=30)) == [("pipeline_behind", "opened")]
    assert tell(calm, vitals(17, behind=31)) == []
    assert tell(calm, vitals(18, behind=3)) == [("pipeline_behind", "resolved")]


def test_a_pipeline_that_catches_up_in_time_says_nothing(calm: Talk) -> None:
    assert [tell(calm, vitals(minute, behind=600 - 60 * minute)) for minute in range(12)] == [[]] * 12


def test_an_unusual_share_of_dead_letters_is_told_and_a_few_are_not(calm: Talk) -> None:
    assert tell(calm, vitals(0, read=1000, dead=10)) == []
    assert tell(calm, vitals(1, read=1100, dead=25)) == []
    assert tell(calm, vitals(2, read=1200, dead=60)) == [("dead_letters_many", "opened")]
    assert tell(calm, vitals(20, read=5000, dead=61)) == [("dead_letters_many", "resolved")]


def test_a_snapshot_that_stays_old_is_told(calm: Talk) -> None:
    assert tell(calm, vitals(14, published=0, fresh=True)) == []
    assert tell(calm, vitals(40, published=0, fresh=False)) == []
    assert tell(calm, vitals(41, published=0, fresh=True)) == [("mart_stale", "opened")]
    assert tell(calm, vitals(42, published=41.5, fresh=True)) == [("mart_stale", "resolved")]
