"""What the mart of workers finds compacted when it first sees it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from jobs.journal.log import Journal
from jobs.kafka.mart import open_loop
from jobs.keeper import Keeper
from jobs.sources.source import Stopper
from jobs.upkeep import keep
from pipelines.judge.shelf import shelf
from pipelines.partition import Batch
from schemas.journal import SourceRange
from schemas.journey_map import default_map
from tests.generated.netted import payloads

AT = 1_741_000_000_000_000
PROMISE = {
    "type": "promise.made",
    "time": "2025-03-03T09:00:00Z",
    "promise": {"due_at": "2025-03-03T09:30:00Z"},
    "customer_id": "ann",
    "source": "crm",
}
SEEN = {"type": "page.viewed", "time": "2025-03-03T10:00:00Z", "customer_id": "bob", "source": "web"}


def commit(journal: Journal, number: int, events: list[dict[str, object]]) -> None:
    with closing(Keeper.open(journal, number, default_map(), None, rules=shelf(default_map()))) as keeper:
        keeper.commit(Batch(payloads(events), f"t:{number}", AT), f"t:{number}", SourceRange(lo=0, hi=len(events), received_us=AT))


def test_alerts_of_a_partition_that_was_compacted_before_a_mart_that_runs_saw_it_are_said_without_a_start(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 2, shared=True)
    commit(journal, 0, [SEEN | {"id": "1"}])
    loop = open_loop(tmp_path, default_map(), None, Stopper(), patient=False, rules=shelf(default_map()))
    assert loop is not None
    with closing(loop.mart):
        loop.once()
        commit(journal, 1, [PROMISE | {"id": "2"}, SEEN | {"id": "3", "customer_id": "ann"}])
        assert keep(tmp_path, grace_s=-60, fresh_s=-60) is not None
        loop.once()
        assert ("promise_broken", "opened") in loop.mart.con.execute("select rule, state from internal.said").fetchall()
