"""Payloads that are broken on purpose: whole events, mutated by a seeded generator of chance."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

Event = dict[str, Any]
FULL: Event = {
    "id": "e-1",
    "source": "pbx",
    "type": "call.answered",
    "time": "2025-03-04T09:00:00.123456+03:00",
    "sequence": 7,
    "customer_id": "Юлия",
    "identifiers": ["phone:+7 900"],
    "case_id": "c-1",
    "channel": "phone",
    "site": "north",
    "stage": "talk",
    "lifecycle": "started",
    "actor": {"id": "a1", "kind": "human", "team": "desk", "lane": "front"},
    "causation_id": "m",
    "correlation_id": "k",
    "wait_s": 12.5,
    "service_s": 95.25,
    "promise": {"due_at": "2025-03-05T09:00:00Z", "kind": "call back"},
    "rating": {"metric": "nps", "value": 9, "scale": "0-10"},
    "money": {"amount_minor": -1250, "currency": "RUB", "kind": "refund"},
    "text": 'a "b" \\ \n ☎ \U0001f600',
    "language": "ru",
    "attributes": {"segment": "gold", "client_type": "new", "context": "outage", "x": ""},
}
SMALL: Event = {"id": "e-2", "source": "web", "type": "page.viewed", "time": "2025-03-04T09:00:00Z", "customer_id": "ann"}
CLOUD: Event = {
    "specversion": "1.0",
    "id": "1",
    "source": "s",
    "type": "page.viewed",
    "subject": "c7",
    "time": "2025-03-04T09:00:00Z",
    "data": {"channel": "web"},
}
TEXTS = (
    "\x00",
    "\u0000a",
    "\u2028",
    "\ufeff",
    "\ud800",
    "\udfff\ud800",
    "a" * 2000,
    "",
    " ",
    "\x1f",
    "'; drop table lines; --",
    "{}",
    "null",
    "\U0010ffff",
    "é",
    "é",
)
TIMES = (
    "2025-03-04T09:00:00",
    "2025-03-04",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-05:00",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+05:00",
    "0000-01-01T00:00:00Z",
    "2025-02-29T00:00:00Z",
    "2024-02-29T23:59:60Z",
    "2025-03-04T09:00:00.1234567891Z",
    "2025-03-04 09:00:00Z",
    "2025-03-04T09:00:00+24:00",
    "1970-01-01T00:00:00Z",
    "infinity",
    "now",
    "2025-03-04T09:00:00z",
    "2025-03-04T09:00:00.5+0530",
    "1600-01-01T00:00:00-23:59",
    "1969-12-31T23:59:59.999999Z",
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1 << 62,
    (1 << 62) + 1,
    1 << 63,
    1 << 64,
    10**30,
    1e300,
    -0.0,
    0.1,
    3.2e9,
    3.3e9,
    1e-9,
    float("nan"),
    float("inf"),
    [],
    {},
    [[]],
    {"a": {"a": {}}},
    ["a", None],
    [1],
)


def payloads(count: int, seed: int) -> Iterator[bytes]:
    """Yield so many payloads, of which some are whole."""
    chance = random.Random(seed)
    for _ in range(count):
        yield chance.choice(MUTATIONS)(chance)


def _event(chance: random.Random) -> Event:
    event: Event = json.loads(json.dumps(chance.choice((FULL, SMALL, CLOUD, FULL))))
    event["id"] = str(chance.randrange(100))
    return event


def _bytes(event: Any) -> bytes:
    return json.dumps(event).encode()


def _flipped(chance: random.Random) -> bytes:
    data = bytearray(_bytes(_event(chance)))
    for _ in range(chance.randint(1, 3)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def _cut(chance: random.Random) -> bytes:
    data = _bytes(_event(chance))
    return data[: chance.randrange(len(data))]


def _doubled(chance: random.Random) -> bytes:
    return chance.choice((b"", b" ", b"\n", b",", b"\x00")).join([_bytes(_event(chance)), _bytes(_event(chance))])


def _field(values: tuple[Any, ...]) -> Callable[[random.Random], bytes]:
    """One field, of the event or of a block, is something else."""

    def mutate(chance: random.Random) -> bytes:
        event = _event(chance)
        inside = [event, *(block for block in event.values() if isinstance(block, dict))]
        block = chance.choice(inside)
        block[chance.choice([*block, "unknown"])] = chance.choice(values)
        return _bytes(event)

    return mutate


def _time(chance: random.Random) -> bytes:
    event = _event(chance)
    if "promise" in event and chance.random() < 0.3:
        event["promise"]["due_at"] = chance.choice(TIMES)
    else:
        event["time"] = chance.choice(TIMES)
    return _bytes(event)


def _deep(chance: random.Random) -> bytes:
    depth = chance.choice((10, 1000, 20_000))
    opening, closing = chance.choice((("[", "]"), ('{"a":', "}")))
    return (f'{{"id":"1","x":{opening * depth}1{closing * depth}' + "}").encode()


def _huge(chance: random.Random) -> bytes:
    event = _event(chance)
    event["text"] = "x" * chance.choice((1000, 100_000, (1 << 20) - 200, 1 << 20))
    return _bytes(event)


def _raw(chance: random.Random) -> bytes:
    words = (
        b"",
        b" ",
        b"null",
        b"[]",
        b"1",
        b'"a"',
        b"{}",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"id":"\xc3\x28"}',
        b'{"id":1,"id":"2"}',
        b"NaN",
        b'{"time":NaN}',
        b"\x00",
        b"{'a':1}",
    )
    return chance.choice(words)


def _lacking(chance: random.Random) -> bytes:
    event = _event(chance)
    for name in chance.sample(list(event), chance.randint(1, 3)):
        del event[name]
    return _bytes(event)


def _whole(chance: random.Random) -> bytes:
    return _bytes(_event(chance))


MUTATIONS = (
    _flipped,
    _flipped,
    _cut,
    _doubled,
    _field(VALUES),
    _field(TEXTS),
    _field(VALUES),
    _field(TEXTS),
    _time,
    _time,
    _raw,
    _lacking,
    _whole,
    _whole,
)
RARE = (_deep, _huge)


def rare(count: int, seed: int) -> list[bytes]:
    """Return payloads that are deep or huge."""
    chance = random.Random(seed)
    return [chance.choice(RARE)(chance) for _ in range(count)]
