"""The dossier of an alert holds what is needed to act, its schema takes it, and every claim in it leads to events of the mart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from jobs.journal.log import Journal
from jobs.run import RunSettings, run
from schemas.alert import Alert
from schemas.journey_map import default_map
from tests.jobs.conftest import piped
from tests.jobs.mart.talk import MINUTE, T0, Interval, Talk

SCHEMA = Path(__file__).resolve().parents[3] / "schemas" / "json" / "alert.1.schema.json"


def event(id_: str, type_: str, minute: float, **fields: object) -> bytes:
    from pipelines.say.instants import rfc3339

    time = rfc3339(T0 + round(minute * MINUTE))
    return msgspec.json.encode({"id": id_, "source": "pbx", "type": type_, "time": time, "customer_id": "anna", "channel": "phone"} | fields)


CALL = [
    event("q1", "call.queued", 0, correlation_id="a", site="north"),
    event("a1", "call.answered", 28, correlation_id="a", site="north", text="Ring me: +49 30 1234567, or anna@example.org"),
    event("m1", "message.received", 40, channel="email", case_id="c1"),
    event("q2", "call.queued", 50, customer_id="boris", correlation_id="b"),
]


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    run([piped(CALL)], RunSettings(to=tmp_path / "dir", journey_map=default_map(), rules=()))
    with closing(Talk(tmp_path / "dir")) as talk:
        yield talk


def opening(talk: Talk, event_id: str) -> tuple[int, int]:
    """Return key and journey of a step."""
    return talk.mart.con.execute('select "key", journey from internal.steps where event_id = $id', {"id": event_id}).fetchall()[0]


def put(talk: Talk, key: int, events: list[str], **fields: Any) -> None:
    keys = [opening(talk, name)[0] for name in events]
    talk.put(Interval(key, **fields))
    journey = opening(talk, events[0])[1] if fields.get("customer_id", "anna") else None
    talk.mart.con.execute(
        'update internal.intervals set evidence = $events, evidence_keys = $keys, journey = $journey where "key" = $key',
        {"events": events, "keys": keys, "journey": journey, "key": key},
    )


def bodies(talk: Talk) -> list[dict[str, Any]]:
    rows = talk.mart.con.execute("select body from internal.said where body is not null order by seq").fetchall()
    return [json.loads(body) for (body,) in rows]


def test_it_validates_against_its_schema_in_every_state(talk: Talk) -> None:
    put(talk, 7, ["q1", "a1"], since=5, value=28 * 60_000, threshold=5 * 60_000)
    talk.say(45)
    talk.say(300)
    put(talk, 7, ["q1", "a1"], since=5, until=310, value=28 * 60_000, threshold=5 * 60_000)
    talk.say(310)
    talk.drop(7)
    talk.say(320)
    found = bodies(talk)
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for body in found:
        validator.validate(body)
        msgspec.convert(body, Alert)
    assert [body["type"].rpartition(".")[2] for body in found] == ["opened", "updated", "resolved", "retracted"]
    assert len({body["data"]["key"] for body in found}) == 1
    assert len({body["id"] for body in found}) == 4


def test_it_shows_the_journey_with_waits_and_zones_and_masks_what_was_written(talk: Talk) -> None:
    put(talk, 7, ["q1", "a1"], since=5)
    talk.say(45)
    data = bodies(talk)[0]["data"]
    steps = data["journey"]["steps"]
    assert [(step["event_id"], step.get("wait_s"), step.get("zone")) for step in steps] == [("q1", None, None), ("a1", 1680.0, "inadequate")]
    assert all(step["evidence"] for step in steps)
    assert steps[1]["text"] == "Ring me: [phone …67], or [email]"
    assert data["owners"] == [{"what": "stage queue", "team": "contact centre"}]
    assert data["subject"] == {"kind": "customer", "id": "anna", "customer_id": "anna"}
    assert data["interval"]["since"] == "2023-11-14T22:05:00Z"


def test_its_severity_is_explained_by_a_sum(talk: Talk) -> None:
    put(talk, 7, ["q1", "a1"], since=5, unit="count", value=5, threshold=3)
    talk.say(45)
    harm = bodies(talk)[0]["data"]["harm"]
    assert harm["sum"] == "(40 min + 60 min beyond the threshold) × 1 person = 100 min"
    assert (harm["minutes"], harm["people"], harm["steps_minutes"]) == (100, 1, [15, 240, 2880])


def test_every_claim_leads_to_events_of_the_mart(talk: Talk) -> None:
    put(talk, 7, ["q1", "a1"], since=5, value=28 * 60_000, threshold=5 * 60_000)
    put(talk, 8, ["q1", "q2"], since=50, customer_id=None, subject_kind="operation", unit="count", value=2, threshold=1)
    talk.say(55)
    known = {name for (name,) in talk.mart.con.execute("select event_id from mart.touchpoints").fetchall()}
    for body in bodies(talk):
        data = body["data"]
        assert data["claims"]
        for claim in data["claims"]:
            assert claim["events"]
            assert set(claim["events"]) <= known
        assert set(data["evidence"]) <= known
    assert bodies(talk)[1]["data"]["customers"] == ["anna", "boris"]


def test_what_is_only_recorded_has_no_body(talk: Talk) -> None:
    put(talk, 7, ["q1", "a1"], since=5)
    talk.say(45, now=60 * 24)
    assert len(talk.rows()) == 1
    assert bodies(talk) == []


def test_the_journal_holds_what_the_mart_shows(talk: Talk) -> None:
    put(talk, 7, ["q1", "a1"], since=5)
    talk.say(45)
    shown = talk.mart.con.execute("select body from internal.said").fetchall()
    talk.mart.con.execute("truncate internal.said")
    talk.mart.con.execute("delete from internal.folded where partition = -1")
    talk.close()
    talk.journal = Journal(talk.dir)
    talk.open()
    assert talk.mart.con.execute("select body from internal.said").fetchall() == shown
