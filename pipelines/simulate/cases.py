"""Journeys of a case or a complaint: teams, moves, approvals, promises, recovery."""

from __future__ import annotations

import numpy as np

from pipelines.simulate.chance import DAY, HOUR, MINUTE, SECOND, Flags, Ints, Texts
from pipelines.simulate.ledger import Fields
from pipelines.simulate.purchases import note_broken, promised
from pipelines.simulate.scene import Scene, never
from pipelines.simulate.world import TEAMS

_GOOD = {"plain": 50, "moved": 15, "approval": 12, "refusal": 4, "promise": 12, "withdrawn": 3}
_BAD = {"shuffled": 1.2, "ping-pong": 1.0, "reopened": 1.0, "broken promise": 1.2, "slow approval": 1.2, "hand-over": 0.8}


def case(scene: Scene) -> None:
    """Tell cases from their opening to their end, the well led and the badly led ones."""
    way = scene.ways("case", _GOOD, _BAD)
    if scene.place is not None:
        way[:] = "slow approval"  # a crowd comes for what stands still
    common: Fields = {"case_id": scene.flows("case-"), "channel": "backoffice"}
    team = scene.chance.between(0, len(TEAMS), scene.n)
    scene.say("case.opened", scene.start, attributes=scene.facts(), **{**common, "channel": "web"})
    at = scene.start + scene.chance.ordinary(4 * MINUTE, 20 * MINUTE, scene.n)
    scene.say("case.assigned", at, lifecycle="queued", actor=scene.staff(team), **common)
    at = at + scene.chance.ordinary(3 * MINUTE, 12 * MINUTE, scene.n)
    scene.say("case.assigned", at, lifecycle="started", actor=scene.staff(team), **common)
    times, moves = _moves(scene, way, team, at + MINUTE, common)
    at = times[-1]
    at = _approval(scene, way, at + 2 * MINUTE, common)
    at = _promise(scene, way, at + 2 * MINUTE, common)
    at = at + scene.chance.ordinary(30 * MINUTE, 3 * HOUR, scene.n)
    scene.say("case.progressed", at, actor=scene.staff(team), **common)
    _note_moves(scene, way, times, moves, at, _texts(common))
    scene.say("case.status_changed", at + SECOND, way == "plain", attributes='{"status":"in work"}', **common)
    at = at + scene.chance.ordinary(90 * MINUTE, 10 * HOUR, scene.n)
    scene.say("case.resolved", at, actor=scene.staff(team), **common)
    at = _reopened(scene, way == "reopened", at, common)
    end = at + 2 * HOUR
    scene.say("case.closed", end, **common)
    bad = np.isin(way, list(_BAD))
    scene.ask(end, ~bad, 0.15)
    scene.close(end, bad, "case led badly")


def _moves(scene: Scene, way: Texts, team: Ints, at: Ints, common: Fields) -> tuple[list[Ints], list[Ints]]:
    """Move cases between teams: once with a proper hand-over, three times, or there and back; return when, and the events' numbers."""
    hops = np.select([way == "moved", way == "shuffled", way == "ping-pong", way == "hand-over"], [1, 3, 2, 1], 0)
    moved: list[Ints] = []
    times = [at]
    handing = np.isin(way, ["moved", "ping-pong", "hand-over"])
    at = _hand_over(scene, way, handing, at, common)
    for hop in range(3):
        to = (team + np.where((way == "ping-pong") & (hop == 1), 0, hop + 1)) % len(TEAMS)
        at = np.where(hops > hop, at + scene.chance.ordinary(HOUR, 4 * HOUR, scene.n), at)
        moved.append(scene.say("case.moved", at, hops > hop, actor=scene.staff(to), **common))
        times.append(at)
    return times, moved


def _note_moves(scene: Scene, way: Texts, times: list[Ints], moves: list[Ints], progress: Ints, case_ids: Texts) -> None:
    """Note cases that went through three teams before the customer saw anything happen, and those that came back to where they were."""
    situation = scene.today.truth.situation
    shuffled, back = way == "shuffled", way == "ping-pong"
    situation(
        "moves_without_progress",
        scene.names,
        shuffled,
        opened=times[0],
        since=times[3],
        until=progress,
        evidence=tuple(moves),
        more={"case": case_ids},
    )
    situation(
        "ping_pong", scene.names, back, opened=times[0], since=times[2], until=never(scene.n), evidence=tuple(moves[:2]), more={"case": case_ids}
    )


def _texts(common: Fields) -> Texts:
    return np.asarray(common["case_id"], dtype=object)


def _hand_over(scene: Scene, way: Texts, only: Flags, at: Ints, common: Fields) -> Ints:
    flow = scene.flows("handoff-")
    opening = scene.say("handoff.requested", at, only, correlation_id=flow, **common)
    slow = way == "hand-over"
    over = at + scene.lasts("handoff", slow)
    back = way == "ping-pong"
    closing = scene.say("handoff.accepted", over, only & ~back, correlation_id=flow, **common)
    closing = np.maximum(closing, scene.say("handoff.returned", over, back, correlation_id=flow, **common))
    scene.say("handoff.completed", over + MINUTE, only & ~back, correlation_id=flow, **common)
    scene.beyond("handoff", slow, at, over, opening, closing)
    return np.where(only, over + MINUTE, at)


def _approval(scene: Scene, way: Texts, at: Ints, common: Fields) -> Ints:
    flow = scene.flows("approval-")
    only = np.isin(way, ["approval", "refusal", "slow approval"])
    incident = np.where(only, scene.afflicted("case", np.zeros(scene.n, dtype=np.int64), at), -1)
    way[incident >= 0] = "slow approval"
    opening = scene.say("approval.requested", at, only, correlation_id=flow, **common)
    slow = way == "slow approval"
    over = at + scene.lasts("approval", slow)
    refused = way == "refusal"
    closing = scene.say("approval.granted", over, only & ~refused, correlation_id=flow, **common)
    closing = np.maximum(closing, scene.say("approval.refused", over, refused, correlation_id=flow, **common))
    scene.beyond("approval", slow, at, over, opening, closing)
    scene.behind(slow & ((incident >= 0) | scene.chance.happens(0.5, scene.n)), at, over, opening, closing, incident, level="approval")
    scene.behind(only & ~slow, at, over, opening, closing)
    return np.where(only, over, at)


def _promise(scene: Scene, way: Texts, at: Ints, common: Fields) -> Ints:
    only = np.isin(way, ["promise", "withdrawn", "broken promise"])
    flow = scene.flows("promise-")
    due = at + 2 * DAY
    broken = way == "broken promise"
    made = scene.say("promise.made", at, only, promise=promised(due, "answer"), correlation_id=flow, **common)
    over = at + np.where(broken, 4 * DAY, 8 * HOUR) + scene.chance.between(0, 8 * HOUR, scene.n)
    scene.say("promise.progressed", at + 3 * HOUR, only, correlation_id=flow, **common)
    withdrawn = way == "withdrawn"
    kept = scene.say("promise.kept", over, only & ~withdrawn, correlation_id=flow, **common)
    scene.say("promise.withdrawn", over, withdrawn, correlation_id=flow, **common)
    note_broken(scene, broken, at, due, over, made, kept)
    return np.where(only, over, at)


def _reopened(scene: Scene, only: Flags, at: Ints, common: Fields) -> Ints:
    again = at + 5 * HOUR
    back = scene.say("case.reopened", again, only, **common)
    scene.say("case.progressed", again + 3 * HOUR, only, **common)
    over = again + 9 * HOUR
    done = scene.say("case.resolved", over, only, **common)
    more = {"case": _texts(common)}
    rule, ends = "resolved_then_reopened", (back,)
    scene.today.truth.situation(rule, scene.names, only, opened=at, since=again, until=over, evidence=ends, closed_by=done, more=more)
    return np.where(only, over, at)


_RECOVERIES = {"apology": 40, "redo": 25, "discount": 25, "gift": 10}


def complaint(scene: Scene) -> None:
    """Tell complaints: heard, owned, put right and confirmed; or left lying; or put right so that it fails again."""
    way = scene.ways("complaint", {"recovered": 80, "gesture": 15}, {"unheard": 3, "slow": 2, "failed again": 3})
    common: Fields = {"case_id": scene.flows("complaint-"), "channel": "email"}
    mood = scene.chance.choose("mood", {"disappointed": 50, "problem": 30, "promise": 20}, scene.n)
    filed = scene.start + 6 * MINUTE
    broken = scene.say("failure.reported", scene.start, mood == "problem", **scene.words("problem"), **common)
    opening = [scene.say("complaint.filed", filed, mood == m, **scene.words(m), **common) for m in ("disappointed", "problem", "promise")]
    first = np.maximum.reduce(opening)
    heard, slow = way != "unheard", way == "slow"
    known = filed + scene.lasts("complaint", slow)
    answer = scene.say("complaint.acknowledged", known, heard, actor=scene.staff(3), **common)
    until = np.where(heard, known, never(scene.n))
    scene.beyond("complaint", slow | ~heard, filed, until, first, answer)
    scene.beyond("complaint", slow | ~heard, filed, until, first, answer, rule="complaint_unacknowledged")
    end = _recovery(scene, way, heard, known, broken, first, filed, common)
    bad = np.isin(way, ["unheard", "slow", "failed again"])
    end = np.where(heard, end, filed + 5 * DAY)
    scene.ask(end, ~bad, 0.2)
    scene.close(end, bad, "complaint not put right")


def _recovery(scene: Scene, way: Texts, heard: Flags, at: Ints, broken: Ints, filed: Ints, filed_at: Ints, common: Fields) -> Ints:
    scene.say("recovery.acknowledged", at + MINUTE, heard, **common)
    scene.say("recovery.owned", at + 9 * MINUTE, heard, actor=scene.staff(3), **common)
    act = at + scene.chance.ordinary(2 * HOUR, 9 * HOUR, scene.n) + 10 * MINUTE
    deed = scene.chance.choose("deed", _RECOVERIES, scene.n)
    pays = np.isin(deed, ["discount", "gift"])
    for name in _RECOVERIES:
        done, told = heard & (deed == name), f'{{"kind":"{name}"}}'
        scene.say("recovery.action", act, done & ~pays, attributes=told, **common)
        scene.say("recovery.action", act, done & pays, attributes=told, money=scene.price(700, "compensation"), **common)
    fixed = act + scene.chance.ordinary(5 * HOUR, 20 * HOUR, scene.n)
    scene.say("recovery.fixed", fixed, heard, **common)
    again = heard & (way == "failed again")
    later = fixed + 12 * HOUR
    second = scene.say("failure.reported", later, again, **scene.words("problem"), **common)
    evidence = (np.where(again, second, -1), np.maximum(broken, filed))
    scene.today.truth.situation(
        "double_deviation", scene.names, again, opened=filed_at, since=later, until=never(scene.n), evidence=evidence, more={"case": _texts(common)}
    )
    good = heard & ~again
    scene.say("recovery.confirmed", fixed + 2 * HOUR, good, **common)
    scene.say("complaint.resolved", fixed + 3 * HOUR, good, **common)
    scene.say("gesture.made", fixed + 4 * HOUR, way == "gesture", attributes='{"kind":"card"}', **common)
    return np.where(again, later, fixed + 4 * HOUR)
