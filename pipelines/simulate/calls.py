"""Journeys by telephone: menu, queue, conversation, hold, voice mail, call back, and calling again and again."""

from __future__ import annotations

import numpy as np

from pipelines.simulate.chance import HOUR, MINUTE, SECOND, Flags, Ints, Texts
from pipelines.simulate.ledger import Fields, texts
from pipelines.simulate.scene import Scene, never
from pipelines.simulate.world import CALL_SITES, MENU, TEAMS

_SITES = texts(list(CALL_SITES))
_GOOD = {"answered": 60, "held": 12, "transferred": 8, "repeated": 3, "abandoned": 5, "voicemail": 9, "fee": 1}
_BAD = {"long": 1.5, "given up": 1.0, "long hold": 0.8, "unheard": 0.7, "unreturned": 0.7}


def call(scene: Scene) -> None:
    """Tell calls: through the menu into a queue, to a person or to the voice mail."""
    way = scene.ways("call", _GOOD, _BAD)
    place = scene.places(len(CALL_SITES))
    flow = scene.flows("call-")
    common: Fields = {"channel": "phone", "site": _SITES[place], "correlation_id": flow}
    offered = _menu(scene, flow)
    scene.say("call.offered", offered, attributes=scene.facts(), **common)
    queued = offered + 400
    incident = scene.afflicted("call", place, queued)
    way[(incident >= 0) & ~np.isin(way, ["given up", "unheard", "unreturned"])] = "long"
    opening = scene.say("call.queued", queued, **common)
    slow = np.isin(way, ["long", "given up"])
    wait = scene.lasts("queue", slow)
    over = queued + wait
    to_voicemail = np.isin(way, ["voicemail", "unheard", "unreturned"])
    lost = np.isin(way, ["abandoned", "given up"])
    spoken = ~to_voicemail & ~lost
    closing = np.maximum(
        scene.say("call.abandoned", over, lost, **common),
        scene.say("call.to_voicemail", over, to_voicemail, **common),
    )
    end, answer = _conversation(scene, way, spoken, over, wait, common)
    closing = np.maximum(closing, answer)
    _blame(scene, slow, incident, queued, over, opening, closing)
    end = np.maximum(end, _voicemail(scene, way, to_voicemail, over + 6 * SECOND, flow))
    bad = np.isin(way, list(_BAD))
    scene.ask(end, ~bad)
    scene.close(end, bad, "bad call")


def _menu(scene: Scene, flow: Texts) -> Ints:
    scene.say("menu.entered", scene.start, channel="ivr", correlation_id=flow, actor=MENU)
    left = scene.start + scene.lasts("menu", ~scene.all)
    scene.say("menu.left", left, channel="ivr", correlation_id=flow, actor=MENU)
    return left + 300


def _blame(scene: Scene, slow: Flags, incident: Ints, opened: Ints, closed: Ints, opening: Ints, closing: Ints) -> None:
    """Say which long queues have work behind them: all of an incident, and some of the others."""
    scene.beyond("queue", slow, opened, closed, opening, closing)
    caused = slow & ((incident >= 0) | scene.chance.happens(0.5, scene.n))
    scene.behind(caused, opened, closed, opening, closing, incident, level="queue")


def _conversation(scene: Scene, way: Texts, spoken: Flags, at: Ints, wait: Ints, common: Fields) -> tuple[Ints, Ints]:
    """Tell the talk of the answered calls; return when each call ends, and the number of its `call.answered`."""
    team = scene.chance.between(0, len(TEAMS), scene.n)
    person = scene.staff(team)
    answer = scene.say("call.answered", at, spoken, actor=person, tail=scene.measured(wait, 0.6), **common)
    talk = scene.chance.ordinary(3 * MINUTE, 12 * MINUTE, scene.n)
    middle = at + talk // 2
    held = np.isin(way, ["held", "long hold"])
    middle = np.where(held, _hold(scene, way == "long hold", held, middle, common), middle)
    moved = spoken & (way == "transferred")
    scene.say("call.transferred", middle, moved, actor=scene.staff((team + 1) % len(TEAMS)), **common)
    again = spoken & (way == "repeated") & ~scene.today.customers.has_repeated[scene.customers]
    scene.today.customers.has_repeated[scene.customers[again]] = True
    scene.say("customer.repeated", middle + 5 * SECOND, again, **common)
    charged = spoken & (way == "fee")
    scene.say("fee.charged", middle + 9 * SECOND, charged, money=scene.price(150, "cost"), attributes='{"reason":"human_service"}', **common)
    end = np.where(spoken, middle + talk // 2 + 10 * SECOND, at)
    scene.say("call.ended", end, spoken, actor=person, **common)
    return end, answer


def _hold(scene: Scene, long: Flags, held: Flags, at: Ints, common: Fields) -> Ints:
    """Put calls on hold; return when the hold ends."""
    opening = scene.say("hold.started", at, held, **common)
    lasts = scene.lasts("hold", long)
    due = np.datetime_as_string((at + 90 * SECOND).astype("datetime64[ms]")).tolist()
    told = texts([f'{{"due_at":"{instant}Z","kind":"shortly"}}' for instant in due])
    scene.say("hold.message_played", at + 5 * SECOND, held, promise=told, **common)
    closing = scene.say("hold.ended", at + lasts, held, **common)
    scene.beyond("hold", long, at, at + lasts, opening, closing)
    return at + lasts


def _voicemail(scene: Scene, way: Texts, left: Flags, at: Ints, flow: Texts) -> Ints:
    """Tell what becomes of a voice mail: heard, called back, reached; return when it ends."""
    common: Fields = {"channel": "voicemail", "correlation_id": flow}
    opening = scene.say("voicemail.left", at, left, **scene.words("question"), **common)
    heard, returned = left & (way != "unheard"), left & (way == "voicemail")
    listened = at + scene.lasts("voicemail", ~scene.all)
    scene.say("voicemail.listened", listened, heard, **common)
    tried = listened + scene.lasts("callback", ~scene.all)
    scene.say("callback.attempted", tried, returned, channel="phone", correlation_id=flow)
    reached = tried + 20 * SECOND
    scene.say("callback.reached", reached, returned, channel="phone", correlation_id=flow, actor=scene.staff(2))
    _unanswered(scene, left & (way == "unheard"), left & (way != "voicemail"), at, opening)
    return np.where(returned, reached + 3 * MINUTE, np.where(left, at + 6 * HOUR, at))


def _unanswered(scene: Scene, unheard: Flags, unreturned: Flags, at: Ints, opening: Ints) -> None:
    gone = never(scene.n)
    scene.beyond("voicemail", unheard, at, gone, opening, gone)
    scene.beyond("voicemail", unheard, at, gone, opening, gone, rule="voicemail_not_listened")
    scene.beyond("callback", unreturned, at, gone, opening, gone, rule="voicemail_not_returned")


def callback(scene: Scene) -> None:
    """Tell requests for a call back through a form."""
    way = scene.ways("callback", {"reached": 90, "second attempt": 10}, {"forgotten": 2})
    flow = scene.flows("callback-")
    scene.say("form.started", scene.start, channel="web", correlation_id=flow)
    asked = scene.start + scene.chance.ordinary(50 * SECOND, 5 * MINUTE, scene.n)
    scene.say("form.submitted", asked, channel="web", correlation_id=flow, attributes='{"form":"call back"}')
    common: Fields = {"channel": "phone", "correlation_id": flow}
    opening = scene.say("callback.requested", asked + SECOND, **common)
    done = way != "forgotten"
    tried = asked + scene.lasts("callback", ~scene.all)
    scene.say("callback.attempted", tried, done, **common)
    reached = tried + np.where(way == "second attempt", 9 * MINUTE, 15 * SECOND)
    closing = scene.say("callback.reached", reached, done, actor=scene.staff(2), **common)
    scene.beyond("callback", ~done, asked + SECOND, never(scene.n), opening, closing)
    end = np.where(done, reached + 2 * MINUTE, asked + 24 * HOUR)
    scene.ask(end, done)
    scene.close(end, ~done, "call back forgotten")


def repeats(scene: Scene) -> None:
    """Tell of customers who call three times about one matter and say it all again each time."""
    said, answered = [], []
    for turn in range(3):
        flow = scene.flows("call-")
        common: Fields = {"channel": "phone", "correlation_id": flow}
        at = scene.start + turn * 20 * HOUR + scene.chance.between(0, HOUR, scene.n)
        scene.say("call.offered", at, attributes=scene.facts(), **common)
        scene.say("call.queued", at + 300, **common)
        over = at + 300 + scene.lasts("queue", ~scene.all)
        scene.say("call.answered", over, actor=scene.staff(turn), **common)
        said.append(scene.say("customer.repeated", over + 40 * SECOND, **common))
        answered.append(over + 40 * SECOND)
        scene.say("call.ended", over + 6 * MINUTE, **common)
    scene.today.truth.situation(
        "customer_repeats", scene.names, scene.all, opened=answered[0], since=answered[2], until=never(scene.n), evidence=tuple(said)
    )
    scene.close(answered[2] + 6 * MINUTE, scene.all, "had to repeat everything")
