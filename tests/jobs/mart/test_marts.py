"""Each mart against what a person, or the plain function, would say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from pipelines.estimate.bottlenecks import NO_LEVEL, excess, rank
from pipelines.estimate.histogram import bucket, quantile
from pipelines.estimate.intervals import wilson
from tests.generated.events import Event
from tests.jobs.mart.conftest import Workshop

START = datetime(2024, 3, 4, 9, tzinfo=UTC)


def event(number: int, kind: str, minutes: float, customer: str = "ann", **more: object) -> Event:
    time = (START + timedelta(minutes=minutes)).isoformat()
    return {"id": f"e{number}", "source": "web", "type": kind, "time": time, "customer_id": customer, **more}


def micros(minutes: float) -> int:
    return int((START + timedelta(minutes=minutes) - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


def test_transitions_are_exact(workshop: Workshop) -> None:
    for number, minutes in enumerate((1, 2, 4, 10)):
        case = {"case_id": f"k{number}"}
        workshop.take([event(2 * number, "a.done", 0, **case), event(2 * number + 1, "b.done", minutes, **case)])
    workshop.publish()
    expected = [("a.done", "b.done", 4, 255.0, 180.0, pytest.approx(492.0), 1020.0)]
    assert workshop.ask('select from_type, to_type, "count", mean_s, median_s, p90_s, total_s from mart.transitions') == expected


def test_variants_are_named_by_their_types_and_oversized_journeys_left_out(workshop: Workshop) -> None:
    workshop.take(
        [event(n, "a.done", n, "ann", case_id="one") for n in range(2)],
        [event(10 + n, "a.done", n, "bob", case_id="two") for n in range(2)],
        [event(20, "b.done", 0, "cyd", case_id="three")],
        [event(30 + n, "a.done", n, "dan", case_id="long") for n in range(9)],  # the map allows 8
    )
    workshop.publish()
    found = workshop.ask('select variant, step_count, "count", share, median_duration_s from mart.variants order by all')
    assert found == [("a.done > a.done", 2, 2, 2 / 3, 60.0), ("b.done", 1, 1, 1 / 3, 0.0)]
    linked = "select count(distinct j.variant) from mart.journeys as j join mart.variants as v on v.variant_id = j.variant"
    assert workshop.ask(linked) == [(2,)]
    assert workshop.ask("select customer_id, step_count, variant from mart.journeys where status = 'oversized'") == [("dan", 9, None)]
    assert workshop.ask("select count(*) from mart.touchpoints where journey_id is null") == [(9,)]


def test_status_follows_as_of_and_the_first_rule_that_holds_counts(workshop: Workshop) -> None:
    cases = [event(2, "case.opened", 0, "case", case_id="k"), event(3, "case.closed", 0, "done", case_id="l")]
    workshop.take([event(1, "page.viewed", 0, "gap"), *cases])
    largest = workshop.journey_map.largest_gap_us + workshop.journey_map.lateness_us
    query = "select customer_id, status from mart.journeys order by all"
    open_, final = [("case", "open"), ("done", "closed"), ("gap", "open")], [("case", "open"), ("done", "closed"), ("gap", "final")]
    workshop.publish(as_of_us=micros(0) + largest)
    assert workshop.ask(query) == open_
    workshop.publish(as_of_us=micros(0) + largest + 1)
    assert workshop.ask(query) == final
    workshop.publish(as_of_us=micros(0) + workshop.journey_map.case_max_age_us + 1)
    assert workshop.ask(query)[0] == ("case", "final")


def calls(waits_s: list[float], customers: int = 10**9) -> list[Event]:
    """A call each, that waited so long, by customers in turn."""
    return [
        event(n, "call.answered", n / 10, f"c{n % customers}", channel="phone", site=f"s{n % 2}", case_id=f"k{n}", wait_s=wait)
        for n, wait in enumerate(waits_s)
    ]


def test_stage_waits_agree_with_the_plain_histogram_and_interval(workshop: Workshop) -> None:
    waits = [float(wait) for wait in np.random.default_rng(1).exponential(150, 200).round(3)]
    workshop.take(calls(waits))
    workshop.publish()
    zone = workshop.ask("select distinct desired_s, adequate_s from mart.steps")[0]
    ms = np.rint(np.array(waits) * 1000).astype(np.int64)
    below = int((ms > float(str(zone[1])) * 1000).sum())
    low, high = wilson(below, len(ms))
    columns = "basis, visits, waits, below, below + inside + above, share_below, share_below_low, share_below_high, p50_s, p90_s, p99_s"
    (found,) = workshop.ask(f"select {columns} from mart.stage_waits")
    assert found[:6] == ("wait", 200, 200, below, 200, below / 200)
    assert found[6:8] == pytest.approx((float(low), float(high)))
    assert [value * 1000 for value in found[8:]] == pytest.approx([quantile(bucket(ms), np.ones(200), q) for q in (0.5, 0.9, 0.99)])  # type: ignore[operator]
    assert workshop.ask("select sum(n) from mart.stage_wait_histogram") == [(200,)]


@pytest.mark.parametrize("waits", [[10.0, 90.0, 300.0, 20.0, 180.0, 180.001, 5.5], [300.0] * 4, [1.0] * 3])
def test_the_shares_below_in_and_above_the_zone_have_wilsons_interval_each_and_the_margins_add_up(workshop: Workshop, waits: list[float]) -> None:
    workshop.take(calls(waits))
    workshop.publish()
    ms, (desired, adequate) = np.rint(np.array(waits) * 1000).astype(np.int64), (20_000, 180_000)
    for name, count in (("below", (ms > adequate).sum()), ("inside", ((ms >= desired) & (ms <= adequate)).sum()), ("above", (ms < desired).sum())):
        (found,) = workshop.ask(f"select {name}, judged, share_{name}, share_{name}_low, share_{name}_high from mart.stage_waits")
        low, high = wilson(count, len(ms))
        assert found == (count, len(ms), count / len(ms), pytest.approx(float(low)), pytest.approx(float(high))), name
    sums = (int((adequate - ms).sum()), int((desired - ms).sum()))
    assert workshop.ask("select margin_adequacy_ms, margin_superiority_ms from mart.stage_waits") == [sums]
    means = "select margin_adequacy_mean_s * judged * 1000, margin_superiority_mean_s * judged * 1000 from mart.stage_waits"
    assert workshop.ask(means) == [(pytest.approx(sums[0]), pytest.approx(sums[1]))]
    told = "select sum(round(1000 * margin_adequacy_s)::bigint), sum(round(1000 * margin_superiority_s)::bigint) from mart.steps"
    assert workshop.ask(told) == [sums]
    assert workshop.ask(
        "select count(*) from mart.steps where (zone < 0) <> (margin_adequacy_s < 0) or (zone > 1) <> (margin_superiority_s > 0)"
    ) == [(0,)]


def test_a_stage_without_any_wait_is_judged_by_the_time_since_the_step_before(workshop: Workshop) -> None:
    workshop.take([event(1, "a.done", 0, case_id="k"), event(2, "b.done", 5, case_id="k")])
    workshop.publish()
    assert workshop.ask("select stage, basis, visits, waits, total_s from mart.stage_waits order by stage") == [
        ("a.done", "since_previous", 1, 0, None),
        ("b.done", "since_previous", 1, 1, 300.0),
    ]


def test_waits_that_nothing_has_closed_stand_in_the_hour_of_as_of(workshop: Workshop) -> None:
    more = {"channel": "phone"}
    workshop.take([event(n, "call.queued", n, f"c{n}", correlation_id=f"k{n}", **more) for n in range(3)])
    workshop.take([event(9, "call.answered", 3, "c2", correlation_id="k2", **more)])
    workshop.publish(as_of_us=micros(70))
    query = "select hour(w.hour), open_count, open_below_adequate from mart.stage_waits as w where open_count > 0"
    assert workshop.ask(query) == [(10, 2, 2)]
    assert workshop.ask("select sum(visits)::integer from mart.stage_waits") == [(4,)]
    workshop.publish(as_of_us=micros(1.5))
    assert workshop.ask(query) == [(9, 2, 0)]


def test_a_wait_stays_open_when_its_journey_is_final_or_closed_and_goes_when_it_is_oversized(workshop: Workshop) -> None:
    queued = [event(n, "call.queued", n, f"c{n}", channel="phone") for n in range(3)]
    workshop.take([*queued, event(10, "case.closed", 5, "c1"), *[event(20 + n, "page.viewed", 6 + n, "c2") for n in range(8)]])
    workshop.publish(as_of_us=micros(0) + workshop.journey_map.largest_gap_us + workshop.journey_map.lateness_us + micros(60) - micros(0))
    assert workshop.ask("select customer_id, status from mart.journeys order by all") == [("c0", "final"), ("c1", "closed"), ("c2", "oversized")]
    assert workshop.ask("select sum(open_count)::integer, sum(open_below_adequate)::integer from mart.stage_waits") == [(2, 2)]


def test_bottlenecks_agree_with_the_plain_sums(workshop: Workshop) -> None:
    waits = [float(wait) for wait in np.random.default_rng(2).exponential(400, 120).round(3)]
    bare = [event(1000 + n, "desk.reached", n / 10, f"c{n % 15}", case_id=f"d{n}", wait_s=float(n % 7)) for n in range(40)]
    workshop.take(calls(waits, 30), bare)
    workshop.publish()
    queue, desk, low = [f"c{n % 30}" for n in range(120)], [f"c{n % 15}" for n in range(40)], workshop.ask("select max(adequate_s) from mart.steps")
    level = int(1000 * float(str(low[0][0])))
    for query, customers, waited, levels in (
        ("cut = 'stage' and stage = 'queue'", queue, waits, [level] * 120),
        ("cut = 'stage_site' and site = 's1'", queue[1::2], waits[1::2], [level] * 60),
        ("cut = 'stage' and stage = 'desk.reached'", desk, [float(n % 7) for n in range(40)], [NO_LEVEL] * 40),
    ):
        plain = excess([0] * len(waited), [int(name[1:]) for name in customers], np.rint(np.array(waited) * 1000), levels)
        wanted = rank(plain.sums).to_pylist()[0]
        (found,) = workshop.ask(f"select threshold, visits, customers, excess_s, excess_low from mart.bottlenecks where {query}")
        assert found == (plain.basis[0], wanted["visits"], wanted["customers"], wanted["excess_ms"] / 1000, wanted["excess_low"])
    assert workshop.ask("select rank, cut, owner from mart.bottlenecks where rank = 1") == [(1, "stage", "contact centre")]


def test_customers_are_counted_by_days_and_named_by_their_latest_facts(workshop: Workshop) -> None:
    paid = {"money": {"amount_minor": 500, "currency": "EUR", "kind": "order"}}
    workshop.take(
        [
            event(1, "purchase.made", 0, **paid, attributes={"segment": "gold"}),
            event(2, "purchase.made", 1, **paid, attributes={"segment": "plain"}),
            event(3, "purchase.made", 60 * 24 * 40, **paid),
            event(4, "form.failed", 60 * 24 * 41, channel="web"),
            event(5, "complaint.filed", 60 * 24 * 41, case_id="sore"),
            event(6, "complaint.filed", 60 * 24 * 41, case_id="well"),
            event(7, "complaint.resolved", 60 * 24 * 42, case_id="well"),
            {**event(8, "page.viewed", 0), "customer_id": None, "identifiers": ["cookie:c"]},
        ]
    )
    workshop.publish(as_of_us=micros(60 * 24 * 50))
    columns = "kind, purchase_count, purchase_days, spent_minor, currency, segment, open_complaints, failures, churn_risk is null"
    found = {row[0]: row[1:] for row in workshop.ask(f"select customer_id, {columns} from mart.customers")}
    assert found["ann"] == ("known", 3, 2, 1500, "EUR", "plain", 1, 1, True)
    assert found["cookie:c"][0] == "anonymous"
    refusals = workshop.ask("select basis, r, refusal is not null from mart.models order by basis")
    assert refusals == [("contacts", None, True), ("purchases", None, True)]


def test_purchases_in_two_currencies_are_not_added_up(workshop: Workshop) -> None:
    workshop.take([event(n, "purchase.made", n, money={"amount_minor": 2**61, "currency": currency}) for n, currency in enumerate(("EUR", "USD"))])
    workshop.take([event(10 + n, "purchase.made", n, "rich", money={"amount_minor": 2**62, "currency": "EUR"}) for n in range(3)])
    workshop.publish()
    assert workshop.ask("select customer_id, purchase_count, spent_minor from mart.customers order by 1") == [("ann", 2, None), ("rich", 3, None)]


def test_of_copies_that_differ_the_one_that_counts_is_shown(workshop: Workshop) -> None:
    workshop.take([event(1, "page.viewed", 0, text="first")], [event(1, "page.viewed", 0, text="second")], [event(2, "page.viewed", 1)])
    workshop.publish()
    (step,) = workshop.ask("select count(*) from mart.steps where event_id = 'e1'")
    shown = workshop.ask("select event_id, text in ('first', 'second'), stage, journey_id is not null from mart.touchpoints order by 1")
    assert step == (1,)
    assert shown == [("e1", True, "self-service", True), ("e2", None, "self-service", True)]


def test_a_payload_that_came_twice_is_one_dead_letter_with_its_bytes(workshop: Workshop) -> None:
    workshop.absorb([], raw=[b"\xff\x00", b"{}"])
    workshop.absorb([], raw=[b"\xff\x00"])
    workshop.publish()
    assert workshop.ask("select payload, count(*) from mart.dead_letters group by all order by all") == [(b"{}", 1), (b"\xff\x00", 1)]


def test_feeds_and_their_lateness(workshop: Workshop) -> None:
    week = 7 * 24 * 60
    workshop.take([event(1, "page.viewed", week)], [event(2, "page.viewed", 0), event(3, "page.viewed", week + 1)])
    workshop.publish(as_of_us=micros(week + 2))
    assert workshop.ask("select source, events, hour(first_seen_at), silence_s from mart.feeds") == [("web", 3, 9, 60.0)]
    ((late, share, low, high),) = workshop.ask("select late, share, share_low, share_high from mart.lateness")
    assert late == 1
    assert (share, low, high) == pytest.approx((1 / 3, *(float(bound) for bound in wilson(1, 3))))


def test_quality_shows_the_balance_and_ids_that_were_used_twice(workshop: Workshop) -> None:
    workshop.take([event(1, "page.viewed", 0), event(1, "page.viewed", 1), event(2, "page.viewed", 2)])
    workshop.publish(counters={"read": 4, "accepted": 3, "duplicates": 1})
    found = dict((name, (n, examples)) for name, n, examples in workshop.ask("from mart.quality"))
    assert found["balance"] == (0, None)
    assert found["id_reused"] == (1, ["web e1"])


def test_freshness_says_how_far_each_partition_and_source_was_read(workshop: Workshop) -> None:
    assert workshop.publish(as_of_us=micros(0))
    workshop.take([event(1, "page.viewed", 0)], [event(2, "page.viewed", 0)])
    workshop.publish(as_of_us=micros(0))
    found = workshop.ask("select kind, name, position, epoch_us(as_of) from mart.freshness order by all")
    assert found == [("partition", "0", 1, micros(0)), ("source", "it's.jsonl", 7, micros(0))]


def test_a_live_snapshot_answers_as_a_drained_one(workshop: Workshop) -> None:
    workshop.take(calls([float(n) for n in range(60)], 20))
    workshop.publish(final=True)
    tables = ("transitions", "variants", "stage_wait_histogram", "stage_waits", "customers", "bottlenecks", "models")
    drained = [workshop.ask(f"from mart.{name} order by all") for name in tables]
    workshop.publish(final=False)
    assert [workshop.ask(f"from mart.{name} order by all") for name in tables] == drained
