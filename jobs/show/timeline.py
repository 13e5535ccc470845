"""One customer's time line in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import click
import duckdb

from jobs.show.values import rows_of
from jobs.show.words import counted, money, share, span, zone
from pipelines.resources import read_text

Row = dict[str, object]


@dataclass(frozen=True)
class Timeline:
    """A customer, and the steps of all journeys, oldest first."""

    customer: Row
    steps: list[Row]


def read_timeline(con: duckdb.DuckDBPyConnection, customer_id: str) -> Timeline:
    """Read what the mart knows of a customer; no steps where there is no such."""
    steps = list(rows_of(con.sql(read_text("jobs/show/timeline.sql"), params={"customer_id": customer_id}).to_arrow_reader()))
    known = list(rows_of(con.sql(read_text("jobs/show/customer.sql"), params={"customer_id": customer_id}).to_arrow_reader()))
    return Timeline(known[0] if known else {"customer_id": customer_id}, steps)


def read_illustration(con: duckdb.DuckDBPyConnection, customers: Sequence[str]) -> Timeline | None:
    """Read one journey of these customers that shows what waiting looks like, None where there is none."""
    chosen = con.sql(read_text("jobs/show/illustration.sql"), params={"customers": list(customers)}).fetchall() if customers else []
    if not chosen:
        return None
    customer_id, journey_id = chosen[0]
    whole = read_timeline(con, customer_id)
    return Timeline(whole.customer, [step for step in whole.steps if step["journey_id"] == journey_id])


def near(con: duckdb.DuckDBPyConnection, customer_id: str) -> list[str]:
    """Return ids that look like this one, the most alike first."""
    return [name for (name,) in con.sql(read_text("jobs/show/near.sql"), params={"customer_id": customer_id}).fetchall()]


def timeline_page(found: Timeline) -> str:
    """Lay out a time line: a paragraph a journey, a line a step."""
    parts = [_head(found.customer)]
    for _, steps in groupby(found.steps, key=lambda step: step["journey_id"]):
        parts.append(journey_paragraph(list(steps)))
    return "\n\n".join(parts)


def _head(customer: Row) -> str:
    lines = [click.style(str(customer["customer_id"]), bold=True)]
    facts = [str(customer[name]) for name in ("kind", "segment", "client_type") if customer.get(name)]
    bought = customer.get("purchase_count")
    if isinstance(bought, int):
        facts.append(counted(bought, "purchase"))
    lines[0] += f"  ({', '.join(facts)})" if facts else ""
    risk = customer.get("churn_risk")
    if isinstance(risk, float):
        worth = customer.get("revenue_at_risk_minor")
        at_stake = f", {money(worth, str(customer.get('currency') or ''))} at risk" if isinstance(worth, int) else ""
        lines.append(f"risk of no purchase within {customer.get('horizon_days')} days: {share(risk)}{at_stake}")
    reasons = customer.get("churn_reasons")
    lines += [f"  · {reason}" for reason in reasons] if isinstance(reasons, list) else []
    return "\n".join(lines)


def journey_paragraph(steps: list[Row]) -> str:
    """Lay out one journey."""
    first = steps[0]
    case = f"case {first['case_id']}, " if first.get("case_id") else ""
    lasted = span(_seconds(first.get("duration_s")))
    length = counted(_whole(first["step_count"]), "step") + (f" in {lasted}" if lasted and len(steps) > 1 else "")
    head = f"Journey of {_date(first)} UTC ({case}{first['status']}, {length})"
    if first["position"] is None:
        return f"{click.style(head, bold=True)}\n  too many events for one journey: they are counted, and have no steps"
    wide = max(len(str(step["type"])) for step in steps)
    channels = max(len(str(step["channel"] or "")) for step in steps)
    return "\n".join([click.style(head, bold=True), *(_step(step, wide, channels, _date(first)) for step in steps)])


def _step(step: Row, types: int, channels: int, begun: str) -> str:
    at = str(step["occurred_at"])
    since = _seconds(step["since_previous_s"])
    gap = f"+{span(since)}" if step["position"] != 1 and since is not None else ""
    what = f"{step['type']!s:{types}}  {step['channel'] or '':{channels}}"
    day = f"{at[5:10]} " if begun[:10] != at[:10] else "      "
    return f"  {day}{at[11:19]}  {gap:>12}  {what}  {_remarks(step)}".rstrip()


def _remarks(step: Row) -> str:
    wait = _seconds(step["wait_s"])
    remarks = []
    if wait is not None:
        verdict = zone(_seconds(step["zone"]))
        waited = f"waited {span(wait)}" + (f", {verdict}" if verdict else "")
        remarks.append(click.style(waited, fg="red") if verdict == "too long" else waited)
    service = _seconds(step["service_s"])
    if service:
        remarks.append(f"took {span(service)}")
    if step.get("site"):
        remarks.append(f"at {step['site']}")
    if step.get("text"):
        text = " ".join(str(step["text"]).split())
        remarks.append(f"“{text if len(text) <= 60 else text[:59] + '…'}”")
    return "; ".join(remarks)


def _date(step: Row) -> str:
    return datetime.fromisoformat(str(step["started_at"])).strftime("%Y-%m-%d")


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
