from __future__ import annotations

import re
from collections import Counter

import msgspec
import pytest

from pipelines.simulate import Simulation, simulate
from pipelines.simulate.world import TYPES
from schemas.touchpoint import Touchpoint

_DECODER = msgspec.json.Decoder(Touchpoint)


def _lines(run: Simulation) -> list[bytes]:
    return b"".join(block.lines for block in run.blocks()).splitlines()


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return _lines(simulate(20_000, 3))


@pytest.fixture(scope="module")
def events(lines: list[bytes]) -> list[Touchpoint]:
    return [_DECODER.decode(line) for line in lines]


@pytest.mark.parametrize("count", [1_000, 2_000, 20_001])
def test_the_log_has_exactly_as_many_lines_as_were_asked_for(count: int) -> None:
    assert len(_lines(simulate(count, 1))) == count


@pytest.mark.parametrize("seed", range(5))
def test_two_thousand_lines_show_every_standard_type_and_no_other(seed: int) -> None:
    assert {_DECODER.decode(line).type for line in _lines(simulate(2_000, seed))} == set(TYPES)


def test_every_line_is_a_touchpoint_in_the_strict_form(lines: list[bytes], events: list[Touchpoint]) -> None:
    assert len(events) == len(lines)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_log(lines: list[bytes]) -> None:
    assert _lines(simulate(20_000, 3)) == lines
    assert _lines(simulate(20_000, 4)) != lines


def test_events_that_are_no_work_of_the_house_name_a_customer_or_a_flow(events: list[Touchpoint]) -> None:
    house = ("op.", "feed.", "training.", "manager.")
    assert all(e.customer_id or e.identifiers for e in events if not e.type.startswith(house))
    assert all(e.correlation_id and not e.customer_id for e in events if e.type.startswith("op."))


def test_backstage_work_names_its_element_its_team_and_the_event_it_holds_up(events: list[Touchpoint]) -> None:
    known = {e.id for e in events}
    work = [e for e in events if e.type.startswith("op.")]
    assert {(e.attributes or {}).get("element") for e in work} == {"people", "operations", "technology"}
    assert all(e.actor and e.actor.team and e.actor.lane == "back" for e in work)
    assert {e.causation_id for e in work if e.causation_id} <= known


def test_about_two_in_a_hundred_lines_are_copies(events: list[Touchpoint]) -> None:
    copies = len(events) - len({(e.source, e.id) for e in events})
    assert 0.015 * len(events) < copies < 0.025 * len(events)


def test_some_copies_differ_and_all_keep_source_id_time_and_case(lines: list[bytes], events: list[Touchpoint]) -> None:
    seen: dict[str, set[bytes]] = {}
    for line, event in zip(lines, events, strict=True):
        seen.setdefault(event.id, set()).add(line)
    conflicts = {id_ for id_, forms in seen.items() if len(forms) > 1}
    assert 0 < len(conflicts) < 0.002 * len(events)
    assert all(len({(e.source, e.time, e.case_id, e.customer_id) for e in events if e.id == id_}) == 1 for id_ in conflicts)


def test_about_three_in_a_hundred_lines_stand_more_than_a_minute_behind_newer_ones(events: list[Touchpoint]) -> None:
    behind, newest = 0, events[0].time
    for event in events:
        newest = max(newest, event.time)
        behind += (newest - event.time).total_seconds() > 60
    assert 0.03 * len(events) < behind < 0.09 * len(events)  # late ones, the copies, and what is only a little older at night


def test_people_speak_russian_and_english(events: list[Touchpoint]) -> None:
    spoken = Counter(e.language for e in events if e.text)
    assert set(spoken) == {"ru", "en"}
    assert all(bool(re.search("[а-яА-Я]", e.text)) == (e.language == "ru") for e in events if e.text)


def test_some_customers_are_a_telephone_number_some_a_cookie_some_nobody(events: list[Touchpoint]) -> None:
    nameless = [e for e in events if e.customer_id is None and e.identifiers]
    assert {e.identifiers[0].split(":")[0] for e in nameless if e.identifiers} == {"phone", "cookie"}
    assert {"0", "undefined"} <= {e.customer_id for e in events}


def test_the_reserved_attributes_all_occur(events: list[Touchpoint]) -> None:
    assert {"segment", "client_type", "context", "party_size", "campaign", "element"} <= {name for e in events for name in e.attributes or {}}


def test_nights_are_quiet_and_week_ends_slower(events: list[Touchpoint]) -> None:
    hours = Counter(e.time.hour for e in events if e.type == "call.offered")
    assert sum(hours[h] for h in range(9, 18)) > 0.75 * sum(hours.values())
    days = Counter(e.time.weekday() for e in events)
    assert days[6] < days[0]


@pytest.mark.parametrize(("count", "seed"), [(999, 1), (2_000, -1)])
def test_too_small_a_log_and_a_negative_seed_are_refused(count: int, seed: int) -> None:
    with pytest.raises(ValueError, match="at least"):
        simulate(count, seed)
