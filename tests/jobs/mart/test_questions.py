"""The questions that ship run over a snapshot, and old DuckDB would understand their words."""

from __future__ import annotations

from importlib.resources import files

import pytest

from tests.generated.events import Event
from tests.jobs.mart.conftest import Workshop

QUESTIONS = sorted(path.name for path in files("pipelines").joinpath("questions").iterdir() if path.name.endswith(".sql"))


def test_there_are_questions() -> None:
    assert len(QUESTIONS) >= 8


@pytest.mark.parametrize("final", [True, False])
def test_every_question_has_an_answer_and_says_what_it_asks(workshop: Workshop, final: bool) -> None:
    shop: Event = {"source": "shop", "customer_id": "ann", "channel": "web"}
    types = ("page.viewed", "order.placed", "order.paid", "page.viewed", "page.viewed")
    workshop.take([{**shop, "id": str(n), "type": kind, "time": f"2024-03-04T09:0{n}:00Z"} for n, kind in enumerate(types)])
    workshop.publish(final=final)
    for name in QUESTIONS:
        text = files("pipelines").joinpath("questions", name).read_text(encoding="utf-8")
        assert text.startswith("-- "), name
        assert "?" in text.partition("\n")[0], name
        workshop.ask(text)


def test_a_funnel_counts_customers_once_and_in_order(workshop: Workshop) -> None:
    def came(customer: str, *types: str) -> list[Event]:
        who = {"source": "shop", "customer_id": customer, "channel": "web"}
        return [{**who, "id": f"{customer}{n}", "type": kind, "time": f"2024-03-04T09:0{n}:00Z"} for n, kind in enumerate(types)]

    workshop.take(came("ann", "page.viewed", "order.placed", "order.paid"), came("bob", "order.placed", "page.viewed"), came("cyd", "page.viewed"))
    workshop.publish()
    text = files("pipelines").joinpath("questions", "how_far_do_they_come.sql").read_text(encoding="utf-8")
    assert [row[:3] for row in workshop.ask(text)] == [(1, "page.viewed", 3), (2, "order.placed", 1), (3, "order.paid", 1)]
