"""The loop, with a journal, threads and real sockets."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from infra.receiver import Received, receiving
from jobs.deliver.beside import beside
from jobs.deliver.channels import channel_of
from jobs.deliver.loop import Loop, delivering
from jobs.deliver.routes import Routes, read_routes
from jobs.deliver.silences import silences_of
from jobs.deliver.state import State
from jobs.deliver.tail import BEGINNING, SaidTail
from jobs.notes import Notes
from schemas.errors import DeliveryError
from schemas.note import Note
from schemas.routes import Route
from tests.generated.notices import HOUR, MONDAY, notice, route, say

SECRET = "whsec_" + "c2VjcmV0" * 5
ENV = {"HOOK_SECRET": SECRET}
PATIENCE_S = 120


def now() -> int:
    return time.time_ns() // 1000


def hook(port: int, **other: object) -> Route:
    return route(url=f"http://127.0.0.1:{port}/", secrets=["env:HOOK_SECRET"], allow=["127.0.0.1"], **other)


def loop(folder: Path, way: Route, told: list[str] | None = None) -> Loop:
    report = (told if told is not None else []).append
    return Loop(folder, {"hook": way}, {"hook": channel_of("hook", way, "r", ENV)}, silences_of(folder, report), report)


def turned(running: Loop, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < deadline
        running.turn(wait_s=0.05)


def test_ten_thousand_alerts_at_once_arrive_each_once(tmp_path: Path) -> None:
    received, said_us = Received(Webhook(SECRET)), now()
    say(tmp_path, [notice(seq, key=seq, said_us=said_us) for seq in range(10_000)])
    with receiving(received) as port:
        running = loop(tmp_path, hook(port, rate="100000/s", in_flight=8))
        turned(running, lambda: len(received.accepted) == 10_000)
        assert running.finish() == 0
    assert (received.repeated, received.forged) == (0, 0)


def test_the_rate_holds(tmp_path: Path) -> None:
    arrived, lock, said_us = list[float](), threading.Lock(), now()

    def arrival(count: int) -> None:
        with lock:
            arrived.append(time.monotonic())

    received = Received(Webhook(SECRET), arrival)  # type: ignore[arg-type]
    say(tmp_path, [notice(seq, key=seq, said_us=said_us) for seq in range(25)])
    with receiving(received) as port:
        running = loop(tmp_path, hook(port, rate="10/s"))
        turned(running, lambda: len(received.accepted) == 25)
        running.finish()
    arrived.sort()
    assert arrived[20] - arrived[0] > 1.5  # three spans, less what the last message of each was under way


def test_a_new_route_gets_the_last_hour_and_what_is_only_recorded_goes_nowhere(tmp_path: Path) -> None:
    received, said_us = Received(Webhook(SECRET)), now()
    say(tmp_path, [notice(0, said_us=said_us - 2 * HOUR)])
    say(tmp_path, [notice(1, key=8, said_us=said_us - HOUR // 2), notice(2, key=9, said_us=said_us)])
    say(tmp_path, [notice(3, key=10, said_us=said_us)], send=False)
    with receiving(received) as port:
        running = loop(tmp_path, hook(port))
        turned(running, lambda: len(received.accepted) == 2)
        assert running.finish() == 0
    assert sorted(event["data"]["n"] for event in received.accepted.values()) == [1, 2]  # type: ignore[index]


def test_a_note_without_an_end_holds_what_it_is_about_until_it_is_lifted(tmp_path: Path) -> None:
    received, said_us, notes = Received(Webhook(SECRET)), now(), Notes(tmp_path)
    say(tmp_path, [notice(0, said_us=said_us), notice(1, key=8, site="north", said_us=said_us)])
    notes.add(Note(id="1", kind="maintenance", at_us=0, who="anna", why="new switch", from_us=0, site="south"))
    with receiving(received) as port:
        running = loop(tmp_path, hook(port))
        turned(running, lambda: len(received.accepted) == 1)
        assert [row["reason"] for row in running.outbox.state.rows("list", status="held", route=None, most=9)] == ["maintenance"]
        notes.add(Note(id="2", kind="lift", of="1", at_us=1, who="anna", why="done", from_us=1))
        turned(running, lambda: len(received.accepted) == 2)
        running.finish()


def test_a_failing_receiver_is_told_of_once_and_again_when_it_is_well(tmp_path: Path) -> None:
    told, well, said_us = list[str](), threading.Event(), now()
    received = Received(Webhook(SECRET), lambda count: None if well.is_set() else (503, {}))
    say(tmp_path, [notice(seq, key=seq, said_us=said_us) for seq in range(5)])
    with receiving(received) as port:
        running = loop(tmp_path, hook(port, retries=[1] * 50), told)
        turned(running, lambda: received.requests > 8)
        well.set()
        turned(running, lambda: len(received.accepted) == 5)
        running.finish()
    assert [line.partition(":")[2].partition(";")[0].strip() for line in told] == ["not accepted: HTTP 503", "accepts again"]


def test_one_process_delivers_for_a_folder(tmp_path: Path) -> None:
    with delivering(tmp_path), pytest.raises(DeliveryError, match=f"process {os.getpid()} delivers"), delivering(tmp_path):
        pass


def test_beside_a_run_that_makes_the_folder_alerts_go_out_and_the_folder_is_not_made_before(tmp_path: Path) -> None:
    received, folder = Received(Webhook(SECRET)), tmp_path / "dir"
    with receiving(received) as port:
        way = hook(port)
        with beside(folder, Routes({"hook": way}, {"hook": channel_of("hook", way, "r", ENV)}), [].append):
            assert not folder.exists()
            say(folder, [notice(0, said_us=now())])
    assert len(received.accepted) == 1


def test_a_process_that_is_killed_goes_on_and_every_alert_is_accepted(tmp_path: Path) -> None:
    received, said_us = Received(Webhook(SECRET)), now()
    say(tmp_path / "dir", [notice(seq, key=seq, said_us=said_us) for seq in range(300)])
    with receiving(received) as port:
        target = f'url = "http://127.0.0.1:{port}/"\nsecrets = ["env:HOOK_SECRET"]\nallow = ["127.0.0.1"]\nrate = "5000/s"\n'
        (tmp_path / "r.toml").write_text(f'[routes.hook]\nkind = "webhook"\n{target}')
        command = [sys.executable, "-m", "jobs.cli", "deliver", "--to", str(tmp_path / "dir"), "--routes", str(tmp_path / "r.toml")]
        for part in (60, 160, 300):
            with subprocess.Popen(command, env={**os.environ, **ENV}, stderr=subprocess.DEVNULL) as process:
                deadline = time.monotonic() + PATIENCE_S
                while len(received.accepted) < part:
                    assert time.monotonic() < deadline
                    time.sleep(0.01)  # another process: there is no event to wait for
                process.send_signal(signal.SIGTERM if part == 300 else signal.SIGKILL)
    assert len(received.accepted) == 300
    assert received.repeated <= 2 * 64  # what lay ready when it was killed
    state = State(tmp_path / "dir" / "deliver")
    assert [(row["status"], row["n"]) for row in state.rows("counts")] == [("delivered", 300)]
    state.close()


def test_the_tail_finds_its_place_by_number_and_by_instant(tmp_path: Path) -> None:
    for first in range(0, 30, 5):
        say(tmp_path, [notice(seq, said_us=MONDAY + seq) for seq in range(first, first + 5)])
    tail = SaidTail(tmp_path)
    for place in range(-1, 30):
        assert [said.seq for part, _ in SaidTail(tmp_path).after(place) for said in part] == list(range(place + 1, 30))
        assert tail.before(MONDAY + place + 1) == ((place, MONDAY + place) if place >= 0 else BEGINNING)
        assert tail.holds(place, MONDAY + place)
    assert not tail.holds(29, MONDAY)


def test_a_journal_that_was_put_back_is_read_again_from_what_was_said_then(tmp_path: Path) -> None:
    told, said_us, received = list[str](), now(), Received(Webhook(SECRET))
    with receiving(received) as port:
        say(tmp_path / "a", [notice(seq, key=seq, said_us=said_us - 1000 + seq) for seq in range(9)])
        running = loop(tmp_path / "a", hook(port))
        turned(running, lambda: len(received.accepted) == 9)
        running.finish()
        say(tmp_path / "b", [notice(seq, key=seq, said_us=said_us - 1000 + seq) for seq in range(3)])
        (tmp_path / "a" / "deliver").rename(tmp_path / "b" / "deliver")
        say(tmp_path / "b", [notice(3, key=99, said_us=said_us)])
        running = loop(tmp_path / "b", hook(port), told)
        turned(running, lambda: len(received.accepted) == 10)
        running.finish()
    assert ["the journal is not the one" in line for line in told] == [True]


def test_mail_arrives_in_words(tmp_path: Path) -> None:
    lines = list[bytes]()

    def serve(server: socket.socket) -> None:
        con, _ = server.accept()
        words = {b"EHLO": b"250 here", b"DATA": b"354 go on", b"QUIT": b"221 bye", b"MAIL": b"250 ok", b"RCPT": b"250 ok", b".\r\n": b"250 taken"}
        with con, con.makefile("rwb") as file:
            file.write(b"220 here\r\n")
            file.flush()
            for line in file:
                lines.append(line)
                reply = words.get(line[:4].upper()) or words.get(line)
                if reply:
                    file.write(reply + b"\r\n")
                    file.flush()
                if line[:4].upper() == b"QUIT":
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        url = f"mailto://127.0.0.1:{server.getsockname()[1]}?from=sojourn@example.org&to=desk@example.org"
        (tmp_path / "r.toml").write_text('[routes.mail]\nkind = "email"\nurl = "env:MAIL"\n')
        routes = read_routes(tmp_path / "r.toml", {"MAIL": url})
        say(tmp_path / "dir", [notice(0, said_us=now())])
        running = Loop(tmp_path / "dir", routes.routes, routes.channels)
        turned(running, lambda: any(line[:4].upper() == b"QUIT" for line in lines))
        assert running.finish() == 0
        thread.join()
    text = b"".join(lines).decode()
    assert "0000000000000007" in text
    assert "rcpt to:<desk@example.org>" in text.lower()
