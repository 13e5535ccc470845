"""The default map means by each standard type what the vocabulary says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from schemas.journey_map import default_map
from schemas.roles import ROLES, bit, names

MACHINE = "contact machine"
ROLES_OF = {
    "page.viewed": MACHINE,
    "search.made": MACHINE,
    "form.started": MACHINE,
    "form.failed": "contact machine failure",
    "form.submitted": MACHINE,
    "menu.entered": MACHINE,
    "menu.left": MACHINE,
    "human.requested": "human_sought",
    "human.reached": "human_reached",
    "bot.answered": MACHINE,
    "bot.failed": "contact machine failure",
    "call.offered": "intent",
    "call.queued": "wait_opens",
    "call.answered": "contact human wait_closes",
    "call.transferred": "handoff",
    "call.abandoned": "failure wait_closes abandoned",
    "call.to_voicemail": "wait_closes",
    "call.ended": "",
    "hold.started": "wait_opens",
    "hold.message_played": "",
    "hold.ended": "wait_closes",
    "voicemail.left": "answer_owed",
    "voicemail.listened": "listened",
    "callback.requested": "answer_owed",
    "callback.attempted": "attempt",
    "callback.reached": "answered",
    "message.received": "answer_owed",
    "message.answered": "answered",
    "visit.arrived": "wait_opens",
    "visit.served": "wait_closes",
    "visit.left": "wait_closes exit",
    "wait.started": "wait_opens",
    "wait.ended": "wait_closes",
    "case.opened": "",
    "case.assigned": "assigned",  # beyond the vocabulary: who has it before it first moves
    "case.moved": "handoff",
    "case.status_changed": "",
    "case.progressed": "progress",
    "case.resolved": "resolved",
    "case.reopened": "reopened",
    "case.closed": "terminal",
    "op.queued": "backstage work_queued",
    "op.started": "backstage work_started",
    "op.completed": "backstage work_ended",
    "op.failed": "backstage work_ended work_failed",
    "handoff.requested": "handoff_open",
    "handoff.accepted": "accepted",
    "handoff.returned": "returned",
    "handoff.completed": "",
    "approval.requested": "wait_opens",
    "approval.granted": "wait_closes",
    "approval.refused": "wait_closes",
    "promise.made": "promised",
    "promise.progressed": "",
    "promise.kept": "kept",
    "promise.withdrawn": "withdrawn",
    "order.placed": "",
    "order.paid": "purchase delivery_owed",
    "order.delivered": "delivered",
    "order.cancelled": "cancelled",
    "order.refunded": "refunded",
    "purchase.made": "purchase",
    "subscription.started": "",
    "subscription.renewed": "",
    "subscription.cancelled": "churned",
    "survey.sent": "survey_open",
    "survey.answered": "survey_answered",
    "feedback.received": "feedback",
    "failure.reported": "failure",
    "complaint.filed": "complaint",
    "complaint.acknowledged": "acknowledged",
    "complaint.resolved": "settled",
    "recovery.acknowledged": "recovery recovery_acknowledged",
    "recovery.owned": "recovery recovery_owned",
    "recovery.action": "recovery recovery_action",
    "recovery.fixed": "recovery recovery_fixed",
    "recovery.confirmed": "recovery recovery_confirmed",
    "gesture.made": "gesture",
    "fee.charged": "fee",
    "customer.effort": "effort",
    "customer.repeated": "repeated",
    "exception.granted": "delight",
    "training.completed": "house",
    "manager.changed": "house",
    "feed.heartbeat": "house",
}

# opening type → types that close it, the key, and whether the customer waits in between
PAIRS = {
    "call.queued": ("call.answered call.abandoned call.to_voicemail", "correlation", True),
    "hold.started": ("hold.ended", "correlation", True),
    "visit.arrived": ("visit.served visit.left", "correlation", True),
    "wait.started": ("wait.ended", "correlation", True),
    "approval.requested": ("approval.granted approval.refused", "correlation", True),
    "human.requested": ("human.reached", "journey", True),
    "voicemail.left": ("voicemail.listened", "correlation", True),
    "callback.requested": ("callback.attempted callback.reached", "correlation", True),
    "message.received": ("message.answered", "case", True),
    "handoff.requested": ("handoff.accepted handoff.returned", "correlation", True),
    "complaint.filed": ("complaint.acknowledged complaint.resolved", "case", True),
    "order.paid": ("order.delivered order.cancelled order.refunded", "case", True),
    "promise.made": ("promise.kept promise.withdrawn", "correlation", False),
    "survey.sent": ("survey.answered", "correlation", False),
}


@pytest.mark.parametrize("kind", ROLES_OF)
def test_a_standard_type_has_the_roles_and_the_thing_of_the_vocabulary(kind: str) -> None:
    meaning = default_map().meaning(kind, None)
    assert set(names(meaning.roles)) == set(ROLES_OF[kind].split())
    assert meaning.thing == kind.partition(".")[0]


def test_the_default_map_names_the_standard_types_and_no_others() -> None:
    assert set(default_map().file.types) == set(ROLES_OF)


def test_every_role_is_borne_by_a_standard_type() -> None:
    assert {role for roles in ROLES_OF.values() for role in roles.split()} == set(ROLES)


@pytest.mark.parametrize("kind", ROLES_OF)
def test_every_standard_type_has_a_stage_that_a_customer_would_understand(kind: str) -> None:
    assert re.fullmatch(r"[a-z][a-z -]+", default_map().meaning(kind, "web").stage)


def test_pairs_are_those_of_the_vocabulary() -> None:
    found = {}
    for pair in default_map().pairs:
        kinds = [kind for kind in ROLES_OF if kind.partition(".")[0] == pair.thing]
        meanings = {kind: default_map().meaning(kind, None).roles for kind in kinds}
        opening = [kind for kind in kinds if meanings[kind] & pair.opens]
        closing = " ".join(kind for kind in kinds if meanings[kind] & pair.closes)
        assert len(opening) == 1
        found[opening[0]] = (closing, pair.key, pair.wait)
    assert found == {kind: (" ".join(sorted(closing.split(), key=list(ROLES_OF).index)), key, wait) for kind, (closing, key, wait) in PAIRS.items()}


def test_every_stage_where_customers_wait_has_a_zone_of_tolerance() -> None:
    waiting = {kind for pair in PAIRS.values() if pair[2] for kind in pair[0].split()}
    stages = {default_map().meaning(kind, channel).stage for kind in waiting for channel in ("phone", "email", "chat", "messenger", None)}
    assert {stage for stage in stages if default_map().zone_for(stage, None, None, None, 0) is None} == set()


def test_every_stage_but_the_house_and_small_things_has_an_owner() -> None:
    stages = {default_map().meaning(kind, channel).stage for kind in ROLES_OF for channel in ("chat", "messenger", None)}
    assert stages - set(default_map().owners) == {"the house", "small things"}


def test_only_the_end_of_a_case_is_terminal() -> None:
    assert [kind for kind in ROLES_OF if default_map().meaning(kind, None).roles & bit("terminal")] == ["case.closed"]


def test_the_table_above_is_complete(data_dir: Path) -> None:
    page = data_dir.parent / "vocabulary.md"
    if not page.is_file():
        pytest.skip("vocabulary.md does not lie beside the data sets")
    rows = [line.split("|")[2] for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| ") and line.count("|") == 4]
    assert {kind for row in rows for kind in re.findall(r"`([a-z]+\.[a-z_]+)`", row)} == set(ROLES_OF)
