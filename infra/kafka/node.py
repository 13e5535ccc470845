"""One node of a cluster: its properties, its certificate, its format, and the Java that runs it."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.kafka.jars import HERE, NoKafka

HEAP = os.environ.get("KAFKA_HEAP_OPTS", "-Xms256m -Xmx512m").split()
KEYTOOL_S = 60
MECHANISM = "SCRAM-SHA-512"


@dataclass(frozen=True)
class Secure:
    """TLS and SCRAM listeners: what a client needs to pass them.

    Attributes:
        tls: Where a client that only encrypts connects (``SSL``).
        sasl: Where one connects that also says who it is (``SASL_SSL``, ``MECHANISM``).
        certificate: PEM file of the broker's own certificate, which is also the authority to trust.
    """

    tls: str
    sasl: str
    certificate: Path
    keystore: Path
    store_password: str = field(repr=False)
    username: str = "sojourn"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)

    @classmethod
    def make(cls, folder: Path, tls_port: int, sasl_port: int) -> Secure:
        """Make a key and a certificate for 127.0.0.1 and localhost, which lasts 30 days."""
        keystore, certificate = folder / "broker.p12", folder / "broker.pem"
        password = secrets.token_urlsafe(16)
        folder.mkdir(parents=True, exist_ok=True)
        keystore.unlink(missing_ok=True)
        store = ["-keystore", str(keystore), "-storetype", "PKCS12", "-alias", "broker", "-storepass:env", "STORE_PASSWORD"]
        key = [
            "-keyalg",
            "EC",
            "-groupname",
            "secp256r1",
            "-validity",
            "30",
            "-dname",
            "CN=localhost",
            "-ext",
            "SAN=IP:127.0.0.1,DNS:localhost",
            "-ext",
            "BC=ca:true",
        ]
        _keytool(["-genkeypair", *store, *key], password)
        _keytool(["-exportcert", "-rfc", *store, "-file", str(certificate)], password)
        return cls(f"127.0.0.1:{tls_port}", f"127.0.0.1:{sasl_port}", certificate, keystore, password)

    def properties(self) -> dict[str, str]:
        """Return what a broker needs beside its listeners."""
        prefix = f"listener.name.sasl_ssl.{MECHANISM.lower()}"
        return {
            "ssl.keystore.type": "PKCS12",
            "ssl.keystore.location": str(self.keystore),
            "ssl.keystore.password": self.store_password,
            "sasl.enabled.mechanisms": MECHANISM,
            f"{prefix}.sasl.jaas.config": "org.apache.kafka.common.security.scram.ScramLoginModule required;",
        }


def write_properties(home: Path, node: int, ports: Mapping[int, int], controllers: Mapping[int, int], secure: Secure | None) -> None:
    """Write ``server.properties`` of a node that is broker and controller."""
    replicas = min(3, len(ports))
    listeners = {"PLAINTEXT": f"127.0.0.1:{ports[node]}", **({"SSL": secure.tls, "SASL_SSL": secure.sasl} if secure else {})}
    every = {**listeners, "CONTROLLER": f"127.0.0.1:{controllers[node]}"}
    rows = {
        "process.roles": "broker,controller",
        "node.id": str(node),
        "controller.quorum.voters": ",".join(f"{n}@127.0.0.1:{port}" for n, port in controllers.items()),
        "controller.listener.names": "CONTROLLER",
        "listeners": ",".join(f"{name}://{address}" for name, address in every.items()),
        "advertised.listeners": ",".join(f"{name}://{address}" for name, address in listeners.items()),
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(home / "data"),
        "auto.create.topics.enable": "false",  # as in production: what is missing is made by us, with the right number of partitions
        "default.replication.factor": str(replicas),
        "min.insync.replicas": str(max(1, replicas - 1)),
        "offsets.topic.num.partitions": "4",
        "offsets.topic.replication.factor": str(replicas),
        "transaction.state.log.num.partitions": "4",
        "transaction.state.log.replication.factor": str(replicas),
        "transaction.state.log.min.isr": str(max(1, replicas - 1)),
        "share.coordinator.state.topic.replication.factor": str(replicas),
        "share.coordinator.state.topic.min.isr": str(max(1, replicas - 1)),
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "2000",
        "controlled.shutdown.enable": "true",
        **(secure.properties() if secure else {}),
    }
    home.mkdir(parents=True, exist_ok=True)
    (home / "server.properties").write_text("".join(f"{name}={value}\n" for name, value in rows.items()))
    (home / "server.properties").chmod(0o600)


def format_node(library: Path, home: Path, cluster_id: str, secure: Secure | None) -> None:
    """Format a node's data once; users of SCRAM are written with it."""
    scram = ["--add-scram", f"{MECHANISM}=[name={secure.username},password={secure.password}]"] if secure else []
    tool = ["kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", cluster_id, "-c", str(home / "server.properties"), *scram]
    done = subprocess.run([*java(library), *tool], capture_output=True, text=True, cwd=home, check=False)
    if done.returncode:
        raise NoKafka(f"can't format {home}: {(done.stdout + done.stderr).strip()[-800:]}")


def java(library: Path) -> list[str]:
    """Return the command that runs a class of Kafka's."""
    return ["java", *HEAP, f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}", "-cp", f"{library}/*"]


def _keytool(arguments: list[str], password: str) -> None:
    done = subprocess.run(
        ["keytool", *arguments], env={**os.environ, "STORE_PASSWORD": password}, capture_output=True, text=True, timeout=KEYTOOL_S, check=False
    )
    if done.returncode:
        raise NoKafka(f"keytool: {(done.stdout + done.stderr).strip()[-400:]}")
