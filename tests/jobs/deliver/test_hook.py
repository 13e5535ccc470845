"""The client of hooks reaches what was checked, and nothing else."""

from __future__ import annotations

import socket

import pytest
from standardwebhooks import Webhook

from infra.receiver import Received, receiving
from jobs.deliver.hook import Hook

SECRET = "whsec_" + "c2VjcmV0" * 5


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "169.254.169.254", "10.0.0.1", "2130706433", "0x7f.1"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nothing_is_sent_into_the_house(scheme: str, host: str) -> None:
    answer = Hook(f"{scheme}://{host}:9/x", timeout_s=1).post(b"{}", {})
    assert (answer.accepted, answer.status) == (False, None)
    assert "a route may name it in allow" in answer.detail or "is not known" in answer.detail


def test_a_name_with_one_address_inside_is_refused_though_others_are_public(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **more: found)
    assert "lies at 10.0.0.1: private" in Hook("https://example.org/").post(b"", {}).detail


def test_http_is_refused_outside_of_what_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **more: found)
    assert "is not encrypted" in Hook("http://example.org/").post(b"", {}).detail


def test_a_connection_is_kept() -> None:
    with receiving(Received(Webhook(SECRET), lambda count: (503, {}))) as port:
        hook = Hook(f"http://127.0.0.1:{port}/", allow=["127.0.0.1"])
        assert [hook.post(b"{}", {}).status for _ in range(3)] == [503, 503, 503]
        (pool,) = hook._pools.values()
        assert pool.num_connections == 1


def test_a_receiver_that_does_not_answer_is_left_when_the_time_is_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = Hook(f"http://127.0.0.1:{server.getsockname()[1]}/", allow=["127.0.0.1"], timeout_s=0.2).post(b"{}", {})
    assert answer.detail.startswith("no answer within")
    assert answer.weary


def test_tls_that_is_not_believed_is_an_answer() -> None:
    with receiving(Received(Webhook(SECRET))) as port:  # it doesn't speak TLS at all
        answer = Hook(f"https://127.0.0.1:{port}/", allow=["127.0.0.1"], timeout_s=2).post(b"{}", {})
    assert answer.detail.startswith("TLS failed")
