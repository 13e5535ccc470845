"""What generated histories hold, found in the events themselves and not in how they were made, so that a test can demand that each occurred."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import combinations

from schemas.roles import bit
from tests.generated.arrivals import Row, arrival, dead_letter
from tests.generated.events import Event
from tests.generated.maps import small_map

YEAR_US = 365 * 86_400_000_000
Rows = Sequence[Row]


def coverage(histories: Iterable[Sequence[Event]]) -> Counter[str]:
    """Return feature → number of the histories that have it, for every one of :data:`FEATURES`, under :func:`small_map`."""
    found = Counter(dict.fromkeys(FEATURES, 0))
    for events in histories:
        dead = [event for event in events if dead_letter(event, small_map())]
        rows = [arrival(event, small_map()) | {"raw": event} for event in events if event not in dead]
        found.update(name for name, has in FEATURES.items() if has(rows))
        found["future"] += bool(dead)
    return found


def _any(test: Callable[[Row], object]) -> Callable[[Rows], bool]:
    return lambda rows: any(test(row) for row in rows)


def _any_two(test: Callable[[Row, Row], object]) -> Callable[[Rows], bool]:
    """Of one customer, in the order of arrival."""
    return lambda rows: any(test(a, b) for a, b in combinations(rows, 2) if a["customer"] == b["customer"])


@cache
def _gap(channel: str | None) -> int:
    return small_map().gap_us(channel)


def _role(name: str) -> Callable[[Row], bool]:
    return lambda row: bool(row["roles"] & bit(name))


def _named(row: Row) -> list[str]:
    return [*filter(None, [row["raw"].get("customer_id")]), *row["raw"].get("identifiers", [])]


def _same(*names: str) -> Callable[[Row, Row], bool]:
    return lambda a, b: all(a[name] == b[name] for name in names)


_NAME = _same("source", "event_id", "time_us", "case_id")


def _neighbours(rows: Rows) -> Iterator[tuple[Row, Row, Row]]:
    """Yield each caseless event with those just before and after it in time, of the customer's that came earlier."""
    came: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["customer"] is None or row["case_id"] is not None or _role("house")(row):
            continue
        earlier = came[row["customer"]]
        before = max((other for other in earlier if other["time_us"] < row["time_us"]), key=lambda other: other["time_us"], default=None)
        after = min((other for other in earlier if other["time_us"] > row["time_us"]), key=lambda other: other["time_us"], default=None)
        if before and after and not _role("terminal")(before):
            yield before, row, after
        earlier.append(row)


def _bridges(rows: Rows) -> bool:
    return any(
        after["time_us"] - before["time_us"] > _gap(after["channel"]) >= after["time_us"] - row["time_us"]
        and row["time_us"] - before["time_us"] <= _gap(row["channel"])
        and not _role("terminal")(row)
        for before, row, after in _neighbours(rows)
    )


def _splits(rows: Rows) -> bool:
    return any(_role("terminal")(row) and after["time_us"] - before["time_us"] <= _gap(after["channel"]) for before, row, after in _neighbours(rows))


def _late(rows: Rows) -> bool:
    return any(row["time_us"] < before["time_us"] - small_map().lateness_us for before, row in combinations(rows, 2))


def _oversized(rows: Rows) -> bool:
    """A case of too many events, or as many without a case within one gap."""
    groups: defaultdict[tuple[str, str | None], set[tuple[str, str, int]]] = defaultdict(set)
    for row in rows:
        if row["customer"] is not None and not _role("terminal")(row):
            groups[row["customer"], row["case_id"]].add((row["source"], row["event_id"], row["time_us"]))
    return any(_crowded(sorted(at for _, _, at in names), case is not None) for (_, case), names in groups.items())


def _crowded(times: Sequence[int], is_case: bool) -> bool:
    most = small_map().max_events
    return any(is_case or last - first <= _gap("web") for first, last in zip(times, times[most:], strict=False))


def _pair(has_key: bool) -> Callable[[Row, Row], bool]:
    """An opening and, later, a closing of one thing; both or not both with a correlation."""
    return lambda a, b: (
        a["thing"] == b["thing"]
        and _role("wait_opens")(a)
        and _role("wait_closes")(b)
        and (a["correlation_id"] is not None and a["correlation_id"] == b["correlation_id"]) == has_key
        and a["time_us"] <= b["time_us"]
    )


FEATURES: dict[str, Callable[[Rows], bool]] = {
    "placeholder": _any(lambda row: any(map(small_map().is_placeholder, _named(row)))),
    "only placeholders": _any(lambda row: row["customer"] and row["customer"].startswith(("case:", "flow:", "event:"))),
    "identifiers only": _any(lambda row: "customer_id" not in row["raw"] and row["raw"].get("identifiers")),
    "equal times": _any_two(lambda a, b: a["customer"] and a["time_us"] == b["time_us"] and not _NAME(a, b)),
    "equal times, ordered by sequence": _any_two(
        lambda a, b: a["customer"] and a["time_us"] == b["time_us"] and (a["sequence"] or 0) != (b["sequence"] or 0)
    ),
    "conflicting copy": _any_two(lambda a, b: _NAME(a, b) and a["canonical"] != b["canonical"]),
    "reused id": _any_two(lambda a, b: _same("source", "event_id")(a, b) and a["time_us"] != b["time_us"]),
    "late": _late,
    "future": lambda rows: False,  # such events are dead letters, so `coverage` counts them where it still sees them
    "ahead of its receipt": _any(lambda row: row["time_us"] > row["received_us"]),
    "late event bridges two journeys": _bridges,
    "late terminal splits a journey": _splits,
    "case back after a year": _any_two(lambda a, b: a["case_id"] and a["case_id"] == b["case_id"] and abs(a["time_us"] - b["time_us"]) > YEAR_US),
    "change of segment": _any_two(lambda a, b: a["segment"] and b["segment"] and a["segment"] != b["segment"]),
    "oversized journey": _oversized,
    "operation": _any(lambda row: _role("backstage")(row) and row["customer"] is None),
    "operation by its lane": _any(lambda row: row["customer"] is None and row["raw"].get("actor", {}).get("lane") == "back"),
    "backstage work of a customer": _any(lambda row: _role("backstage")(row) and row["customer"]),
    "house": _any(_role("house")),
    "lifecycle wait": _any_two(lambda a, b: _same("type")(a, b) and (a["lifecycle"], b["lifecycle"]) == ("queued", "started")),
    "lifecycle service": _any_two(lambda a, b: _same("type")(a, b) and (a["lifecycle"], b["lifecycle"]) == ("started", "completed")),
    "pair by correlation": _any_two(_pair(has_key=True)),
    "pair without correlation": _any_two(_pair(has_key=False)),
    "measured wait": _any(lambda row: row["wait_ms"] is not None),
    "several channels": _any_two(lambda a, b: a["channel"] and b["channel"] and a["channel"] != b["channel"]),
}
"""Name → whether a history has it. Rows are ``arrivals`` with the event under ``raw``, in the order of the history."""
