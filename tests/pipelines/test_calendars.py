"""Business time: what a calendar's open time is, held to an oracle that looks at the wall clock minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.calendars import KNOWN_US, in_force, open_time, policy_now, policy_then
from pipelines.open_time import NEVER, OpenTime
from schemas.journey_map import JourneyMap, default_map, parse_map
from schemas.map_file import WEEK, Calendar, OpenHours

MINUTE_US, HOUR_US, DAY_US = 60_000_000, 3_600_000_000, 86_400_000_000
ALWAYS = OpenHours(**{day: ("00:00-24:00",) for day in WEEK})


def us(text: str) -> int:
    """Read an instant; one without a zone is UTC."""
    at = datetime.fromisoformat(text)
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def own(text: str) -> JourneyMap:
    return parse_map(text, name="own.toml", base=default_map())


# ---- an oracle that steps from minute to minute


def is_open(versions: list[Calendar], minute: datetime) -> bool:
    """Whether a calendar is open in the minute that begins at an instant, by the words of the map."""
    version = [one for one in versions if one.valid_from is None or one.valid_from <= minute or one is versions[0]][-1]
    local = minute.astimezone(ZoneInfo(version.time_zone))
    hours = version.days.get(local.date().isoformat())
    if hours is None:
        hours = () if local.date() in version.holidays else getattr(version.open, WEEK[local.weekday()])
    return any(first <= f"{local:%H:%M}" < last for first, _, last in (one.partition("-") for one in hours))


def stepped(versions: list[Calendar], start: datetime, minutes: int) -> int:
    return sum(is_open(versions, start + timedelta(minutes=n)) for n in range(minutes))


clocks = st.integers(0, 24 * 60).map(lambda n: f"{n // 60:02}:{n % 60:02}")
hours = st.lists(clocks, max_size=4, unique=True).map(sorted).map(lambda cuts: tuple(f"{a}-{b}" for a, b in zip(cuts[::2], cuts[1::2], strict=False)))
# Two nights of each zone in which the clock is changed lie among these days, also one that changes by half an hour, and one that left out a day.
TURNS = {
    "UTC": date(2025, 3, 30),
    "Europe/Berlin": date(2025, 3, 30),
    "America/New_York": date(2025, 11, 2),
    "Australia/Lord_Howe": date(2025, 4, 6),
    "Asia/Kolkata": date(2025, 4, 6),
    "Pacific/Apia": date(2011, 12, 30),
    "Africa/Casablanca": date(2025, 2, 23),
    "Europe/London": date(2025, 10, 26),
}


@st.composite
def calendars(draw: st.DrawFn) -> tuple[list[Calendar], datetime]:
    """Draw the versions of a calendar, and a day around which its clock is changed."""
    zone = draw(st.sampled_from(sorted(TURNS)))
    begin = datetime.combine(TURNS[zone] - timedelta(days=draw(st.integers(0, 3))), datetime.min.time(), UTC)
    near = st.integers(-1, 5).map(lambda n: begin.date() + timedelta(days=n))
    changes = sorted(draw(st.sets(st.integers(0, 3 * 1440), max_size=2)))
    versions = [
        Calendar(
            name="c",
            time_zone=zone if draw(st.booleans()) or not place else draw(st.sampled_from(sorted(TURNS))),
            open=OpenHours(**{day: draw(hours) for day in WEEK}),
            holidays=tuple(draw(st.lists(near, max_size=2))),
            days={day.isoformat(): own for day, own in draw(st.dictionaries(near, hours, max_size=2)).items()},
            valid_from=since,
        )
        for place, since in enumerate([None, *(begin + timedelta(minutes=n) for n in changes)])
    ]
    return versions, begin


@given(calendars(), st.integers(0, 3 * 1440), st.integers(0, 1440))
def test_business_time_is_what_the_wall_clock_shows_minute_by_minute(drawn: tuple[list[Calendar], datetime], start: int, minutes: int) -> None:
    versions, begin = drawn
    first = begin + timedelta(minutes=start)
    at = us(first.isoformat())
    assert open_time(versions).between(at, at + minutes * MINUTE_US) == stepped(versions, first, minutes) * MINUTE_US


@given(calendars(), st.lists(st.integers(-5 * DAY_US, 20 * DAY_US), min_size=3, max_size=3))
def test_business_time_adds_up_grows_and_never_exceeds_the_time(drawn: tuple[list[Calendar], datetime], offsets: list[int]) -> None:
    versions, begin = drawn
    a, b, c = (us(begin.isoformat()) + offset for offset in sorted(offsets))
    found = open_time(versions)
    assert found.between(a, b) + found.between(b, c) == found.between(a, c)
    assert 0 <= found.between(a, b) <= min(found.between(a, c), b - a)


@given(calendars(), st.permutations(range(6)), st.lists(st.integers(0, 9 * DAY_US), min_size=6, max_size=6))
def test_each_interval_is_measured_for_itself_in_whatever_order(drawn: tuple[list[Calendar], datetime], order: list[int], lengths: list[int]) -> None:
    versions, begin = drawn
    start = us(begin.isoformat()) + np.arange(6) * HOUR_US
    end = start + np.array(lengths)
    found = open_time(versions)
    whole = found.between(start, end)
    assert found.between(start[order], end[order]).tolist() == whole[order].tolist()
    assert [int(found.between(a, b)) for a, b in zip(start, end, strict=True)] == whole.tolist()


@given(calendars(), st.integers(-DAY_US, 9 * DAY_US), st.integers(0, 5 * DAY_US))
def test_the_deadline_is_the_first_instant_by_which_the_time_has_passed(drawn: tuple[list[Calendar], datetime], start: int, spent: int) -> None:
    versions, begin = drawn
    found, at = open_time(versions), us(begin.isoformat()) + start
    deadline = int(found.after(at, spent))
    if deadline == NEVER:
        assert found.between(at, KNOWN_US[1]) < spent
    else:
        assert deadline >= at
        assert found.between(at, deadline) == spent
        assert spent == 0 or found.between(at, deadline - 1) == spent - 1


# ---- single facts

OFFICE = Calendar(name="office", time_zone="Europe/Berlin", open=OpenHours(**{day: ("09:00-12:00", "13:00-17:00") for day in WEEK[:5]}))


def minutes_of(versions: list[Calendar], start: str, end: str) -> float:
    return int(open_time(versions).between(us(start), us(end))) / MINUTE_US


def test_lunch_is_no_business_time() -> None:
    assert minutes_of([OFFICE], "2025-03-03T11:30+01:00", "2025-03-03T13:30+01:00") == 60
    assert minutes_of([OFFICE], "2025-03-03T12:10+01:00", "2025-03-03T12:50+01:00") == 0


@pytest.mark.parametrize(
    ("night", "hours"),
    [(("2025-03-29T22:00+01:00", "2025-03-30T06:00+02:00"), 7), (("2025-10-25T22:00+02:00", "2025-10-26T06:00+01:00"), 9)],
    ids=["spring", "autumn"],
)
def test_a_night_shift_lasts_an_hour_less_or_more_where_the_clock_is_changed(night: tuple[str, str], hours: int) -> None:
    shift = Calendar(name="night", time_zone="Europe/Berlin", open=OpenHours(sat=("22:00-24:00",), sun=("00:00-06:00",)))
    assert minutes_of([shift], *night) == hours * 60


def test_a_week_has_the_same_office_hours_in_summer_and_in_winter() -> None:
    assert {minutes_of([OFFICE], f"2025-{month:02}-03T00:00", f"2025-{month:02}-10T00:00") for month in (2, 3, 7, 11)} == {5 * 7 * 60}


def test_public_holidays_are_closed_and_a_single_day_may_be_open() -> None:
    bavaria = Calendar(name="c", country="DE", subdivision="BY", days={"2025-06-09": ("10:00-12:00",)}, open=ALWAYS)
    berlin = Calendar(name="c", country="DE", subdivision="BE", open=ALWAYS)
    assert minutes_of([bavaria], "2025-06-19T00:00", "2025-06-20T00:00") == 0, "Corpus Christi"
    assert minutes_of([berlin], "2025-06-19T00:00", "2025-06-20T00:00") == 1440, "which Berlin does not keep"
    assert minutes_of([bavaria], "2025-06-09T00:00", "2025-06-10T00:00") == 120, "Whit Monday, but for two hours"


def test_a_schedule_that_changes_at_noon_is_judged_by_the_one_in_force() -> None:
    later = Calendar(name="office", time_zone="UTC", open=ALWAYS, valid_from=datetime(2025, 3, 3, 12, tzinfo=UTC))
    assert minutes_of([OFFICE, later], "2025-03-03T10:30", "2025-03-03T12:30") == 30 + 30


def test_an_interval_of_no_length_has_no_business_time_and_one_that_runs_backwards_is_refused() -> None:
    assert minutes_of([OFFICE], "2025-03-03T10:00", "2025-03-03T10:00") == 0
    with pytest.raises(ValueError, match="ends before it begins"):
        minutes_of([OFFICE], "2025-03-03T10:00", "2025-03-03T09:59")


def test_a_calendar_that_is_always_open_counts_every_microsecond() -> None:
    found = open_time([Calendar(name="c", time_zone="Pacific/Apia", open=ALWAYS)])
    assert len(found.opens) == 2, "one interval, after the empty one"
    assert found.between(us("2011-12-29T00:00"), us("2012-01-02T00:00") + 1) == 4 * DAY_US + 1


def test_nothing_is_open_before_the_first_year_that_is_known_and_after_the_last() -> None:
    found = open_time([Calendar(name="c", open=ALWAYS)])
    assert found.between([-DAY_US, KNOWN_US[1]], [0, KNOWN_US[1] + DAY_US]).tolist() == [0, 0]
    assert found.after(KNOWN_US[1] - 5, 6) == NEVER
    assert OpenTime.of([], []).between(0, 1) == 0


# ---- the ticket of two schedules

# Two weeks of opening hours in UTC, and a ticket that moved from one to the other 21 s before it was answered: the example in the
# decision log of dbt_zendesk, a public model of Zendesk's data ("Business Time Metrics", ticket 941606). It measures 959.46 minutes by both, and says
# that Zendesk shows 689.46, by the last one alone.
LEVEL_1 = {day: ("00:00-02:00", "12:00-24:00") for day in WEEK} | {"sun": ("12:00-24:00",)}
LEVEL_2 = {day: ("00:00-00:30", "15:00-24:00") for day in WEEK[1:5]} | {"mon": ("15:00-24:00",), "sat": ("00:00-00:30",)}


def opened(week: dict[str, tuple[str, ...]]) -> str:
    return f"open = {{ {', '.join(f'{day} = {list(hours)}' for day, hours in week.items())} }}".replace("'", '"')


def both_ways(created: str, changed: str, answered: str) -> tuple[float, float]:
    head = '[[calendars]]\nname = "support"'
    journey_map = own(f"{head}\n{opened(LEVEL_1)}\n{head}\nvalid_from = {changed}\n{opened(LEVEL_2)}\n")
    then, now = policy_then(journey_map, "support"), policy_now(journey_map, "support", in_force(journey_map, "support", us(answered)))
    lasted = [round(int(each.between(us(created), us(answered))) / MINUTE_US, 4) for each in (then, now)]
    return lasted[0], lasted[1]


def test_the_ticket_of_two_schedules_took_959_minutes_then_and_689_by_the_last_one() -> None:
    """The log counts in minutes of the week, 3902, 5461.25 and 5461.46: these instants."""
    assert both_ways("2020-09-29T17:02:00Z", "2020-09-30T19:01:15Z", "2020-09-30T19:01:27.600Z") == (959.46, 689.46)


def test_from_its_own_timestamps_the_ticket_took_forty_seconds_more() -> None:
    """The log rounds 17:01:38 to 17:02, and reads seconds as hundredths of a minute (19:01:46 as 1.46 minutes past): exactly it is 0.6733 more."""
    assert both_ways("2020-09-29T17:01:38Z", "2020-09-30T19:01:25Z", "2020-09-30T19:01:46Z") == (960.1333, 690.1333)
