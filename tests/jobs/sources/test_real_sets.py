"""The figures that the real sets are known for, read off the produced lines. They skip where the sets are not at hand."""

import json
from collections import Counter, defaultdict
from io import BytesIO
from pathlib import Path

import msgspec
import pytest

from jobs.sources.convert import convert
from jobs.sources.mapping import load_mapping
from jobs.sources.rows import read_rows
from schemas.touchpoint import Touchpoint

Events = list[Touchpoint]
_decoder = msgspec.json.Decoder(Touchpoint)


def read(path: Path, mapping: str | None) -> Events:
    return [_decoder.decode(line) for batch in read_rows(path, load_mapping(mapping) if mapping else None) for line in batch.lines]


def only(folder: Path, pattern: str) -> Path:
    (path,) = folder.glob(pattern)
    return path


def figures(events: Events) -> tuple[int, int, int, int]:
    journeys = defaultdict(list)
    for event in events:
        journeys[event.customer_id, event.case_id].append((event.time, event.sequence, event.type))
    variants = {tuple(step[-1] for step in sorted(steps)) for steps in journeys.values()}
    return len(events), len(journeys), len({event.type for event in events}), len(variants)


@pytest.mark.parametrize(
    ("name", "with_mapping", "expected"),
    [
        ("receipt", False, (8577, 1434, 27, 116)),
        ("receipt", True, (8577, 1434, 27, 116)),
        ("sepsis", False, (15214, 1050, 16, 846)),
        ("sepsis", True, (15214, 1050, 16, 846)),
        ("helpdesk", False, (21348, 4580, 14, 226)),
        ("bpic2013_incidents", False, (65533, 7554, 4, 1511)),
        ("bpic2013_incidents", True, (65533, 7554, 4, 1511)),
        ("bpic2020_domestic", False, (55628, 10357, 14, 90)),
        ("bpic2020_domestic", True, (55628, 10357, 14, 90)),
        ("bpic2012_loan", False, (262200, 13087, 24, 4366)),
        ("bpic2012_loan", True, (262200, 13087, 24, 4366)),
        ("traffic_fines_sample", True, (34724, 10000, 11, 44)),
        ("callcenter_demo", True, (7548, 3885, 6, 354)),
    ],
)
def test_events_journeys_types_and_variants_are_the_published_ones(
    data_dir: Path, name: str, with_mapping: bool, expected: tuple[int, int, int, int]
) -> None:
    events = read(only(data_dir / name, "*.gz"), name if with_mapping else None)
    assert figures(events) == expected
    assert len({(event.source, event.id) for event in events}) == expected[0]


def test_a_ticket_of_two_customers_is_two_journeys(data_dir: Path) -> None:
    events = read(only(data_dir / "helpdesk", "*.gz"), "helpdesk")
    assert figures(events)[:3] == (21348, 4587, 14)
    assert len({event.customer_id for event in events}) == 397


@pytest.mark.parametrize(
    ("month", "calls", "answered", "abandoned", "phantom", "waited", "gave_up_waiting", "identified", "negative"),
    [("january", 31599, 27060, 4299, 240, 16905, 3080, (13424, 3976), 33), ("february", 33344, 27162, 5904, 278, 18306, 3932, (13786, 4081), 25)],
)
def test_a_call_of_the_bank_becomes_its_events(
    data_dir: Path,
    month: str,
    calls: int,
    answered: int,
    abandoned: int,
    phantom: int,
    waited: int,
    gave_up_waiting: int,
    identified: tuple[int, int],
    negative: int,
) -> None:
    events = read(data_dir / "bank_callcentre_1999" / f"{month}.tsv.gz", "bank_callcentre_1999")
    kinds = Counter(event.type for event in events)
    assert (kinds["menu.entered"], kinds["menu.left"], kinds["call.ended"]) == (calls, calls, calls)
    assert (kinds["call.answered"], kinds["call.abandoned"]) == (answered, abandoned)
    assert sum((event.attributes or {}).get("outcome") == "PHANTOM" for event in events) == phantom
    assert len({event.case_id for event in events}) == calls
    named = [event for event in events if event.type == "menu.entered" and event.customer_id != "0"]
    assert (len(named), len({event.customer_id for event in named})) == identified
    assert sum(int((event.attributes or {}).get("vru_time", 0)) < 0 for event in events) == negative
    assert len({event.id for event in events}) == len(events)
    waits = [event for event in events if event.wait_s]
    assert sum(event.type == "call.abandoned" for event in waits) == gave_up_waiting
    assert len(waits) == waited - phantom  # calls made up by the exchange stand in the queue too, but nobody waited


def test_service_times_of_the_bank_have_the_published_mean(data_dir: Path) -> None:
    events = read(data_dir / "bank_callcentre_1999" / "january.tsv.gz", "bank_callcentre_1999")
    times = [event.service_s for event in events if event.type == "call.answered" and event.service_s and event.service_s <= 3600]
    assert sum(times) / len(times) == pytest.approx(184.7, abs=0.05)


def test_both_forms_of_the_cd_shop_are_read(data_dir: Path) -> None:
    master = read(data_dir / "cdnow" / "CDNOW_master.txt.gz", "cdnow")
    assert (len(master), len({event.customer_id for event in master})) == (69659, 23570)
    assert sum(event.money.amount_minor for event in master if event.money) == 250031563
    sample = read(data_dir / "cdnow" / "CDNOW_sample.txt.gz", "cdnow")
    assert (len(sample), len({event.customer_id for event in sample})) == (6919, 2357)
    assert {event.customer_id for event in sample} <= {event.customer_id for event in master}
    assert sum(event.money.amount_minor == 0 for event in master if event.money) == 80


def test_cancelled_invoices_of_the_shop_are_told_from_sold_lines(data_dir: Path) -> None:
    events = read(data_dir / "online_retail" / "online_retail.parquet", "online_retail")
    assert len(events) == len({event.id for event in events}) == 541909
    assert len({event.case_id for event in events}) == 25900
    cancelled = [event for event in events if event.type == "order.cancelled"]
    assert (len(cancelled), len({event.case_id for event in cancelled})) == (9288, 3836)
    sold = [event for event in events if event.type == "purchase.made" and event.customer_id != "0"]
    assert (len(sold), len({event.case_id for event in sold}), len({event.customer_id for event in sold})) == (397884, 18532, 4338)
    assert sum(event.money.amount_minor for event in sold if event.money) / 100 == pytest.approx(8911407.90, rel=1e-5)


def test_complaints_in_tweets_are_the_negative_ones(data_dir: Path) -> None:
    airline = read(only(data_dir / "airline_tweets", "*.gz"), "airline_tweets")
    assert Counter(event.type for event in airline) == {"complaint.filed": 9178, "feedback.received": 5462}
    assert len({event.customer_id for event in airline}) == 7701
    banks = read(data_dir / "sentirueval2016" / "banks_test_etalon.csv.gz", "sentirueval2016")
    assert Counter(event.type for event in banks)["complaint.filed"] == 784
    assert len(banks) == 3418


def test_complaint_files_are_read_in_both_forms(data_dir: Path) -> None:
    first = read(data_dir / "cfpb_complaints" / "cfpb_complaints_2012_2016_sample.csv.gz", "cfpb_complaints")
    filed = {event.case_id: event for event in first if event.type == "complaint.filed"}
    assert len(filed) == 3186
    assert Counter(event.channel for event in filed.values()) == {"web": 2233, "referral": 533, "phone": 200, "postal mail": 168, "fax": 52}
    sent = [event.time - filed[event.case_id].time for event in first if event.type == "complaint.sent_to_company"]
    assert sum(wait.days < 0 for wait in sent) == 6
    second = read(data_dir / "cfpb_complaints" / "cfpb_complaints_narratives_sample.csv.gz", "cfpb_complaints")
    assert len({event.case_id for event in second}) == 145
    uwv = read(only(data_dir / "uwv_complaints", "*.gz"), "uwv_complaints")
    assert (len(uwv), len({event.customer_id for event in uwv}), len({event.case_id for event in uwv})) == (289, 226, 256)


def test_answers_of_the_airport_survey_give_its_published_score(data_dir: Path) -> None:
    events = read(data_dir / "sfo_survey" / "2017_SFO_Customer_Survey.csv.gz", "sfo_survey")
    scores = [event.rating.value for event in events if event.rating and event.rating.metric == "nps"]
    assert (len(scores), sum(score >= 9 for score in scores), sum(score <= 6 for score in scores)) == (2746, 1436, 342)
    overall = [event.rating.value for event in events if event.rating and event.attributes and event.attributes["item"] == "airport"]
    assert (len(overall), round(sum(overall) / len(overall), 4)) == (2688, 4.0644)
    before = read(data_dir / "sfo_survey" / "2016_SFO_Customer_Survey.csv.gz", "sfo_survey")
    earlier = [event.rating.value for event in before if event.rating and event.attributes and event.attributes["item"] == "airport"]
    assert (len(earlier), round(sum(earlier) / len(earlier), 4)) == (2919, 4.038)
    assert not {event.customer_id for event in events} & {event.customer_id for event in before}


def test_sessions_of_several_devices_keep_their_flags(data_dir: Path) -> None:
    events = read(only(data_dir / "airbnb_sessions", "*.gz"), "airbnb_sessions")
    assert Counter(event.type for event in events) == {
        "session.started": 7756,
        "session.ended": 7756,
        "search.made": 1236,
        "message.sent": 1279,
        "booking.requested": 145,
    }
    assert len({event.customer_id for event in events}) == 630


def test_converted_lines_are_the_lines_that_are_read(data_dir: Path) -> None:
    path = only(data_dir / "receipt", "*.gz")
    out = BytesIO()
    assert convert([path], None, out) == 8577
    lines = out.getvalue().splitlines()
    assert lines == [line for batch in read_rows(path, None, batch_rows=1000) for line in batch.lines]
    assert json.loads(lines[0])["type"] == "Confirmation of receipt"
