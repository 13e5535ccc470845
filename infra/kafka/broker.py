"""Apache Kafka on loopback, without Docker: one KRaft broker or a cluster of three, for tests, a demo and a laptop."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from infra.kafka.jars import NoKafka, jars
from infra.kafka.node import Secure, format_node, java, write_properties

START_S = 60
STOP_S = 20
CLUSTER_ID = "c29qb3Vybi1zb2pvdXJuLQ"
"""16 bytes in base64, as Kafka wants them; every cluster of ours may have the same, since each has its own folder."""


@dataclass
class Cluster:
    """Brokers on loopback; each is broker and controller.

    Attributes:
        folder: Holds a folder a node: its properties, its log and its data.
        ports: Node → port of the plain listener. They stay the same over restarts.
        secure: What the TLS and SCRAM listeners need; None = there are none.
    """

    folder: Path
    ports: dict[int, int]
    secure: Secure | None = None
    _running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    @classmethod
    def make(cls, folder: Path, nodes: int = 1, *, port: int = 0, secure: bool = False) -> Cluster:
        """Lay out and format a cluster; nothing runs yet.

        Args:
            folder: An empty folder, or one of a cluster that ran before with the same ports.
            nodes: How many brokers.
            port: Of the first broker, the next ones follow; 0 = free ones.
            secure: With a TLS listener and one with TLS and SCRAM.

        Raises:
            NoKafka: Apache Kafka can't be run here.
        """
        library = jars()
        numbers = range(1, nodes + 1)
        free = free_ports(nodes * 2 + 2)
        plain = {n: port + n - 1 if port else free[n - 1] for n in numbers}
        controllers = {n: free[nodes + n - 1] for n in numbers}
        guard = Secure.make(folder, tls_port=free[-2], sasl_port=free[-1]) if secure else None
        for node in numbers:
            write_properties(folder / str(node), node, plain, controllers, guard if node == 1 else None)
        with ThreadPoolExecutor(nodes) as pool:
            list(pool.map(lambda node: format_node(library, folder / str(node), CLUSTER_ID, guard), numbers))
        return cls(folder, plain, guard)

    @property
    def bootstrap(self) -> str:
        """``host:port`` of the plain listeners."""
        return ",".join(f"127.0.0.1:{port}" for port in self.ports.values())

    @property
    def pids(self) -> dict[int, int]:
        """Node → process id, of those that run."""
        return {node: process.pid for node, process in self._running.items() if process.poll() is None}

    def start(self, nodes: Sequence[int] = ()) -> Cluster:
        """Start these nodes (all by default) and wait until they listen.

        Raises:
            NoKafka: one ended, or doesn't listen in time; its last words are in the message.
        """
        chosen = [node for node in nodes or self.ports if node not in self.pids]
        for node in chosen:
            self._running[node] = self._launch(node)
        for node in chosen:
            self._await(node)
        return self

    def stop(self, node: int | None = None, number: int = signal.SIGTERM) -> None:
        """End one node, or all, and wait for them; what doesn't heed SIGTERM in time is killed."""
        ending = [self._running.pop(n) for n in list(self._running) if node in (None, n)]
        for process in ending:
            process.send_signal(number)
        for process in ending:
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def kill(self, node: int) -> None:
        """End a node as a power cut would."""
        self.stop(node, signal.SIGKILL)

    def _launch(self, node: int) -> subprocess.Popen[bytes]:
        home = self.folder / str(node)
        with (home / "broker.log").open("ab") as log:
            # in a session of its own: Ctrl-C reaches us, and we end it in order
            return subprocess.Popen(
                [*java(jars()), "kafka.Kafka", str(home / "server.properties")], cwd=home, stdout=log, stderr=log, start_new_session=True
            )

    def _await(self, node: int) -> None:
        process, due = self._running[node], time.monotonic() + START_S
        while time.monotonic() < due and process.poll() is None:
            if listens(self.ports[node]):
                return
            time.sleep(0.05)
        last = (self.folder / str(node) / "broker.log").read_text(errors="replace")[-2000:]
        state = f"ended with {process.returncode}" if process.poll() is not None else f"doesn't listen on {self.ports[node]} after {START_S} s"
        self.stop()
        raise NoKafka(f"broker {node} {state}: {last}")


@contextlib.contextmanager
def running(nodes: int = 1, *, port: int = 0, secure: bool = False, folder: Path | None = None) -> Iterator[Cluster]:
    """Run a cluster for a while; without ``folder`` its data are gone afterwards."""
    home = folder or Path(tempfile.mkdtemp(prefix="kafka-"))
    cluster = None
    try:
        cluster = Cluster.make(home, nodes, port=port, secure=secure)
        yield cluster.start()
    finally:
        if cluster:
            cluster.stop()
        if folder is None:
            shutil.rmtree(home, ignore_errors=True)


def free_ports(count: int) -> list[int]:
    """Return so many ports of loopback that nobody listens on."""
    with contextlib.ExitStack() as open_:
        sockets = [open_.enter_context(socket.socket()) for _ in range(count)]
        for held in sockets:
            held.bind(("127.0.0.1", 0))
        return [held.getsockname()[1] for held in sockets]


def listens(port: int) -> bool:
    """Say whether somebody listens on this port of loopback."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
