"""Health and metrics of a process, served by a thread of its own: it answers also when the loop that works hangs, and says so."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from jobs.kafka.settings import Web
from schemas.errors import SettingError

ALIVE_S = 30.0
"""The loop has turned within so many seconds, else the process counts as dead."""


@dataclass
class Health:
    """What the process knows of itself.

    Attributes:
        turned_at: When its loop last said so (``time.monotonic``).
        waits_for: Why it isn't ready; empty when it is.
        metrics: What Prometheus reads.
    """

    turned_at: float = field(default_factory=time.monotonic)
    waits_for: str = "starting"
    metrics: CollectorRegistry = field(default_factory=CollectorRegistry)
    _collected: bool = False

    def collect(self, collector: Callable[[], Collector]) -> None:
        """Let Prometheus see what a collector says; later calls do nothing."""
        if not self._collected:
            self._collected = True
            self.metrics.register(collector())

    def turn(self, waits_for: str = "") -> None:
        """Say that the loop turns, and what keeps the process from being ready."""
        self.turned_at, self.waits_for = time.monotonic(), waits_for

    def answer(self, path: str) -> tuple[int, str, bytes] | None:
        """Return status, content type and body; None for a path that isn't known."""
        if path == "/healthz":
            silent = time.monotonic() - self.turned_at
            return _said(silent <= ALIVE_S, "alive" if silent <= ALIVE_S else f"the loop has not turned for {silent:.0f} s")
        if path == "/readyz":
            return _said(not self.waits_for, self.waits_for or "ready")
        if path == "/metrics":
            return 200, CONTENT_TYPE_LATEST, generate_latest(self.metrics)
        return None


def _said(well: bool, words: str) -> tuple[int, str, bytes]:
    return 200 if well else 503, "text/plain; charset=utf-8", (words + "\n").encode()


@contextmanager
def served(health: Health, web: Web, told: Callable[[int], None] = lambda port: None) -> Iterator[int]:
    """Serve it while the block runs; yields the port.

    Raises:
        SettingError: the port is taken.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = health.answer(self.path.partition("?")[0]) or (404, "text/plain", b"/healthz /readyz /metrics\n")
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing: probes come every few seconds."""

    try:
        server = ThreadingHTTPServer((web.host, web.port), Handler)
    except OSError as error:
        raise SettingError(f"health can't be served at {web.host}:{web.port} ({error.strerror}); SOJOURN_WEB_PORT=0 takes any free port") from error
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    told(server.server_port)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
