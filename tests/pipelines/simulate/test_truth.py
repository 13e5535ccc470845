from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from pipelines.simulate import Simulation, simulate
from pipelines.simulate.world import LEVELS, TYPES
from schemas.journey_map import default_map
from schemas.touchpoint import Touchpoint
from tests.pipelines.simulate.pairs import Wait, unique, waits

_DECODER = msgspec.json.Decoder(Touchpoint)
Rows = list[dict[str, object]]


def _log(run: Simulation) -> list[Touchpoint]:
    return unique(_DECODER.decode(line) for block in run.blocks() for line in block.lines.splitlines())


@pytest.fixture(scope="module")
def run() -> Simulation:
    return simulate(40_000, 5)


@pytest.fixture(scope="module")
def events(run: Simulation) -> list[Touchpoint]:
    return _log(run)


@pytest.fixture(scope="module")
def truth(run: Simulation, events: list[Touchpoint]) -> dict[str, Rows]:
    assert events
    return {name: list(rows) for name, rows in run.truth_files()}


@pytest.fixture(scope="module")
def planted(truth: dict[str, Rows]) -> dict[str, Rows]:
    rules: dict[str, Rows] = defaultdict(list)
    for row in truth["situations.json"]:
        rules[str(row["rule"])].append(row)
    return rules


def _opened(rows: Rows) -> set[object]:
    return {row["events"][0] for row in rows if isinstance(row["events"], list)}


def _too_long(events: list[Touchpoint]) -> list[Wait]:
    return [wait for wait in waits(events) if wait.seconds > wait.adequate_s]


def test_the_waits_beyond_adequate_are_those_that_a_plain_reading_finds(events: list[Touchpoint], planted: dict[str, Rows]) -> None:
    found = {wait.opened.id for wait in _too_long(events) if wait.opened.type != "promise.made"}
    assert found == _opened(planted["wait_beyond_adequate"])


def test_the_broken_promises_are_those_that_a_plain_reading_finds(events: list[Touchpoint], planted: dict[str, Rows]) -> None:
    found = {wait.opened.id for wait in _too_long(events) if wait.opened.type == "promise.made"}
    assert found == _opened(planted["promise_broken"])


def test_every_rule_has_planted_cases(planted: dict[str, Rows]) -> None:
    assert set(planted) == {
        *("wait_beyond_adequate", "promise_about_to_break", "promise_broken", "voicemail_not_listened", "voicemail_not_returned"),
        *("complaint_unacknowledged", "moves_without_progress", "ping_pong", "resolved_then_reopened", "trapped_in_machine"),
        *("customer_repeats", "double_deviation", "paid_not_delivered", "wait_caused_backstage", "breakdown"),
    }


def test_every_event_that_the_truth_names_stands_in_the_log(events: list[Touchpoint], truth: dict[str, Rows]) -> None:
    known = {event.id for event in events}
    named = {id_ for row in truth["situations.json"] for id_ in (row.get("events") or []) if isinstance(id_, str)}  # type: ignore[attr-defined]
    closers = {row["closed_by"] for row in truth["situations.json"] + truth["waits.json"] if row.get("closed_by")}
    assert named <= known
    assert closers <= known


def test_the_truth_tells_nothing_later_than_the_last_event(events: list[Touchpoint], truth: dict[str, Rows]) -> None:
    end = events[-1].time
    told = [row[key] for row in truth["situations.json"] for key in ("since", "until") if row[key]]
    told += [row["left_at"] for row in truth["customers.json"]]
    assert max(datetime.fromisoformat(str(at)) for at in told if at) <= end + timedelta(days=2)  # an incident may outlast the log
    assert all(datetime.fromisoformat(str(row["since"])) <= end for row in truth["situations.json"])


def test_nearly_all_who_come_to_a_breakdown_wait_beyond_what_is_adequate(run: Simulation, events: list[Touchpoint]) -> None:
    told = list(waits(events))
    for incident in run.truth.incidents:
        since, until = (datetime.fromtimestamp(ms / 1000, tz=UTC) for ms in (incident.since, incident.until))
        begun = [w for w in told if w.opened.type == incident.opens and since <= w.opened.time < until]
        inside = [w for w in begun if incident.site in (w.opened.site, "head-office") and (incident.kind != "message" or w.opened.channel == "email")]
        assert len(inside) >= 5
        assert sum(w.seconds > w.adequate_s for w in inside) > 0.8 * len(inside)


def test_each_incident_is_one_operation_that_names_the_waits_it_causes(events: list[Touchpoint], truth: dict[str, Rows]) -> None:
    by_id = {event.id: event for event in events}
    for incident in truth["incidents.json"]:
        (operation,) = incident["operations"]  # type: ignore[misc]
        work = [e for e in events if e.correlation_id == operation]
        held_up = {by_id[e.causation_id].type for e in work if e.causation_id}
        assert held_up == {incident["type"]}
        assert {e.actor.team for e in work if e.actor} == {incident["team"]}


def test_the_counts_are_those_of_the_lines(run: Simulation, events: list[Touchpoint]) -> None:
    assert run.counts.events == 40_000
    assert run.counts.unique == len(events)
    kinds = run.counts.rows()["types"]
    assert kinds == {kind: sum(e.type == kind for e in events) for kind in TYPES}


def test_a_clean_log_has_no_situation_and_a_plain_reading_finds_none() -> None:
    run = simulate(40_000, 5, clean=True)
    events = _log(run)
    truth = {name: list(rows) for name, rows in run.truth_files()}
    assert truth["situations.json"] == truth["incidents.json"] == []
    assert _too_long(events) == []
    assert not {"case.reopened", "handoff.returned", "op.failed"} & {event.type for event in events}


def test_the_default_map_names_every_type_and_its_adequate_levels_part_ordinary_from_troubled_waits() -> None:
    known = default_map()
    assert all(known.meaning(kind, None).stage != kind for kind in TYPES)
    closers = {
        "queue": ("call.answered", "phone"),
        "hold": ("hold.ended", "phone"),
        "human": ("human.reached", "bot"),
        "visit": ("visit.served", "store"),
    }
    closers |= {"voicemail": ("voicemail.listened", "voicemail"), "callback": ("callback.reached", "phone"), "chat": ("message.answered", "chat")}
    closers |= {name: ("message.answered", name) for name in ("messenger", "email", "social")}
    closers |= {"field": ("wait.ended", "field"), "approval": ("approval.granted", "backoffice"), "handoff": ("handoff.accepted", "backoffice")}
    closers |= {"delivery": ("order.delivered", "web"), "complaint": ("complaint.acknowledged", "email")}
    for name, (kind, channel) in closers.items():
        zone = known.zone_for(known.meaning(kind, channel).stage, "vip", "fast", "with a child", 1_740_000_000_000_000)
        assert zone is not None
        assert LEVELS[name].ordinary < zone[1] < LEVELS[name].troubled
        assert LEVELS[name].adequate == zone[1]
