"""A receiver of alerts to try things with, and to learn from: it checks signatures by the library of the standard and counts every id once.

    pip install standardwebhooks
    HOOK_SECRET=whsec_… python infra/receiver.py --port 8080

It is what a receiver should do, in as few lines as it takes: check first, answer at once, and pass over ids that it has.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

MOST_BYTES = 8 << 20


@dataclass
class Received:
    """What came.

    Attributes:
        accepted: Bodies by id, each once.
        repeated: How often an id came again after it was accepted.
        forged: How many had no signature that fits.
        answers: What is answered instead of 204, by a function of how many requests came; None accepts.
    """

    webhook: Webhook
    answer: Callable[[int], tuple[int, dict[str, str]] | None] = lambda count: None
    accepted: dict[str, dict[str, object]] = field(default_factory=dict)
    repeated: int = 0
    forged: int = 0
    requests: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        """Check a request and return the answer's status and headers."""
        with self.lock:
            self.requests += 1
            count = self.requests
        other = self.answer(count)  # a test's way to be slow or unwell
        if other is not None and not 200 <= other[0] < 300:
            return other
        try:
            event = self.webhook.verify(body, headers)
        except WebhookVerificationError:
            with self.lock:
                self.forged += 1
            return 401, {}
        with self.lock:
            name = headers["webhook-id"]
            self.repeated += name in self.accepted
            self.accepted.setdefault(name, event)
        return other or (204, {})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def receiving(received: Received, port: int = 0, show: Callable[[dict[str, object]], None] = lambda event: None) -> Iterator[int]:
    """Receive on this machine in a thread for the time of a block, and yield the port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("content-length", 0)), MOST_BYTES))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more = received.take(headers, body)
            if status < 300:
                show(json.loads(body))
            self.send_response(status)
            for name, value in {**more, "content-length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the base class has
            pass

    server = _Server(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> None:
    """Receive until Ctrl-C, and print each alert once."""
    parser = argparse.ArgumentParser(description="Receive signed alerts on this machine and print them.")
    parser.add_argument("--port", type=int, default=8080)
    received = Received(Webhook(os.environ["HOOK_SECRET"]))
    with receiving(received, parser.parse_args().port, lambda event: print(json.dumps(event), flush=True)) as port:
        print(f"listening on http://127.0.0.1:{port}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
