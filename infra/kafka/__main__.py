"""``python -m infra.kafka``: a broker, or three, in the foreground until Ctrl-C or SIGTERM; what it prints a shell can take as its environment.

``python -m infra.kafka --port 0 -- COMMAND…`` runs a command with a broker for it alone, and ends with the command's exit code.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from infra.kafka.broker import Cluster, running
from infra.kafka.jars import NoKafka
from infra.kafka.node import MECHANISM


def main() -> int:
    """Run it."""
    asked = argparse.ArgumentParser(prog="python -m infra.kafka", description="Apache Kafka on 127.0.0.1, without Docker.")
    asked.add_argument("--nodes", type=int, choices=(1, 3), default=1, help="how many brokers")
    asked.add_argument("--port", type=int, default=9092, help="of the first broker; 0 = a free one")
    asked.add_argument("--secure", action="store_true", help="with listeners for TLS, and for TLS with SCRAM")
    asked.add_argument("--folder", type=Path, help="where the data stay; else they go with the broker")
    asked.add_argument("command", nargs="*", metavar="COMMAND", help="what the broker is for, behind --; else it runs until Ctrl-C")
    given = asked.parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with running(given.nodes, port=given.port, secure=given.secure, folder=given.folder and given.folder.resolve()) as cluster:
            if given.command:
                return _during(given.command, environment(cluster))
            print("\n".join(f"export {name}={value}" for name, value in environment(cluster).items()), flush=True)
            while len(cluster.pids) == given.nodes:
                time.sleep(0.5)
            print(f"only nodes {sorted(cluster.pids)} still run", file=sys.stderr)
            return 1
    except NoKafka as problem:
        print(f"no broker: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _during(command: list[str], variables: dict[str, str]) -> int:
    """Run a command; Ctrl-C reaches it by itself, SIGTERM through us, and we wait for its own farewell."""
    with subprocess.Popen(command, env={**os.environ, **variables}) as process:
        signal.signal(signal.SIGTERM, lambda number, frame: process.terminate())
        while True:
            with contextlib.suppress(KeyboardInterrupt):
                code = process.wait()
                return code if code >= 0 else 128 - code


def environment(cluster: Cluster) -> dict[str, str]:
    """Return the variables that a client needs; with TLS and SCRAM where the cluster has them."""
    guard = cluster.secure
    if guard is None:
        return {"KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrap}
    return {
        "KAFKA_BOOTSTRAP_SERVERS": guard.sasl,
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SSL_CAFILE": str(guard.certificate),
        "KAFKA_SASL_MECHANISM": MECHANISM,
        "KAFKA_SASL_USERNAME": guard.username,
        "KAFKA_SASL_PASSWORD": guard.password,
    }


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
