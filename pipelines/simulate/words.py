"""Journeys in writing and on screens: browsing, chat with a bot and a person, letters, feedback."""

from __future__ import annotations

import numpy as np

from pipelines.simulate.chance import HOUR, MINUTE, SECOND, Flags, Ints, Texts
from pipelines.simulate.ledger import Fields, texts
from pipelines.simulate.scene import Scene, never
from pipelines.simulate.world import BOT, CHANNELS

_WEB, _APP = CHANNELS.index("web"), CHANNELS.index("app")
_LETTERS = tuple(CHANNELS.index(name) for name in ("email", "messenger", "social"))


def browse(scene: Scene) -> None:
    """Tell visits to the web site and the app: pages, a search, sometimes a form that fails or goes through."""
    way = scene.ways("browse", {"look": 60, "search": 25, "form": 10, "failed form": 5}, {})
    app = scene.chance.happens(0.35, scene.n)
    common: Fields = {"channel": np.where(app, _APP, _WEB), "source": texts(["app" if a else "web" for a in app.tolist()])}
    at = scene.start
    pages = scene.chance.between(1, 5, scene.n)
    scene.say("page.viewed", at, attributes=scene.facts('"campaign":"spring"'), **common)
    for page in range(1, 4):
        at = at + scene.chance.ordinary(25 * SECOND, 10 * MINUTE, scene.n)
        scene.say("page.viewed", at, pages > page, **common)
    scene.say("search.made", at + 9 * SECOND, way == "search", **common)
    formed = np.isin(way, ["form", "failed form"])
    scene.say("form.started", at + 12 * SECOND, formed, **common)
    scene.say("form.failed", at + 60 * SECOND, way == "failed form", attributes='{"field":"phone"}', **common)
    scene.say("form.submitted", at + 95 * SECOND, way == "form", **common)
    scene.close(at + 2 * MINUTE, ~scene.all, "")


def chat(scene: Scene) -> None:
    """Tell chats: a bot answers; who asks for a person gets one, or is trapped with the machine."""
    way = scene.ways("chat", {"bot": 50, "person": 45}, {"trapped": 2.5, "slow": 1.5})
    flow = scene.flows("chat-")
    common: Fields = {"channel": "bot", "correlation_id": flow}
    at = scene.start
    scene.say("bot.answered", at, actor=BOT, attributes=scene.facts(), **common)
    at = at + scene.chance.ordinary(20 * SECOND, 3 * MINUTE, scene.n)
    helped = way == "bot"
    scene.say("bot.answered", at, helped, actor=BOT, **common)
    scene.say("bot.failed", at, ~helped, actor=BOT, **common)
    asked = at + 15 * SECOND
    opening = scene.say("human.requested", asked, ~helped, **common)
    trapped = way == "trapped"
    scene.say("bot.answered", asked + 8 * SECOND, trapped, actor=BOT, **common)
    scene.say("bot.failed", asked + 50 * SECOND, trapped, actor=BOT, **common)
    scene.beyond("human", trapped, asked, never(scene.n), opening, never(scene.n))
    scene.beyond("human", trapped, asked, never(scene.n), opening, never(scene.n), rule="trapped_in_machine")
    end = np.where(helped | trapped, asked + MINUTE, _with_a_person(scene, way, asked, common))
    bad = np.isin(way, ["trapped", "slow"])
    scene.ask(end, ~bad)
    scene.close(end, bad, "trapped by a machine or left alone in a chat")


def _with_a_person(scene: Scene, way: Texts, asked: Ints, common: Fields) -> Ints:
    """Tell what follows when a person takes the chat over; return when it ends."""
    talks = np.isin(way, ["person", "slow"])
    person = scene.staff(scene.chance.between(0, 4, scene.n))
    reached = asked + scene.lasts("human", ~scene.all)
    scene.say("human.reached", reached, talks, actor=person, **common)
    chat: Fields = {**common, "channel": "chat"}
    written = reached + 10 * SECOND
    opening = scene.say("message.received", written, talks, **scene.words("question"), **chat)
    slow = way == "slow"
    answered = written + scene.lasts("chat", slow)
    closing = scene.say("message.answered", answered, talks, actor=person, **chat)
    scene.beyond("chat", slow, written, answered, opening, closing)
    scene.behind(slow & scene.chance.happens(0.5, scene.n), written, answered, opening, closing, level="chat")
    return answered + 30 * SECOND


def message(scene: Scene) -> None:
    """Tell letters, messenger threads and posts: received and answered; sometimes the machine room behind them stands still."""
    way = scene.ways("message", {"answered": 85, "twice": 15}, {"slow": 1.5, "forgotten": 1.5})
    letter = np.array(_LETTERS)[scene.chance.between(0, 3, scene.n) if scene.place is None else np.zeros(scene.n, dtype=np.int64)]
    incident = scene.afflicted("message", np.where(letter == _LETTERS[0], 0, 1), scene.start)
    way[incident >= 0] = "slow"
    flow = scene.flows("thread-")
    common: Fields = {"channel": letter, "correlation_id": flow}
    opening = scene.say("message.received", scene.start, attributes=scene.facts(), **scene.words("question"), **common)
    slow, answered = way == "slow", way != "forgotten"
    over = scene.start + _answer_time(scene, letter, slow)
    closing = scene.say("message.answered", over, answered, actor=scene.staff(scene.chance.between(0, 6, scene.n)), **common)
    _note_slow(scene, letter, slow, over, opening, closing, answered)
    caused = slow & ((incident >= 0) | scene.chance.happens(0.5, scene.n))
    scene.behind(caused & (letter == _LETTERS[0]), scene.start, over, opening, closing, incident, level="email")
    again = over + 20 * MINUTE
    twice = way == "twice"
    scene.say("message.received", again, twice, **scene.words("problem"), **common)
    end = again + _answer_time(scene, letter, ~scene.all)
    scene.say("message.answered", end, twice, actor=scene.staff(1), **common)
    end = np.where(twice, end, np.where(answered, over, scene.start + 48 * HOUR))
    scene.ask(end, answered & ~slow)
    scene.close(end, slow | ~answered, "message answered late or never")


def _answer_time(scene: Scene, letter: Ints, slow: Flags) -> Ints:
    lasts = [scene.lasts(name, slow) for name in ("email", "messenger", "social")]
    return np.select([letter == code for code in _LETTERS], lasts, 0)


def _note_slow(scene: Scene, letter: Ints, slow: Flags, over: Ints, opening: Ints, closing: Ints, answered: Flags) -> None:
    for code, level in zip(_LETTERS, ("email", "messenger", "social"), strict=True):
        here = letter == code
        scene.beyond(level, here & slow, scene.start, over, opening, closing)
        scene.beyond(level, here & ~answered, scene.start, never(scene.n), opening, never(scene.n))


def feedback(scene: Scene) -> None:
    """Tell words that nobody asked for: thanks, ideas, disappointment."""
    way = scene.ways("feedback", {"praise": 60, "disappointed": 25, "promise": 15}, {})
    for mood in ("praise", "disappointed", "promise"):
        scene.say("feedback.received", scene.start, way == mood, channel="social", attributes=f'{{"mood":"{mood}"}}', **scene.words(mood))
    scene.close(scene.start + MINUTE, ~scene.all, "")
