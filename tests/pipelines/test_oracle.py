"""The readable rebuild, on histories small enough to be worked out by hand. Times are minutes since an instant; rows are what arrived."""

from __future__ import annotations

import hashlib
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from pipelines.oracle import ARRIVALS, Rules, rebuild
from pipelines.oracle.rules import GAPS, PAIRS, TOLERANCE
from schemas.roles import bit, union

MINUTE = 60_000_000
START = 1_709_542_800_000_000
LATER = START + 10_000 * 1440 * MINUTE
ROLES = {
    "page": 0,
    "closed": bit("terminal"),
    "queued": bit("wait_opens"),
    "answered": bit("wait_closes"),
    "passed_on": union(["wait_opens", "wait_closes"]),
    "op": bit("backstage"),
    "beat": bit("house"),
}
THINGS = {"queued": "call", "answered": "call", "passed_on": "call", "hold": "hold"}


def pair(key: str = "correlation") -> pa.Table:
    row = {"name": "call", "thing": "call", "opens": bit("wait_opens"), "closes": bit("wait_closes"), "key": key}
    return pa.Table.from_pylist([row], schema=PAIRS)


def rules(*, pairs: pa.Table | None = None, zones: tuple[dict[str, Any], ...] = (), **numbers: int) -> Rules:
    """Gap 30 minutes, on the phone 60; lateness one hour; a case is final after ten days; four events are the most."""
    bits = {role: bit(role) for role in ("terminal", "backstage", "house")}
    zone_rows = [{"conditions": int("segment" in zone), "file_order": at} | zone for at, zone in enumerate(zones)]
    return Rules(
        numbers={"lateness_us": 60 * MINUTE, "largest_gap_us": 60 * MINUTE, "max_events": 4, "case_max_age_us": 14_400 * MINUTE} | bits | numbers,
        gaps=pa.Table.from_pylist([{"channel": None, "gap_us": 30 * MINUTE}, {"channel": "phone", "gap_us": 60 * MINUTE}], schema=GAPS),
        pairs=pair() if pairs is None else pairs,
        tolerance=pa.Table.from_pylist(zone_rows, schema=TOLERANCE),
    )


def row(offset: int, type_: str, minute: float, **fields: Any) -> dict[str, Any]:
    content = {
        "source": "log", "event_id": f"e{minute}", "type": type_, "time_us": START + int(minute * MINUTE), "customer": "ann",
        "stage": type_, "roles": ROLES.get(type_, 0), "thing": THINGS.get(type_),
    } | fields  # fmt: skip
    canonical = hashlib.md5(repr(content).encode()).hexdigest()
    return {"partition": 0, "offset": offset, "feed": "log", "received_us": LATER, "canonical": canonical} | content


def rebuilt(*rows: dict[str, Any], as_of_us: int = START, by: Rules | None = None) -> dict[str, list[dict[str, Any]]]:
    with duckdb.connect() as con:
        answers = rebuild(con, pa.Table.from_pylist(list(rows), schema=ARRIVALS), by or rules(), as_of_us=as_of_us)
        return {name: table.to_pylist() for name, table in answers.items()}


def pages(*minutes: float, **fields: Any) -> list[dict[str, Any]]:
    return [row(at, "page", minute, **fields) for at, minute in enumerate(minutes)]


def lengths(answers: dict[str, list[dict[str, Any]]]) -> list[int]:
    return [journey["step_count"] for journey in sorted(answers["journeys"], key=lambda journey: journey["started_us"])]


def waits(answers: dict[str, list[dict[str, Any]]]) -> list[float | None]:
    """Minutes, in the order of the steps."""
    steps = sorted(answers["steps"], key=lambda step: (step["occurred_us"], step["position"]))
    return [None if step["wait_ms"] is None else step["wait_ms"] / 60_000 for step in steps]


def test_a_pause_of_exactly_the_gap_goes_on_and_a_longer_one_starts_anew() -> None:
    assert lengths(rebuilt(*pages(0, 30))) == [2]
    assert lengths(rebuilt(*pages(0, 30.1))) == [1, 1]


def test_the_gap_is_that_of_the_later_events_channel() -> None:
    assert lengths(rebuilt(row(0, "page", 0), row(1, "page", 50, channel="phone"))) == [2]
    assert lengths(rebuilt(row(0, "page", 0, channel="phone"), row(1, "page", 50))) == [1, 1]


def test_a_channel_that_the_map_does_not_name_has_the_default_gap() -> None:
    assert lengths(rebuilt(*pages(0, 30, 61, channel="fax"))) == [2, 1]


def test_gaps_are_between_times_and_not_ends() -> None:
    assert lengths(rebuilt(row(0, "page", 0, service_ms=3_600_000), row(1, "page", 31))) == [1, 1]


def test_a_terminal_closes_the_journey_and_the_next_event_starts_another() -> None:
    answers = rebuilt(row(0, "page", 0), row(1, "page", 10), row(2, "closed", 5))
    assert lengths(answers) == [2, 1]
    assert sorted(journey["status"] for journey in answers["journeys"]) == ["closed", "open"]


def test_a_late_event_bridges_two_journeys() -> None:
    assert lengths(rebuilt(*pages(0, 50))) == [1, 1]
    assert lengths(rebuilt(*pages(0, 50, 25))) == [3]


def test_a_case_is_one_journey_over_terminals_and_years_and_lies_between_no_caseless_events() -> None:
    case = [row(at, type_, minute, case_id="c") for at, (type_, minute) in enumerate([("page", 1), ("closed", 2), ("page", 366 * 1440)])]
    answers = rebuilt(*case, row(3, "page", 0), row(4, "page", 30))
    assert sorted((journey["rule"], journey["step_count"]) for journey in answers["journeys"]) == [("case", 3), ("gap", 2)]


def test_the_same_case_of_two_customers_is_two_journeys() -> None:
    assert lengths(rebuilt(row(0, "page", 0, case_id="c"), row(1, "page", 1, case_id="c", customer="bob"))) == [1, 1]


def test_copies_are_kept_once_and_the_smallest_canonical_form_wins_whole() -> None:
    copies = [row(0, "page", 0, canonical="b"), row(1, "closed", 0, canonical="a", site="north"), row(2, "page", 0, canonical="b")]
    answers = rebuilt(*copies)
    assert [(step["type"], step["site"]) for step in answers["steps"]] == [("closed", "north")]
    assert answers["counts"] == [{"arrived": 3, "kept": 1, "duplicates": 2, "conflicts": 1}]


@pytest.mark.parametrize("other", [{"time_us": START + 1}, {"case_id": "c"}, {"customer": "bob"}, {"source": "pbx"}, {"event_id": "x"}])
def test_an_event_with_another_name_is_no_copy(other: dict[str, Any]) -> None:
    assert rebuilt(row(0, "page", 0), row(1, "page", 0, **other))["counts"][0]["duplicates"] == 0


def test_the_key_is_the_first_64_bits_of_md5_over_the_name_and_the_lengths_of_its_parts() -> None:
    step = rebuilt(row(0, "page", 0, case_id="c", event_id="ü"))["steps"][0]
    name = "\x1f".join(["", str(START), "3", "3", "2", "ann", "log", "ü", "c"])
    assert step["key"] == step["first_key"] == int(hashlib.md5(name.encode()).hexdigest()[:16], 16)


def test_equal_times_are_ordered_by_sequence_then_key() -> None:
    same = [
        row(0, "c", 0, sequence=1, event_id="c"),
        row(1, "b", 0, event_id="b"),
        row(2, "a", 0, sequence=-1, event_id="a"),
        row(3, "d", 0, sequence=0, event_id="d"),
    ]
    steps = rebuilt(*same)["steps"]
    assert [step["type"] for step in steps][0::3] == ["a", "c"]
    assert steps[1]["key"] < steps[2]["key"]


def test_time_since_the_previous_end_is_never_negative_and_a_derived_service_moves_no_end() -> None:
    steps = rebuilt(row(0, "page", 0, service_ms=60_000), row(1, "page", 0.5), row(2, "page", 3))["steps"]
    assert [step["since_previous_ms"] for step in steps] == [None, 0, 150_000]
    tasks = rebuilt(row(0, "task", 0, lifecycle="started"), row(1, "task", 5, lifecycle="completed"), row(2, "page", 8))["steps"]
    assert [(step["since_previous_ms"], step["service_ms"]) for step in tasks] == [(None, None), (300_000, 300_000), (180_000, None)]


def test_a_journey_ends_with_its_greatest_end() -> None:
    [journey] = rebuilt(row(0, "page", 0, service_ms=600_000), row(1, "page", 5))["journeys"]
    assert (journey["ended_us"] - START, journey["duration_ms"]) == (10 * MINUTE, 600_000)


def test_lifecycle_pairs_are_first_in_first_out_within_a_type() -> None:
    stages = [("a", "queued"), ("a", "queued"), ("b", "started"), ("a", "started")]
    rows = [row(at, type_, at, lifecycle=stage) for at, (type_, stage) in enumerate(stages)]
    assert waits(rebuilt(*rows)) == [None, None, None, 3]


def test_a_start_with_nothing_queued_takes_nothing_from_a_later_one() -> None:
    stages = ["started", "queued", "started", "started"]
    assert waits(rebuilt(*[row(at, "a", at, lifecycle=stage) for at, stage in enumerate(stages)])) == [None, None, 1, None]


def test_a_measured_wait_comes_before_the_pair_but_the_pair_is_closed_all_the_same() -> None:
    rows = [row(0, "queued", 0), row(1, "answered", 1, wait_ms=0), row(2, "answered", 2)]
    assert waits(rebuilt(*rows)) == [None, 0, None]


def test_a_close_with_a_key_takes_the_first_of_its_key_then_the_latest_without() -> None:
    openings = [row(0, "queued", 0, correlation_id="k"), row(1, "queued", 1, correlation_id="k"), row(2, "queued", 2)]
    assert waits(rebuilt(*openings, row(3, "answered", 3, correlation_id="k"))) == [None, None, None, 3]
    assert waits(rebuilt(*openings, row(3, "answered", 3, correlation_id="x"))) == [None, None, None, 1]
    assert waits(rebuilt(*openings[:2], row(3, "answered", 3, correlation_id="x"))) == [None, None, None]


def test_a_close_without_a_key_takes_the_latest_of_its_channel() -> None:
    rows = [row(0, "queued", 0, correlation_id="k", channel="phone"), row(1, "queued", 1, channel="chat"), row(2, "answered", 2, channel="phone")]
    assert waits(rebuilt(*rows)) == [None, None, 2]


def test_things_of_another_row_close_nothing() -> None:
    assert waits(rebuilt(row(0, "queued", 0), row(1, "hold", 1, roles=bit("wait_closes")))) == [None, None]


def test_an_event_that_closes_and_opens_closes_first() -> None:
    assert waits(rebuilt(row(0, "passed_on", 0), row(1, "passed_on", 1), row(2, "answered", 3))) == [None, 1, 2]


def test_pairs_by_case_are_first_in_first_out_in_a_case_and_without_one_go_by_the_thread() -> None:
    types = ["queued", "queued", "answered"]
    case = [row(at, type_, at, case_id="c", channel=str(at)) for at, type_ in enumerate(types)]
    threads = [row(at, type_, at, correlation_id=thread) for at, (type_, thread) in enumerate(zip(types, "aba", strict=True))]
    loose = [row(at, type_, at) for at, type_ in enumerate(types)]
    by = rules(pairs=pair("case"))
    assert waits(rebuilt(*case, by=by)) == waits(rebuilt(*threads, by=by)) == [None, None, 2]
    assert waits(rebuilt(*loose, by=by)) == [None, None, 1]


def open_waits(*rows: dict[str, Any]) -> list[bool]:
    return [step["open_wait"] for step in rebuilt(*rows)["steps"]]


def test_an_opening_that_nothing_closes_is_open_whether_by_its_role_or_by_its_stage_of_life() -> None:
    assert open_waits(row(0, "queued", 0), row(1, "queued", 1), row(2, "answered", 2)) == [True, False, False]
    lives = (row(0, "a", 0, lifecycle="queued"), row(1, "a", 1, lifecycle="started"), row(2, "a", 2, lifecycle="queued"))
    assert open_waits(*lives) == [False, False, True]
    assert open_waits(row(0, "queued", 0, lifecycle="queued"), row(1, "answered", 1)) == [True, False]


def test_a_pair_lies_inside_one_journey() -> None:
    assert waits(rebuilt(row(0, "queued", 0), row(1, "answered", 31))) == [None, None]


def test_the_zone_is_one_at_the_desired_wait_and_zero_at_the_adequate_one() -> None:
    zone = {"stage": "answered", "desired_ms": 20_000, "adequate_ms": 60_000}
    rows = [row(at, "answered", at, wait_ms=wait) for at, wait in enumerate([20_000, 60_000, 90_000])]
    assert [step["zone"] for step in rebuilt(*rows, by=rules(zones=(zone,)))["steps"]] == [1.0, 0.0, -0.75]
    flat = zone | {"adequate_ms": 20_000}
    assert rebuilt(rows[0], by=rules(zones=(flat,)))["steps"][0]["zone"] is None


def test_the_most_specific_zone_of_what_the_journey_knew_by_then_applies() -> None:
    zone = {"stage": "answered", "desired_ms": 0}
    zones = (
        zone | {"adequate_ms": 100},
        zone | {"adequate_ms": 200, "segment": "gold"},
        zone | {"adequate_ms": 400, "valid_from_us": START + 3 * MINUTE},
    )
    rows = [row(0, "answered", 0, wait_ms=50), row(1, "answered", 1, wait_ms=50, segment="gold"), row(2, "answered", 2, wait_ms=50)]
    answers = rebuilt(*rows, row(3, "answered", 40, wait_ms=50), by=rules(zones=zones))
    assert [step["zone"] for step in sorted(answers["steps"], key=lambda step: step["occurred_us"])] == [0.5, 0.75, 0.75, 0.875]


def test_status_is_oversized_then_closed_then_final_then_open() -> None:
    def statuses(rows: list[dict[str, Any]], minutes: int) -> list[str]:
        return [journey["status"] for journey in rebuilt(*rows, as_of_us=START + minutes * MINUTE)["journeys"]]

    crowd = [*pages(0, 1, 2, 3), row(4, "closed", 4)]
    assert statuses(crowd, 999) == ["oversized"] and rebuilt(*crowd)["steps"] == []
    assert statuses([row(0, "closed", 0)], 999) == ["closed"]
    assert statuses(pages(0), 120) == ["open"] and statuses(pages(0), 121) == ["final"]
    assert statuses(pages(0, case_id="c"), 14_400) == ["open"] and statuses(pages(0, case_id="c"), 14_401) == ["final"]


def test_revision_counts_kept_events_below_what_their_feed_had_seen_less_the_lateness() -> None:
    late = row(2, "page", 9)
    assert [j["revision"] for j in rebuilt(*pages(0, 10), row(2, "page", 5))["journeys"]] == [0]
    assert sum(j["revision"] for j in rebuilt(row(0, "page", 70), late)["journeys"]) == 1
    assert sum(j["revision"] for j in rebuilt(row(0, "page", 69), late)["journeys"]) == 0
    assert sum(j["revision"] for j in rebuilt(row(0, "page", 70), late | {"feed": "other"})["journeys"]) == 0


def test_of_equal_copies_the_first_to_come_says_whether_it_was_late() -> None:
    rows = [row(0, "page", 0), row(1, "page", 100), row(2, "page", 0)]
    assert sum(j["revision"] for j in rebuilt(*rows)["journeys"]) == 0
    other = row(0, "page", 0) | {"canonical": "z"}
    assert sum(j["revision"] for j in rebuilt(other, *rows[1:])["journeys"]) == 1


def test_backstage_work_without_a_customer_and_house_events_are_in_no_journey() -> None:
    op = {"customer": None, "event_id": "o"}
    work = [
        row(0, "op", 0, correlation_id="k", causation_id="w", **op),
        row(1, "op", 0, causation_id="w", **op),
        row(2, "op", 0, **op),
        row(3, "op", 0, **op),
    ]
    answers = rebuilt(*work, row(4, "op", 0), row(5, "beat", 0, customer=None), row(6, "beat", 0, customer="ann"))
    assert [operation["scope"] for operation in answers["operations"]].count("op:w") == 1
    assert [len(answers[name]) for name in ("operations", "steps", "house")] == [3, 1, 2]
    assert answers["counts"][0] == {"arrived": 7, "kept": 6, "duplicates": 1, "conflicts": 0}


def test_house_events_of_two_customers_are_no_copies() -> None:
    beats = [row(at, "beat", 0, customer=name) for at, name in enumerate((None, "ann", "bob", "ann"))]
    assert rebuilt(*beats)["counts"] == [{"arrived": 4, "kept": 3, "duplicates": 1, "conflicts": 0}]
