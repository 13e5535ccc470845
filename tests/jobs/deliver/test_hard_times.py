"""The receiver that fails: on real sockets, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event

from standardwebhooks import Webhook

from infra.receiver import Received, receiving
from jobs.deliver.channels import channel_of
from jobs.deliver.message import Channel
from jobs.deliver.outbox import Outbox
from jobs.deliver.state import State
from pipelines.deliver.notice import Notice
from schemas.routes import Route
from tests.generated.notices import HOUR, MINUTE, MONDAY, notice, route

SECRET = "whsec_" + "c2VjcmV0" * 5
ENV = {"HOOK_SECRET": SECRET}


def hook(port: int, **other: object) -> Route:
    return route(url=f"http://127.0.0.1:{port}/hook", secrets=["env:HOOK_SECRET"], allow=["127.0.0.0/8"], **other)


def opened(folder: Path, routes: Mapping[str, Route]) -> Outbox:
    outbox = Outbox(State(folder), routes)
    outbox.join((-1, 0))
    return outbox


def drive(outbox: Outbox, channels: Mapping[str, Channel], now_us: int, until_us: int, meanwhile: Callable[[int], None] = lambda now: None) -> None:
    """Let time pass from one thing to do to the next, and do it."""
    while now_us <= until_us:
        meanwhile(now_us)
        outbox.release(now_us)
        started = outbox.due(now_us)
        outbox.record([(message, channels[message.route].send(message)) for message in started], now_us)
        if not started:
            following = outbox.next_us(now_us)
            if following is None:
                return
            now_us = max(now_us + 1000, following)


def test_each_alert_is_accepted_once_by_a_receiver_that_was_down_two_hours_then_slow_then_broken(tmp_path: Path) -> None:
    begin, patient = MONDAY + 9 * HOUR, {"retries": [5, 300, *[1200] * 40], "timeout": 0.1}
    clock, never = [begin], Event()
    phases = dict.fromkeys(("slow", "broken", "well"), 0)

    def answer(count: int) -> tuple[int, dict[str, str]] | None:
        phase = "slow" if clock[0] < begin + 3 * HOUR else "broken" if clock[0] < begin + 4 * HOUR else "well"
        phases[phase] += 1
        never.wait(0.2 if phase == "slow" else 0)  # longer than the route waits
        return {"slow": (504, {}), "broken": (500, {}), "well": None}[phase]

    with receiving(Received(Webhook(SECRET))) as closed:
        pass  # nobody listens there any longer
    received = Received(Webhook(SECRET), answer)
    with receiving(received) as port:
        for slot in range(18):  # an alert every twenty minutes, and its end forty minutes later
            clock[0] = begin + slot * 20 * MINUTE
            target = hook(closed if slot < 6 else port, **patient)
            outbox = opened(tmp_path, {"hook": target})
            said = [notice(2 * slot, key=slot, said_us=clock[0])] if slot < 15 else []
            said += [notice(2 * slot + 1, key=slot - 2, said_us=clock[0], state="resolved")] if 2 <= slot < 17 else []
            outbox.take(said, (2 * slot + 1, clock[0]), clock[0])
            channels = {"hook": channel_of("hook", target, "r", ENV)}
            drive(outbox, channels, clock[0], clock[0] + 20 * MINUTE - 1, lambda now: clock.__setitem__(0, now))
            outbox.state.close()  # and is started anew each time
    assert len(received.accepted) == 30
    assert (received.repeated, received.forged) == (0, 0)
    assert min(phases.values()) > 10


def test_what_was_sent_but_not_noted_before_the_power_went_is_counted_once_by_its_id(tmp_path: Path) -> None:
    received = Received(Webhook(SECRET))
    with receiving(received) as port:
        channel = channel_of("hook", hook(port), "r", ENV)
        first = opened(tmp_path, {"hook": hook(port)})
        first.take([notice(0)], (0, MONDAY), MONDAY + 9 * HOUR)
        assert [channel.send(message).accepted for message in first.due(MONDAY + 9 * HOUR)] == [True]
        first.state.close()  # killed here: nothing is recorded
        again = opened(tmp_path, {"hook": hook(port)})
        drive(again, {"hook": channel}, MONDAY + 9 * HOUR, MONDAY + 10 * HOUR)
        again.state.close()
        orderly = opened(tmp_path, {"hook": hook(port)})
        orderly.take([notice(0)], (0, MONDAY), MONDAY + 10 * HOUR)
        assert orderly.due(MONDAY + 11 * HOUR) == []
        orderly.state.close()
    assert list(received.accepted) == [notice(0).id]
    assert received.repeated == 1


def test_a_wrong_signature_is_refused_and_a_changed_key_is_believed(tmp_path: Path) -> None:
    other = "whsec_" + "b3RoZXJz" * 5
    received = Received(Webhook(SECRET))
    with receiving(received) as port:
        wrong = channel_of("hook", hook(port), "r", {"HOOK_SECRET": other})
        both = route(url=f"http://127.0.0.1:{port}/", secrets=["env:NEW", "env:HOOK_SECRET"], allow=["127.0.0.1"])
        outbox = opened(tmp_path, {"hook": hook(port)})
        outbox.take([notice(0)], (0, MONDAY), MONDAY)
        (message,) = outbox.due(MONDAY)
        refusal = wrong.send(message)
        assert (refusal.accepted, refusal.status, received.forged, dict(received.accepted)) == (False, 401, 1, {})
        assert channel_of("hook", both, "r", {**ENV, "NEW": other}).send(message).accepted
        outbox.state.close()


def test_a_receiver_that_is_gone_gets_no_more_until_a_person_says_so(tmp_path: Path) -> None:
    received = Received(Webhook(SECRET), lambda count: (410, {}) if count == 1 else None)
    with receiving(received) as port:
        channel = {"hook": channel_of("hook", hook(port, in_flight=1), "r", ENV)}
        outbox = opened(tmp_path, {"hook": hook(port, in_flight=1)})
        outbox.take([notice(seq, key=seq) for seq in range(3)], (2, MONDAY), MONDAY)
        drive(outbox, channel, MONDAY, MONDAY + HOUR)
        outbox.take([notice(3, key=3)], (3, MONDAY), MONDAY + HOUR)
        drive(outbox, channel, MONDAY + HOUR, MONDAY + 2 * HOUR)
        assert (received.requests, [row["status"] for row in outbox.state.rows("list", status=None, route=None, most=9)]) == (1, ["dead"] * 4)
        outbox.state.run("enable", route="hook")
        outbox.state.run("retry", id=None, route="hook", now=MONDAY + 3 * HOUR)
        drive(outbox, channel, MONDAY + 3 * HOUR, MONDAY + 4 * HOUR)
        outbox.state.close()
    assert len(received.accepted) == 4


def test_retry_after_is_honoured(tmp_path: Path) -> None:
    times, received = list[int](), Received(Webhook(SECRET), lambda count: (503, {"retry-after": "7200"}) if count == 1 else None)
    with receiving(received) as port:
        outbox = opened(tmp_path, {"hook": hook(port)})
        outbox.take([notice(0)], (0, MONDAY), MONDAY)
        seen = [0]

        def meanwhile(now: int) -> None:
            if received.requests > seen[0]:
                seen[0] = received.requests
            times.append(now)

        drive(outbox, {"hook": channel_of("hook", hook(port), "r", ENV)}, MONDAY, MONDAY + 24 * HOUR, meanwhile)
        outbox.state.close()
    assert len(received.accepted) == 1
    assert [now - MONDAY for now in times if MONDAY < now < MONDAY + 2 * HOUR - MINUTE] == []


def test_redirects_are_not_followed(tmp_path: Path) -> None:
    target = Received(Webhook(SECRET))
    with receiving(target) as there, receiving(Received(Webhook(SECRET), lambda count: (307, {"location": f"http://127.0.0.1:{there}/"}))) as here:
        outbox = opened(tmp_path, {"hook": hook(here)})
        outbox.take([notice(0)], (0, MONDAY), MONDAY)
        (message,) = outbox.due(MONDAY)
        answer = channel_of("hook", hook(here), "r", ENV).send(message)
        outbox.state.close()
    assert (answer.accepted, answer.status, target.requests) == (False, 307, 0)


def test_after_the_last_try_it_is_given_up_and_listed_and_can_be_sent_again(tmp_path: Path) -> None:
    well = [False]
    received = Received(Webhook(SECRET), lambda count: None if well[0] else (500, {}))
    with receiving(received) as port:
        short = hook(port, retries=[5, 60])
        channel = {"hook": channel_of("hook", short, "r", ENV)}
        outbox = opened(tmp_path, {"hook": short})
        outbox.take([notice(0)], (0, MONDAY), MONDAY)
        drive(outbox, channel, MONDAY, MONDAY + 24 * HOUR)
        (row,) = outbox.state.rows("list", status="dead", route=None, most=9)
        assert (received.requests, row["attempts"], row["http_status"], row["detail"]) == (3, 3, 500, "HTTP 500")
        well[0] = True
        assert outbox.state.run("retry", id=row["id"], route=None, now=MONDAY + 25 * HOUR) == 1
        drive(outbox, channel, MONDAY + 25 * HOUR, MONDAY + 26 * HOUR)
        outbox.state.close()
    assert list(received.accepted) == [notice(0).id]


def test_an_end_never_arrives_before_its_beginning(tmp_path: Path) -> None:
    seen = list[Notice]()
    routes = {"hook": route()}
    outbox = opened(tmp_path, routes)
    outbox.take([notice(0), notice(1, state="resolved"), notice(2, key=8)], (2, MONDAY), MONDAY)
    first = outbox.due(MONDAY)
    assert [message.notices[0].seq for message in first] == [0, 2]
    seen += [message.notices[0] for message in first]
    outbox.state.close()
