"""The mart shows what became of alerts."""

from __future__ import annotations

from pathlib import Path

from jobs.deliver.kept import Kept
from jobs.deliver.outbox import Outbox
from jobs.deliver.state import State
from jobs.journal.log import Journal
from jobs.mart.live import LiveMart, Publication
from jobs.mart.open import open_mart
from pipelines.deliver.answer import Answer
from schemas.journey_map import default_map
from tests.generated.notices import MONDAY, notice, route


def test_deliveries_stand_in_the_next_snapshot(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    outbox = Outbox(State(tmp_path / "deliver"), {"hook": route(), "night": route(quiet=[{"begins": "00:00", "ends": "07:00", "zone": "UTC"}])})
    outbox.join((-1, 0))
    outbox.take([notice(0, said_us=MONDAY)], (0, MONDAY), MONDAY)
    outbox.record([(message, Answer(False, 500, "HTTP 500")) for message in outbox.due(MONDAY)], MONDAY)
    outbox.state.close()
    segments = {name: [journal.folder / f"{name}.empty.parquet"] for name in ("touchpoints", "operations", "dead_letters")}
    mart = LiveMart(tmp_path, default_map())
    mart.publish(Publication(as_of_us=MONDAY, published_us=MONDAY, segments=segments, counters={}))
    mart.close()
    with open_mart(tmp_path) as con:
        rows = con.execute(
            'select route, id, "key", status, reason, attempts, http_status, epoch_us(said_at) from deliveries order by route'
        ).fetchall()
    assert rows == [
        ("hook", notice(0, said_us=MONDAY).id, f"{7:016x}", "waiting", None, 1, 500, MONDAY),
        ("night", notice(0, said_us=MONDAY).id, f"{7:016x}", "held", "quiet", 0, None, MONDAY),
    ]


def test_a_look_without_a_change_reads_nothing(tmp_path: Path) -> None:
    assert Kept(tmp_path).news() is None
    State(tmp_path / "deliver").close()
    kept = Kept(tmp_path)
    assert kept.news() is not None
    assert kept.news() is None
