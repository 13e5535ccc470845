"""Journeys that bring money, and visits to a shop: orders, purchases at the till, subscriptions, queues in a place, work at the customer's home."""

from __future__ import annotations

import numpy as np

from pipelines.simulate.chance import DAY, HOUR, MINUTE, SECOND, Flags, Ints, Texts
from pipelines.simulate.ledger import Fields, instants, texts
from pipelines.simulate.scene import Scene, never
from pipelines.simulate.world import CHANNELS, REGIONS, STORES

_REGIONS, _STORES = texts(list(REGIONS)), texts(list(STORES))
_WEB, _APP = CHANNELS.index("web"), CHANNELS.index("app")


def order(scene: Scene) -> Ints:
    """Tell orders: pages, placed, paid, picked, delivered; or cancelled and refunded; or never brought. Returns when each was paid."""
    way = scene.ways("order", {"delivered": 92, "cancelled": 4, "refunded": 4}, {"undelivered": 1.5, "late": 1.5})
    app = scene.chance.happens(0.4, scene.n)
    place = _regions(scene)
    pages: Fields = {"channel": np.where(app, _APP, _WEB), "source": texts(["app" if a else "web" for a in app.tolist()])}
    scene.say("page.viewed", scene.start, scene.chance.happens(0.8, scene.n), **pages)
    case = scene.flows("order-")
    common: Fields = {"case_id": case, "channel": np.where(app, _APP, _WEB), "site": _REGIONS[place]}
    placed = scene.start + scene.chance.ordinary(90 * SECOND, 15 * MINUTE, scene.n)
    money = scene.price(4_500, "order")
    scene.say("order.placed", placed, money=money, attributes=scene.facts(), **common)
    paid = placed + scene.chance.ordinary(40 * SECOND, 8 * MINUTE, scene.n)
    opening = scene.say("order.paid", paid, money=money, **common)
    incident = scene.afflicted("order", place, paid)
    way[incident >= 0] = "late"
    late = np.isin(way, ["late", "undelivered"])
    over = paid + np.where(np.isin(way, ["cancelled", "refunded"]), 3 * HOUR, scene.lasts("delivery", late))
    closing = scene.say("order.delivered", over, np.isin(way, ["delivered", "late"]), **common)
    given_back = np.maximum(
        scene.say("order.cancelled", over, way == "cancelled", **common),
        scene.say("order.refunded", over, way == "refunded", money=_money_back(scene), **common),
    )
    closing = np.maximum(closing, given_back)
    _note_late(scene, way, late, incident, paid, over, opening, closing)
    scene.ask(over, ~late)
    scene.close(np.where(way == "undelivered", paid + 6 * DAY, over), late, "paid and not delivered in time")
    return paid


def _regions(scene: Scene) -> Ints:
    """Draw regions; while couriers stand still in one, its campaign brings most of the orders there."""
    place = scene.places(len(REGIONS))
    for incident in scene.today.truth.incidents:
        if incident.kind == "order":
            drawn = (scene.start >= incident.since) & (scene.start < incident.until - HOUR) & scene.chance.happens(0.6, scene.n)
            place = np.where(drawn, incident.place, place)
    return place


def _money_back(scene: Scene) -> Texts:
    """Draw what is paid back."""
    return scene.price(4_000, "refund")


def _note_late(scene: Scene, way: Texts, late: Flags, incident: Ints, paid: Ints, over: Ints, opening: Ints, closing: Ints) -> None:
    lost = way == "undelivered"
    until = np.where(lost, never(scene.n), over)
    scene.beyond("delivery", late, paid, until, opening, closing)
    scene.beyond("delivery", late, paid, until, opening, closing, rule="paid_not_delivered")
    slow = late & ~lost
    caused = slow & ((incident >= 0) | scene.chance.happens(0.5, scene.n))
    scene.behind(caused, paid, over, opening, closing, incident, level="delivery")
    scene.behind(~late & scene.chance.happens(0.15, scene.n), paid, over, opening, closing)


def till(scene: Scene) -> Ints:
    """Tell purchases in a shop: the queue, the till. Returns when each was made."""
    place = scene.places(len(STORES))
    incident = scene.afflicted("visit", place, scene.start)
    common: Fields = {"channel": "store", "site": _STORES[place], "correlation_id": scene.flows("visit-")}
    slow = incident >= 0
    served = _queue(scene, slow, incident, common)
    bought = served + scene.chance.ordinary(2 * MINUTE, 8 * MINUTE, scene.n)
    scene.say("purchase.made", bought, money=scene.price(2_200, "order"), **common)
    scene.ask(bought, ~slow, 0.04)
    scene.close(bought, slow, "stood in a queue")
    return bought


def _queue(scene: Scene, slow: Flags, incident: Ints, common: Fields) -> Ints:
    party = scene.chance.choose("party", {"1": 60, "2": 25, "3": 10, "20": 0.2}, scene.n).tolist()
    child = scene.chance.choose("context", {"": 90, "with a child": 10}, scene.n).tolist()
    told = [f[:-1] + f',"party_size":"{p}"' + (f',"context":"{c}"' if c else "") + "}" for f, p, c in zip(scene.facts(), party, child, strict=True)]
    opening = scene.say("visit.arrived", scene.start, attributes=texts(told), **common)
    wait = scene.lasts("visit", slow)
    over = scene.start + wait
    closing = scene.say("visit.served", over, actor=scene.staff(2), tail=scene.measured(wait, 0.5), **common)
    scene.beyond("visit", slow, scene.start, over, opening, closing)
    caused = slow & ((incident >= 0) | scene.chance.happens(0.5, scene.n))
    scene.behind(caused, scene.start, over, opening, closing, incident, level="visit")
    return over


def visit(scene: Scene) -> None:
    """Tell visits without a purchase: advice at the desk, turning away at the door, helping oneself."""
    way = scene.ways("visit", {"served": 84, "left": 6, "effort": 6, "delight": 4}, {"slow": 2, "left after long": 1})
    place = scene.places(len(STORES))
    incident = scene.afflicted("visit", place, scene.start)
    way[(incident >= 0) & (way != "left after long")] = "slow"
    common: Fields = {"channel": "store", "site": _STORES[place], "correlation_id": scene.flows("visit-")}
    stays = ~np.isin(way, ["left", "left after long"])
    slow = np.isin(way, ["slow", "left after long"])
    opening = scene.say("visit.arrived", scene.start, attributes=scene.facts('"party_size":"1"'), **common)
    wait = scene.lasts("visit", slow)
    over = scene.start + wait
    closing = scene.say("visit.served", over, stays, actor=scene.staff(3), tail=scene.measured(wait, 0.5), **common)
    closing = np.maximum(closing, scene.say("visit.left", over, ~stays, **common))
    scene.beyond("visit", slow, scene.start, over, opening, closing)
    caused = slow & ((incident >= 0) | scene.chance.happens(0.5, scene.n))
    scene.behind(caused, scene.start, over, opening, closing, incident, level="visit")
    scene.say("customer.effort", over + MINUTE, way == "effort", attributes='{"kind":"carried it to the car"}', **common)
    scene.say("exception.granted", over + MINUTE, way == "delight", actor=scene.staff(3), **common)
    end = over + 5 * MINUTE
    scene.ask(end, ~slow)
    scene.close(end, slow, "stood in a queue")


def field(scene: Scene) -> None:
    """Tell visits of an engineer: the promised time, the wait at home, the work."""
    way = scene.ways("field", {"kept": 95}, {"late": 4})
    place = scene.places(len(REGIONS))
    home = scene.start + 2 * HOUR
    incident = scene.afflicted("field", place, home)
    way[incident >= 0] = "late"
    late = way == "late"
    common: Fields = {"case_id": scene.flows("engineer-"), "channel": "field", "site": _REGIONS[place], "correlation_id": scene.flows("engineer-")}
    due = home + DAY
    made = scene.say("promise.made", scene.start, promise=promised(due, "engineer"), attributes=scene.facts(), **common)
    opening = scene.say("wait.started", home, **common)
    over = home + scene.lasts("field", late)
    closing = scene.say("wait.ended", over, actor=scene.staff(1), **common)
    kept = scene.say("promise.kept", over + SECOND, **common)
    scene.beyond("field", late, home, over, opening, closing)
    note_broken(scene, late, scene.start, due, over + SECOND, made, kept)
    caused = late & ((incident >= 0) | scene.chance.happens(0.5, scene.n))
    scene.behind(caused, home, over, opening, closing, incident, level="field")
    scene.ask(over + HOUR, ~late, 0.3)
    scene.close(over + HOUR, late, "waited for the engineer")


def promised(due: Ints, kind: str) -> Texts:
    """Write the block `promise` for each row."""
    return texts([f'{{"due_at":"{at}Z","kind":"{kind}"}}' for at in instants(due)])


def note_broken(scene: Scene, only: Flags, made_at: Ints, due: Ints, until: Ints, made: Ints, kept: Ints) -> None:
    """Note promises that pass their time: about to break an hour before it, broken from then on."""
    situation = scene.today.truth.situation
    situation("promise_about_to_break", scene.names, only, opened=made_at, since=due - HOUR, until=due, evidence=(made,))
    situation("promise_broken", scene.names, only, opened=made_at, since=due, until=until, evidence=(made,), closed_by=kept)


def subscription(scene: Scene) -> None:
    """Tell subscriptions: started, renewed each ten days, and given up by some."""
    way = scene.ways("subscription", {"stays": 70, "cancels": 30}, {})
    common: Fields = {"case_id": scene.flows("subscription-"), "channel": "app"}
    price = scene.price(900, "order")
    scene.say("subscription.started", scene.start, money=price, **common)
    gone = way == "cancels"
    scene.say("subscription.renewed", scene.start + 10 * DAY, money=price, **common)
    scene.say("subscription.renewed", scene.start + 20 * DAY, ~gone, money=price, **common)
    end = scene.start + scene.chance.between(12 * DAY, 20 * DAY, scene.n)
    scene.say("subscription.cancelled", end, gone, attributes='{"reason":"too expensive"}', **common)
    scene.today.customers.leave(scene.customers[gone], end[gone], "cancelled the subscription")
