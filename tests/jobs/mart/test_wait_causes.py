"""Who makes customers wait: the hotel desk's log, work that overlaps, work for other work, and a plain reading of every generated history."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.mart.live import LiveMart
from jobs.mart.open import open_mart
from pipelines.marts.order import rows
from pipelines.oracle.causes import Act, Wait, blame
from schemas.roles import bit
from tests.generated.arrangements import Arrangement, arrangements
from tests.generated.events import Event
from tests.generated.maps import small_map
from tests.generated.work import held_up
from tests.jobs.mart.conftest import AS_OF, Workshop

START = datetime(2025, 3, 3, 18, tzinfo=UTC)
DESK = Path(__file__).parents[2] / "data" / "hotel_desk.jsonl"
SHARES = "select customer_id, operation, team, element, share, covered_ms from mart.wait_causes order by opened_at, operation nulls last"
EXAMPLES = 40 if settings().derandomize else 5  # each makes two marts


def desk_log() -> list[Event]:
    return [json.loads(line) for line in DESK.read_text(encoding="utf-8").splitlines()]


def at(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).isoformat()


def wait(until: float | None = 40, **more: object) -> list[Event]:
    """A guest who comes at 0 and is served so many minutes later."""
    guest = {"source": "desk", "customer_id": "ann", "channel": "store", "correlation_id": "stay"} | more
    ends = [("came", "visit.arrived", 0), ("served", "visit.served", until)]
    return [{**guest, "id": name, "type": kind, "time": at(minute)} for name, kind, minute in ends if minute is not None]


def work(name: str, begun: float, ended: float | None, cause: str | None = "came", **more: object) -> list[Event]:
    """A piece of work that begins and ends then; only its first event names the cause."""
    each = {"source": "it", "correlation_id": name, "channel": "backoffice", "actor": {"team": f"team of {name}", "lane": "back"}} | more
    acts = [("op.queued", begun, {"causation_id": cause} if cause else {}), ("op.completed", ended, {})]
    return [{**each, **tie, "id": f"{name} {kind}", "type": kind, "time": at(minute)} for kind, minute, tie in acts if minute is not None]


def parts(workshop: Workshop, *events: Event, as_of: float = 600) -> dict[object, object]:
    """Minutes of each piece of work in the only wait, under None the rest; whole minutes as integers."""
    workshop.take(events)
    workshop.publish(as_of_us=int((START + timedelta(minutes=as_of)).timestamp() * 1e6), final=False)
    return dict(workshop.ask("select operation, covered_ms / 60000 from mart.wait_causes"))  # type: ignore[arg-type]


def test_the_guests_at_the_hotel_desk_wait_for_the_programmers_and_never_for_the_receptionist(workshop: Workshop) -> None:
    workshop.take(desk_log())
    workshop.publish()
    down = ("registration-down", "programmers", "technology", 1.0)
    assert [row[:5] for row in workshop.ask(SHARES) if row[5]] == [("anna", *down), ("boris", *down), ("clara", None, None, None, 1.0)]
    by_element = "select element, sum(covered_ms) filter (where customer_id <> 'clara') from mart.wait_causes group by element order by element"
    assert workshop.ask(by_element) == [("technology", 60_000 * 40 + 1000 * (31 * 60 + 30)), (None, 0)]
    assert workshop.ask("select sum(share) from mart.wait_causes group by opened_by") == [(1.0,)] * 3
    assert workshop.ask("select count(*) from mart.wait_causes where team = 'reception'") == [(0,)]


def test_without_the_links_the_whole_wait_is_nobodys_and_never_the_desks(workshop: Workshop) -> None:
    workshop.take([{name: value for name, value in event.items() if name not in ("causation_id", "correlation_id")} for event in desk_log()])
    workshop.publish()
    assert [row[:5] for row in workshop.ask(SHARES)] == [(name, None, None, None, 1.0) for name in ("anna", "boris", "clara")]


def test_work_that_goes_on_at_the_same_time_shares_equally_and_is_not_counted_twice(workshop: Workshop) -> None:
    assert parts(workshop, *wait(40), *work("a", 0, 30), *work("b", 10, 50)) == {"a": 20, "b": 20, None: 0}


def test_what_does_not_divide_is_lost_to_nobody(workshop: Workshop) -> None:
    served = {**wait()[1], "time": (START + timedelta(microseconds=10_999)).isoformat()}
    parts(workshop, wait()[0], served, *work("a", 0, 1), *work("b", 0, 1), *work("c", -1, 1))
    found = workshop.ask("select operation, covered_ms, wait_ms from mart.wait_causes order by operation nulls last")
    assert found == [("a", 4, 10), ("b", 3, 10), ("c", 3, 10), (None, 0, 10)]  # µs: 3,667 for c, who began first, 3,666 for a and b


def test_work_that_waits_for_other_work_gets_nothing_of_that_time_like_the_desk(workshop: Workshop) -> None:
    chain = (*work("registration", 0, 40), *work("repair", 10, 35, cause="registration op.queued"))
    assert parts(workshop, *wait(40), *chain) == {"registration": 15, "repair": 25, None: 0}


def test_work_that_is_done_for_each_other_stands_side_by_side(workshop: Workshop) -> None:
    hen = [*work("hen", 0, 40), {**work("hen", 0, None, cause="egg op.queued")[0], "id": "again"}]
    assert parts(workshop, *wait(40), *hen, *work("egg", 0, 40, cause="hen op.queued")) == {"hen": 20, "egg": 20, None: 0}


def test_work_in_the_flow_of_the_wait_holds_it_up_unless_it_names_another_cause(workshop: Workshop) -> None:
    assert parts(workshop, *wait(40), *work("stay", 10, 20, cause=None)) == {"stay": 10, None: 30}
    parts(workshop, *wait(40, customer_id="bob", correlation_id="other"), *work("other", 0, 40, cause="something else"))
    assert workshop.ask("select operation, covered_ms from mart.wait_causes where customer_id = 'bob'") == [(None, 40 * 60_000)]


def test_each_event_of_work_may_name_the_one_before_as_its_cause(workshop: Workshop) -> None:
    first, last = work("a", 5, 25)
    assert parts(workshop, *wait(40), first, {**last, "causation_id": first["id"]}) == {"a": 20, None: 20}


def test_an_open_wait_is_split_up_to_as_of_and_work_without_an_end_goes_on(workshop: Workshop) -> None:
    assert parts(workshop, *wait(None), *work("a", 5, None), as_of=15) == {"a": 10, None: 5}
    workshop.publish(as_of_us=int((START + timedelta(minutes=65)).timestamp() * 1e6))
    (row,) = workshop.ask("select closed_by, closed_at, covered_ms, wait_ms from mart.wait_causes where operation = 'a'")
    assert row == (None, None, 3_600_000, 3_900_000)


def test_a_wait_goes_on_over_a_silence_that_ends_the_journey_until_somebody_answers(workshop: Workshop) -> None:
    days = 4 * 24 * 60
    asked, answered = wait(days, customer_id="bob")
    ends = ({**asked, "type": "message.received", "channel": "email"}, {**answered, "type": "message.answered", "channel": "email"})
    assert parts(workshop, *ends, *work("a", 60, days - 60), as_of=2 * days) == {"a": days - 120, None: 120}
    assert workshop.ask("select count(distinct journey_id) from mart.steps") == [(2,)]
    assert workshop.ask("select closed_by, closed_at from mart.wait_causes where operation = 'a'") == [("served", datetime(2025, 3, 7, 18))]  # noqa: DTZ001
    assert workshop.ask("select sum(open_count)::integer from mart.stage_waits") == [(0,)]
    workshop.take([{**ends[0], "id": "again", "time": at(days + 1)}])
    workshop.publish(as_of_us=int((START + timedelta(minutes=2 * days)).timestamp() * 1e6))
    assert workshop.ask("select sum(open_count)::integer from mart.stage_waits") == [(1,)]


def test_a_wait_that_is_only_measured_ends_with_the_event_that_tells_and_may_be_named_by_it(workshop: Workshop) -> None:
    told = {**wait()[1], "wait_s": 600.0}
    assert parts(workshop, told, *work("a", 35, 50, cause="served")) == {"a": 5, None: 5}


def test_no_wait_no_row_and_work_that_names_its_customer_is_no_wait(workshop: Workshop) -> None:
    came, served = wait(0)
    assert parts(workshop, came, {**served, "sequence": 1}, *work("a", 0, 5, customer_id="ann", wait_s=3.0)) == {}


class Step(NamedTuple):
    """An event of a journey, as a plain reading needs it."""

    customer: str
    journey: int
    position: int
    name: str
    place: tuple[int, int, int]
    wait_ms: int | None
    opener: int | None
    roles: int
    type: str
    channel: str | None
    flow: str | None


def plain(mart: duckdb.DuckDBPyConnection, as_of_us: int) -> list[tuple[object, ...]]:
    """Read waits and work of a snapshot, and say who is to be blamed: (opened_by, closed_by, operation, covered_ms, wait_ms), ordered."""
    found = mart.execute(
        'select j.customer_id, s.journey, s.position, s.event_id, epoch_us(s.occurred_at), coalesce(f.sequence, 0), s."key", s.wait_ms, '
        "s.opener_position, s.roles, s.type, s.channel, f.correlation_id from internal.steps as s join internal.journeys as j using (journey) "
        'join internal.touchpoint_facts as f on f."key" = s."key"'
    ).fetchall()
    steps = [Step(*row[:4], row[4:7], *row[7:]) for row in found]
    open_ = {key for (key,) in mart.execute('select unnest(open_waits)."key" from internal.journeys').fetchall()}
    told = [*ended(steps), *opened([step for step in steps if step.place[2] in open_], steps, as_of_us)]
    split = blame([wait for _, wait in told], acts(mart), frozenset(step.name for step in steps))
    shown = ((*ends, operation, ms, sum(split[wait.name].values())) for ends, wait in told for operation, ms in split[wait.name].items())
    return sorted(shown, key=str)


def ended(steps: Sequence[Step]) -> Iterator[tuple[tuple[str | None, str | None], Wait]]:
    """Waits that stand in the step that ends them, each after the ids of both ends."""
    places = {(step.journey, step.position): step for step in steps}
    for step in steps:
        opener = places.get((step.journey, step.opener or 0))
        if step.wait_ms and not step.roles & bit("backstage"):
            first, until = opener or step, step.place[0]
            is_whole = opener is not None and (until - first.place[0]) // 1000 == step.wait_ms
            since = first.place[0] if is_whole else until - 1000 * step.wait_ms
            ends = (None if opener is None else opener.name, step.name)
            yield ends, Wait(f"ended {step.place}", first.name, first.flow, since, until, step.wait_ms)


def opened(openings: Sequence[Step], steps: Sequence[Step], as_of_us: int) -> Iterator[tuple[tuple[str | None, str | None], Wait]]:
    """Waits that nothing in their journey ended."""
    for step in openings:
        closing = min((other for other in steps if closes(other, step)), key=lambda other: other.place, default=None)
        until = as_of_us if closing is None else closing.place[0]
        if (until - step.place[0]) // 1000 > 0:
            wait_ms = (until - step.place[0]) // 1000
            yield (step.name, closing and closing.name), Wait(f"opened {step.place}", step.name, step.flow, step.place[0], until, wait_ms)


def closes(step: Step, opening: Step) -> bool:
    """Whether a step of another journey ends the wait: of the same customer, thing and flow, later and within 90 days."""
    if step.customer != opening.customer or step.journey == opening.journey or not opening.place < step.place:
        return False
    thing = opening.type.partition(".")[0]
    pairs = [pair for pair in small_map().pairs if pair.wait and pair.thing == thing == step.type.partition(".")[0]]
    tied = step.flow == opening.flow if step.flow and opening.flow else None
    spot = any(pair.key == "journey" for pair in pairs) or step.channel == opening.channel
    in_time = step.place[0] - opening.place[0] <= timedelta(days=90) / timedelta(microseconds=1)
    return in_time and (spot if tied is None else tied) and any(step.roles & pair.closes and opening.roles & pair.opens for pair in pairs)


def acts(mart: duckdb.DuckDBPyConnection) -> Sequence[Act]:
    found = mart.execute(
        'select distinct time_us, coalesce(sequence, 0), "key", event_id, coalesce(correlation_id, causation_id), causation_id, '
        "type in ('op.completed', 'op.failed') from internal.operation_facts"
    ).fetchall()
    return [Act(*row) for row in found if row[4] is not None]


def answers(con: duckdb.DuckDBPyConnection, arranged: Arrangement) -> Mapping[str, list[tuple[object, ...]]]:
    """The rows of the mart, and what a plain reading says of the same snapshot."""
    with TemporaryDirectory() as folder:
        workshop = Workshop(Path(folder), con, LiveMart(Path(folder), small_map()), small_map())
        for number, batches in enumerate(arranged.partitions):
            for batch in batches:
                workshop.live.fold([workshop.absorb(batch, number)])
        workshop.publish(final=False)
        workshop.live.close()
        with open_mart(workshop.folder) as mart:
            told = mart.execute("select opened_by, closed_by, operation, covered_ms, wait_ms from mart.wait_causes").fetchall()
            return {"rows": rows(mart, "wait_causes"), "told": sorted(told, key=str), "plain": plain(mart, AS_OF)}


@given(st.data())
@settings(max_examples=EXAMPLES)
def test_in_any_order_copies_cuts_and_partitions_it_says_what_a_plain_reading_says(con: duckdb.DuckDBPyConnection, data: st.DataObject) -> None:
    history = data.draw(held_up())
    one, other = (answers(con, data.draw(arrangements(history))) for _ in range(2))
    assert one["rows"] == other["rows"]
    assert one["told"] == one["plain"]
    assert all(isinstance(covered, int) and covered >= 0 for *_, covered, _ in one["told"])
