"""The customers: who they are, how often they buy (BG/NBD), and when and why they left."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.simulate.chance import DAY, Flags, Ints, Texts
from pipelines.simulate.ledger import texts
from pipelines.simulate.world import ORIGIN

NEVER = np.iinfo(np.int64).max


class Law(NamedTuple):
    """The law of buying: rates ~ Gamma(r, alpha weeks), drop-out after a repeat purchase ~ Beta(a, b), and after a bad journey a fixed share.

    Source: Fader, Hardie, Lee 2005, Marketing Science 24(2), 275–284.
    """

    r: float = 1.1
    alpha_weeks: float = 5.0
    a: float = 0.8
    b: float = 3.2
    drop_after_bad_journey: float = 0.5
    buyers: float = 0.7


def trait(customers: Ints, salt: int, size: int) -> Ints:
    """Give each customer a number from 0 to size − 1 that never changes."""
    mixed = (customers * 2_654_435_761 + salt * 1_640_531_527) & 0xFFFFFFFF
    folded: Ints = (((mixed ^ (mixed >> 15)) * 2_246_822_519) & 0xFFFFFFFF) >> 9
    return folded % size


class Customers:
    """State of all customers, one row each. Rows that are no buyers only make contact; buyers appear with their first purchase."""

    def __init__(self, count: int, days: int, law: Law, rng: np.random.Generator) -> None:
        self.law = law
        rows = np.arange(count)
        self.buyer: Flags = rows % 10 < round(law.buyers * 10)
        appears = np.sort(_appearances(int(self.buyer.sum()), rng)) * days
        self.rate = rng.gamma(law.r, 1 / (7 * law.alpha_weeks), count)  # purchases a day
        self.drop = rng.beta(law.a, law.b, count)
        self.talkative = rng.gamma(1.5, 1.0, count) + 1e-9
        self.next_purchase = np.full(count, np.inf)
        self.next_purchase[self.buyer] = appears
        self.known_from = np.full(count, -365.0)
        self.known_from[self.buyer] = appears
        self.free_at = np.zeros(count, dtype=np.int64)
        self.left_at = np.full(count, NEVER, dtype=np.int64)
        self.why = np.zeros(count, dtype=np.int16)
        self.reasons = [""]
        self.has_bought = np.zeros(count, dtype=np.bool_)
        self.has_repeated = np.zeros(count, dtype=np.bool_)

    def buying(self, day: int) -> Ints:
        """Return the customers whose next purchase is due by the end of this day (numbered from 0)."""
        return np.flatnonzero((self.next_purchase < day + 1) & (self.left_at > ORIGIN + day * DAY))

    def bought(self, customers: Ints, day: int, at: Ints, rng: np.random.Generator) -> None:
        """Draw after a purchase: does the customer drop out, and if not, when the next purchase is due."""
        since = np.maximum(self.next_purchase[customers], day)
        drops = (rng.random(len(customers)) < self.drop[customers]) & self.has_bought[customers]  # the law lets nobody go at the first purchase
        self.has_bought[customers] = True
        self.next_purchase[customers] = np.where(drops, np.inf, since + rng.exponential(1, len(customers)) / self.rate[customers])
        self.leave(customers[drops], at[drops], "lost interest after a purchase")

    def reachable(self, day: int) -> Ints:
        """Return the customers who may make contact on this day: known, not gone, and not in the middle of something."""
        start = ORIGIN + day * DAY
        return np.flatnonzero((self.known_from < day) & (self.left_at > start) & (self.free_at <= start))

    def leave(self, customers: Ints, at: Ints, why: str) -> None:
        """Note that these customers are gone from then on, silently."""
        if why not in self.reasons:
            self.reasons.append(why)
        first = at < self.left_at[customers]
        gone = customers[first]
        self.left_at[gone] = at[first]
        self.why[gone] = self.reasons.index(why)

    def segment(self, customers: Ints, day: int) -> Texts:
        """Return `vip`, `new` (known for less than two weeks) or `regular`."""
        new = self.known_from[customers] > day - 14
        names = np.array(["regular", "new", "vip"], dtype=object)
        return names[np.where(trait(customers, 3, 100) < 8, 2, (new & self.buyer[customers]).astype(np.int64))]


def _appearances(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw when buyers first buy, as shares of the log: more at its beginning, the density falling by e^1.2."""
    shares: NDArray[np.float64] = -np.log1p(-rng.random(count) * (1 - np.exp(-1.2))) / 1.2
    return shares


def is_by_phone_only(customers: Ints) -> Flags:
    """Say which customers the company knows by a telephone number only."""
    return trait(customers, 1, 100) < 6


def names(customers: Ints) -> Texts:
    """Name customers as the journeys will: the customer id, or the telephone number where there is no id."""
    by_phone = is_by_phone_only(customers).tolist()
    return texts([f"phone:+7900{c:07}" if p else f"c{c:06}" for c, p in zip(customers.tolist(), by_phone, strict=True)])


def identities(customers: Ints) -> Texts:
    """Write who the customers are as JSON fields: an id, a telephone number, or both."""
    by_phone, both = is_by_phone_only(customers).tolist(), (trait(customers, 2, 100) < 15).tolist()
    return texts([_identity(c, p, b) for c, p, b in zip(customers.tolist(), by_phone, both, strict=True)])


def _identity(customer: int, by_phone: bool, both: bool) -> str:
    if by_phone:
        return f'"identifiers":["phone:+7900{customer:07}"]'
    return f'"customer_id":"c{customer:06}","identifiers":["phone:+7900{customer:07}"]' if both else f'"customer_id":"c{customer:06}"'


def client_type(customers: Ints) -> Texts:
    """Return each customer's temperament: `fast` (everything, now), `undecided`, `calm`."""
    return np.array(["fast", "undecided", "calm", "calm"], dtype=object)[trait(customers, 4, 4)]


def is_russian(customers: Ints) -> Flags:
    """Say who writes in Russian and pays in roubles; the others write in English and pay in euros."""
    return trait(customers, 5, 100) < 55
