"""Business time in the mart: the golden ticket, zones and breaches by a calendar, and one truth for SQL and Python."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

import duckdb
import numpy as np
import pytest

from jobs.mart.live import LiveMart
from jobs.mart.overall import Overall
from pipelines.calendars import policy_now, policy_then
from pipelines.judge.judge import Judge
from pipelines.judge.shelf import shipped
from pipelines.lexicon import Lexicon
from pipelines.partition import Batch, Partition
from pipelines.state import State
from pipelines.table import engine
from schemas.journey_map import default_map, parse_map
from tests.generated.events import Event
from tests.generated.netted import payloads
from tests.jobs.mart.conftest import AS_OF, Workshop

EPOCH, US = datetime(1970, 1, 1), timedelta(microseconds=1)  # noqa: DTZ001
ZONE = '[[tolerance]]\nstage = "letters"\ndesired = "2h"\nadequate = "8h"\n'
SUPPORT = """
[[calendars]]
name = "support"
open = { sun = ["12:00-24:00"], mon = ["00:00-02:00", "12:00-24:00"], tue = ["00:00-02:00", "12:00-24:00"], wed = ["00:00-02:00", "12:00-24:00"] }
[[calendars]]
name = "support"
valid_from = 2020-09-30T19:01:15Z
open = { mon = ["15:00-24:00"], tue = ["00:00-00:30", "15:00-24:00"], wed = ["00:00-00:30", "15:00-24:00"], thu = ["00:00-00:30", "15:00-24:00"] }
[[calendars]]
name = "desk"
time_zone = "Europe/Berlin"
country = "DE"
open = { mon = ["09:00-12:00", "13:00-17:00"], tue = ["09:00-17:00"], wed = ["09:00-17:00"], thu = ["09:00-17:00"], fri = ["09:00-15:00"] }
"""


def workshop_of(folder: Path, con: duckdb.DuckDBPyConnection, text: str) -> Workshop:
    journey_map = parse_map(text, name="own.toml", base=default_map())
    return Workshop(folder, con, LiveMart(folder, journey_map), journey_map)


def letter(at: str, type_: str, customer: str = "ann", **more: object) -> Event:
    return {
        "id": f"{customer} {at}",
        "source": "mail",
        "type": type_,
        "time": at,
        "customer_id": customer,
        "case_id": "941606",
        "channel": "email",
        **more,
    }


def test_the_ticket_of_two_schedules_stands_in_the_mart_by_both_policies(tmp_path: Path) -> None:
    with engine() as con:
        shop = workshop_of(tmp_path, con, SUPPORT + ZONE + 'calendar = "support"\n')
        with closing(shop.live):
            shop.take([letter("2020-09-29T17:02:00Z", "message.received"), letter("2020-09-30T19:01:27.6Z", "message.answered")])
            shop.publish()
            [row] = shop.ask("select wait_s / 60, business_wait_s / 60, business_wait_policy_now_s / 60, is_below_adequate from mart.business_waits")
            assert [round(value, 6) for value in row[:3]] == [1559.46, 959.46, 689.46]
            assert row[3]
            [step] = shop.ask("select zone, adequate_s / 3600, business_adequate_s / 3600 from mart.steps where wait_s is not null")
            assert round(step[0], 9) == round((480 - 959.46) / (480 - 120), 9)
            assert step[1:] == (8.0, 8.0)  # from 17:02 to 1:02, all of it open


@pytest.mark.parametrize("zone", ["calendar", "none"])
def test_a_letter_of_friday_evening_is_late_on_monday_morning_only_where_the_map_counts_business_time(tmp_path: Path, zone: str) -> None:
    text = SUPPORT + ZONE.replace("8h", "2h") + ('calendar = "desk"\n' if zone == "calendar" else "")
    with engine() as con:
        shop = workshop_of(tmp_path, con, text)
        with closing(shop.live):
            shop.take([letter("2025-03-07T13:30:00Z", "message.received"), letter("2025-03-10T08:45:00Z", "message.answered", attributes={})])
            shop.publish()
            [(wait, adequate)] = shop.ask("select wait_s / 3600, adequate_s / 3600 from mart.steps where wait_s is not null")
            assert wait == 67.25
            # Friday 14:30 to 15:00 and Monday 9:00 to 10:30 in Berlin
            assert adequate == (2.0 if zone == "none" else 68.0)


def test_a_tolerance_that_changes_later_leaves_what_was_before_as_it_was(tmp_path: Path) -> None:
    later = ZONE + 'calendar = "desk"\n' + ZONE.replace("2h", "1min").replace("8h", "2min") + "valid_from = 2025-03-10T00:00:00Z\n"
    rows = []
    for number, zones in enumerate((ZONE + 'calendar = "desk"\n', later)):
        with engine() as con:
            (tmp_path / str(number)).mkdir()
            shop = workshop_of(tmp_path / str(number), con, SUPPORT + zones)
            with closing(shop.live):
                shop.take([letter("2025-03-03T09:00:00Z", "message.received"), letter("2025-03-05T08:45:00Z", "message.answered")])
                shop.publish()
                rows.append(shop.ask("from mart.steps order by all"))
    assert rows[0] == rows[1]


def test_sql_and_python_measure_the_same_business_time(tmp_path: Path) -> None:
    with engine() as con:
        shop = workshop_of(tmp_path, con, SUPPORT)
        with closing(shop.live):
            shop.take([letter("2020-01-06T09:00:00Z", "message.received")])
            shop.publish()
            chance = np.random.default_rng(1)
            first = (datetime(2020, 1, 1) - EPOCH) // US  # noqa: DTZ001
            start = first + chance.integers(0, 4 * 365 * 86_400_000_000, 500)
            end = start + chance.integers(0, 40 * 86_400_000_000, 500)
            mart = duckdb.connect(str((tmp_path / "serving" / "current.duckdb").resolve()), read_only=True)
            for name in ("support", "desk", "office", "always"):
                then, now = policy_then(shop.journey_map, name), policy_now(shop.journey_map, name, 1 if name == "support" else 0)
                for function, found in (("mart.business_s", then), ("mart.business_policy_now_s", now)):
                    asked = mart.execute(
                        f"select {function}('{name}', make_timestamp(s), make_timestamp(e)) from (select unnest($s) as s, unnest($e) as e)",
                        {"s": start.tolist(), "e": end.tolist()},
                    ).fetchall()
                    assert [value for (value,) in asked] == (found.between(start, end) // 1000 / 1e3).tolist(), (name, function)
            assert mart.execute("select mart.business_s('desk', timestamp '2021-01-02', timestamp '2021-01-01')").fetchall() == [(None,)]
            mart.close()


def test_the_question_of_business_time_shows_both_durations_and_both_policies(tmp_path: Path) -> None:
    with engine() as con:
        shop = workshop_of(tmp_path, con, SUPPORT + ZONE + 'calendar = "support"\n')
        with closing(shop.live):
            shop.take([letter("2020-09-29T17:02:00Z", "message.received"), letter("2020-09-30T19:01:27.6Z", "message.answered")])
            shop.publish()
            text = files("pipelines").joinpath("questions", "how_long_in_business_time.sql").read_text(encoding="utf-8")
            [row] = shop.ask(text)
            assert (*row[:3], *(round(value, 6) for value in row[3:6]), *row[6:]) == ("letters", "support", 1, 1559.46, 959.46, 689.46, 1, 1.0)


def breaches_of(text: str, events: list[Event]) -> list[tuple[str, datetime, int]]:
    """Return whose wait is beyond adequate, from when on, and the level in ms."""
    lexicon = Lexicon(parse_map(text, name="own.toml", base=default_map()))
    rules = [rule for rule in shipped() if rule.name == "wait_beyond_adequate"]
    with engine() as con:
        found = Partition(lexicon, State(), con, judge=Judge(rules, lexicon)).absorb(Batch(payloads(events), "log", AS_OF)).tables
    rows = found["intervals"].to_pylist() if "intervals" in found else []
    return sorted((row["customer_id"], EPOCH + row["since_us"] * US, row["threshold"]) for row in rows)


DESK = 'calendar = "desk"\n'
DELIVERY = '[[tolerance]]\nstage = "delivery"\ndesired = "1h"\nadequate = "9h"\n'
HOUR_MS = 3_600_000


def test_an_alert_rings_when_business_time_is_used_up_and_not_in_the_night() -> None:
    # Friday 14:30 in Berlin, half an hour before the desk closes: eight hours are used up on Tuesday at 9:30
    open_ = [letter("2025-03-07T13:30:00Z", "message.received")]
    assert breaches_of(SUPPORT + ZONE, open_) == [("ann", datetime(2025, 3, 7, 21, 30), 8 * HOUR_MS)]  # noqa: DTZ001
    assert breaches_of(SUPPORT + ZONE + DESK, open_) == [("ann", datetime(2025, 3, 11, 8, 30), 91 * HOUR_MS)]  # noqa: DTZ001


def test_who_is_answered_in_time_by_the_calendar_makes_no_breach() -> None:
    letters = [letter("2025-03-07T13:30:00Z", "message.received"), letter("2025-03-11T08:30:00Z", "message.answered")]
    assert breaches_of(SUPPORT + ZONE + DESK, letters) == []
    late = [letters[0], letter("2025-03-11T08:30:00.002Z", "message.answered")]
    assert [who for who, _, _ in breaches_of(SUPPORT + ZONE + DESK, late)] == ["ann"]


def test_time_that_runs_out_as_the_desk_closes_is_not_late_before_it_opens_again() -> None:
    text = SUPPORT + ZONE.replace("8h", "2h") + DESK  # Monday 15:00 to 17:00
    assert breaches_of(text, [letter("2025-03-10T14:00:00Z", "message.received"), letter("2025-03-10T20:00:00Z", "message.answered")]) == []
    [(_, since, _)] = breaches_of(text, [letter("2025-03-10T14:00:00Z", "message.received")])
    assert since == datetime(2025, 3, 11, 8)  # noqa: DTZ001


def test_a_wait_in_the_stage_of_its_pair_counts_by_the_calendar_of_that_stage() -> None:
    paid = {
        "id": "1",
        "source": "shop",
        "type": "order.paid",
        "time": "2025-03-10T09:00:00Z",
        "customer_id": "bob",
        "case_id": "o1",
        "channel": "web",
    }
    # Monday 10:00 to 12:00 and 13:00 to 17:00, and three hours of Tuesday
    assert breaches_of(SUPPORT + DELIVERY + DESK, [paid]) == [("bob", datetime(2025, 3, 11, 11), 26 * HOUR_MS)]  # noqa: DTZ001


def test_levels_of_steps_and_of_pairs_are_the_same_function() -> None:
    """One is numpy, the other SQL: a stage's own wait and a pair's wait of the same level end at the same instant, whenever they begin."""
    text = SUPPORT + DELIVERY + DESK + DELIVERY.replace("delivery", "letters") + DESK
    begin = datetime(2025, 3, 27)  # noqa: DTZ001 - the clock is changed on the 30th
    times = [(begin + timedelta(minutes=37 * n, milliseconds=n)).isoformat() + "Z" for n in range(300)]
    events: list[Event] = []
    for n, at in enumerate(times):
        who = {"source": "log", "time": at, "customer_id": f"c{n}"}
        events.append({**who, "id": f"l{n}", "type": "message.received", "case_id": f"l{n}", "channel": "email"})
        events.append({**who, "id": f"o{n}", "type": "order.paid", "case_id": f"o{n}", "channel": "web"})
    found = breaches_of(text, events)
    assert len(found) == 600
    assert found[::2] == found[1::2]


def caused_backstage(folder: Path, text: str, events: list[Event]) -> list[tuple[object, ...]]:
    """Return whose wait work behind the line holds beyond adequate: since when, the level in ms, and which operation."""
    with engine() as con:
        shop = workshop_of(folder, con, text)
        with closing(shop.live):
            shop.take(events)
            shop.publish()  # writes the files of facts
            rules = [rule for rule in shipped() if rule.name == "wait_caused_backstage"]
            Overall.over(shop.live, shop.journey_map, rules, shop.segments).judge(shop.segments, now=True)
            return shop.live.con.execute("select customer_id, since, threshold, operation from internal.intervals").fetchall()


@pytest.mark.parametrize("zone", ["calendar", "none"])
def test_work_behind_the_line_is_to_blame_from_when_business_time_is_used_up(tmp_path: Path, zone: str) -> None:
    waits = letter("2025-03-07T13:30:00Z", "message.received")
    work = {"id": "w", "source": "erp", "channel": "backoffice", "correlation_id": "k1", "causation_id": waits["id"], "actor": {"team": "store"}}
    works = [work | {"type": "op.started", "time": "2025-03-07T14:00:00Z"}]
    found = caused_backstage(tmp_path, SUPPORT + ZONE + (DESK if zone == "calendar" else ""), [waits, *works])
    since, hours = (datetime(2025, 3, 11, 8, 30), 91) if zone == "calendar" else (datetime(2025, 3, 7, 21, 30), 8)  # noqa: DTZ001
    assert found == [("ann", since, hours * HOUR_MS, "k1")]
