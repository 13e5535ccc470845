"""Settings of the distributed form, from the environment: ``KAFKA_*`` say how a cluster is reached, ``SOJOURN_*`` what is done there.

The environment is passed in and read once; a wrong value names the variable, the value and what is allowed. ``shown`` masks secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from jobs.kafka.variables import Variables
from schemas.errors import SettingError

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
MASK = "****"


@dataclass(frozen=True)
class Sasl:
    """Who we are to the broker."""

    mechanism: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Tls:
    """How the broker is known, and how we prove ourselves where it asks for a certificate.

    Attributes:
        ca: PEM file of the authorities that are trusted; None = those of the system.
        certificate, key, key_password: Our own, PEM; None = none is shown.
        check_hostname: Whether the broker's certificate must name the host we called.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    key_password: str | None = field(default=None, repr=False)
    check_hostname: bool = True


@dataclass(frozen=True)
class Connection:
    """How a cluster is reached.

    Attributes:
        servers: ``host:port`` of some brokers.
        protocol: One of ``PROTOCOLS``.
    """

    servers: tuple[str, ...] = ("127.0.0.1:9092",)
    protocol: str = "PLAINTEXT"
    sasl: Sasl | None = None
    tls: Tls | None = None
    client_id: str = "sojourn"

    @property
    def bootstrap(self) -> str:
        """The servers as one text."""
        return ",".join(self.servers)


@dataclass(frozen=True)
class Topics:
    """What is read and written, full names with their prefix.

    Attributes:
        touchpoints: Topics of touchpoints, one or one a channel; they have equal partition counts.
        dead_letters: Payloads that broke the contract.
        alerts: What was said.
        partitions, replication: How topics that are missing are made.
        schema_ids: Numbers of the schemas behind Confluent frames that are touchpoints; None = any that turns out to be JSON.
    """

    touchpoints: tuple[str, ...] = ("touchpoints",)
    dead_letters: str = "dead-letters"
    alerts: str = "alerts"
    partitions: int = 4
    replication: int = 1
    schema_ids: frozenset[int] | None = None


@dataclass(frozen=True)
class Consuming:
    """How a worker reads.

    Attributes:
        group: The consumer group.
        session_s: The group misses a worker after so long (seconds).
        commit_s: Time between two commits of offsets to Kafka (seconds).
        fetch_wait_s: How long a broker may hold an empty fetch (seconds).
        buffer_records, buffer_bytes: What a worker holds at most before it stops fetching.
        batch_s: A batch closes after so long (seconds).
        tick_s: An idle partition says so often that time has passed (seconds).
    """

    group: str = "sojourn"
    session_s: float = 10.0
    commit_s: float = 1.0
    fetch_wait_s: float = 0.5
    buffer_records: int = 500_000
    buffer_bytes: int = 256 << 20
    batch_s: float = 0.5
    tick_s: float = 5.0


@dataclass(frozen=True)
class Web:
    """Where health and metrics are served; loopback unless told. Port 0 = any free one."""

    host: str = "127.0.0.1"
    port: int = 6066


@dataclass(frozen=True)
class Settings:
    """All of them.

    Attributes:
        cache: Folder of local caches of the state; None = inside DIR.
    """

    connection: Connection = Connection()
    topics: Topics = Topics()
    consuming: Consuming = Consuming()
    web: Web = Web()
    cache: Path | None = None


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings.

    Args:
        environment: Variables by name, such as ``os.environ``; empty ones count as absent.

    Raises:
        SettingError: a value is wrong, or two don't fit together.
    """
    given = Variables(environment)
    return Settings(_connection(given), _topics(given), _consuming(given), _web(given), given.path("SOJOURN_CACHE"))


def shown(settings: Settings) -> dict[str, str]:
    """Return the effective settings by the names of their variables; secrets are masked."""
    link, topics, reads = settings.connection, settings.topics, settings.consuming
    sasl, tls = link.sasl, link.tls
    rows: dict[str, object] = {
        "KAFKA_BOOTSTRAP_SERVERS": link.bootstrap,
        "KAFKA_SECURITY_PROTOCOL": link.protocol,
        "KAFKA_CLIENT_ID": link.client_id,
        "KAFKA_GROUP_ID": reads.group,
    }
    if sasl:
        rows |= {"KAFKA_SASL_MECHANISM": sasl.mechanism, "KAFKA_SASL_USERNAME": sasl.username, "KAFKA_SASL_PASSWORD": MASK}
    if tls:
        rows |= {"KAFKA_SSL_CAFILE": tls.ca, "KAFKA_SSL_CERTFILE": tls.certificate, "KAFKA_SSL_KEYFILE": tls.key}
        rows |= {"KAFKA_SSL_KEY_PASSWORD": MASK if tls.key_password else None, "KAFKA_SSL_CHECK_HOSTNAME": str(tls.check_hostname).lower()}
    rows |= {
        "SOJOURN_TOPICS": ",".join(topics.touchpoints),
        "SOJOURN_DEAD_LETTERS_TOPIC": topics.dead_letters,
        "SOJOURN_ALERTS_TOPIC": topics.alerts,
        "SOJOURN_PARTITIONS": topics.partitions,
        "SOJOURN_REPLICATION": topics.replication,
        "SOJOURN_SCHEMA_IDS": None if topics.schema_ids is None else ",".join(map(str, sorted(topics.schema_ids))),
        "SOJOURN_SESSION_S": reads.session_s,
        "SOJOURN_COMMIT_S": reads.commit_s,
        "SOJOURN_FETCH_WAIT_S": reads.fetch_wait_s,
        "SOJOURN_BUFFER_RECORDS": reads.buffer_records,
        "SOJOURN_BUFFER_BYTES": reads.buffer_bytes,
        "SOJOURN_BATCH_S": reads.batch_s,
        "SOJOURN_TICK_S": reads.tick_s,
        "SOJOURN_WEB_HOST": settings.web.host,
        "SOJOURN_WEB_PORT": settings.web.port,
        "SOJOURN_CACHE": settings.cache,
    }
    return {name: "" if value is None else str(value) for name, value in rows.items()}


def _connection(given: Variables) -> Connection:
    protocol = given.one_of("KAFKA_SECURITY_PROTOCOL", PROTOCOLS, "PLAINTEXT")
    return Connection(
        given.servers("KAFKA_BOOTSTRAP_SERVERS", Connection.servers),
        protocol,
        _sasl(given) if protocol.startswith("SASL") else None,
        _tls(given) if protocol.endswith("SSL") else None,
        given.text("KAFKA_CLIENT_ID", Connection.client_id),
    )


def _sasl(given: Variables) -> Sasl:
    mechanism = given.one_of("KAFKA_SASL_MECHANISM", MECHANISMS, "SCRAM-SHA-512")
    return Sasl(mechanism, given.needed("KAFKA_SASL_USERNAME"), given.needed("KAFKA_SASL_PASSWORD"))


def _tls(given: Variables) -> Tls:
    tls = Tls(
        given.file("KAFKA_SSL_CAFILE"),
        given.file("KAFKA_SSL_CERTFILE"),
        given.file("KAFKA_SSL_KEYFILE"),
        given.text("KAFKA_SSL_KEY_PASSWORD", "") or None,
        given.truth("KAFKA_SSL_CHECK_HOSTNAME", True),
    )
    if tls.key and not tls.certificate:
        raise SettingError("KAFKA_SSL_KEYFILE is set and KAFKA_SSL_CERTFILE is not: a key proves nothing without its certificate")
    return tls


def _topics(given: Variables) -> Topics:
    prefix = given.text("SOJOURN_TOPIC_PREFIX", "")
    plain = Topics()
    topics = Topics(
        tuple(given.topic("SOJOURN_TOPICS", prefix + name) for name in given.names("SOJOURN_TOPICS", plain.touchpoints)),
        given.topic("SOJOURN_DEAD_LETTERS_TOPIC", prefix + given.text("SOJOURN_DEAD_LETTERS_TOPIC", plain.dead_letters)),
        given.topic("SOJOURN_ALERTS_TOPIC", prefix + given.text("SOJOURN_ALERTS_TOPIC", plain.alerts)),
        given.integer("SOJOURN_PARTITIONS", plain.partitions, 1, 10_000),
        given.integer("SOJOURN_REPLICATION", plain.replication, 1, 100),
        given.integers("SOJOURN_SCHEMA_IDS", 0, (1 << 31) - 1),
    )
    every = [*topics.touchpoints, topics.dead_letters, topics.alerts]
    twice = sorted({name for name in every if every.count(name) > 1})
    if twice:
        raise SettingError(f"topic {twice[0]!r} is named twice: touchpoints, dead letters and alerts each need their own")
    return topics


def _consuming(given: Variables) -> Consuming:
    plain = Consuming()
    reads = replace(
        plain,
        group=given.text("KAFKA_GROUP_ID", plain.group),
        session_s=given.seconds("SOJOURN_SESSION_S", plain.session_s, 2, 300),
        commit_s=given.seconds("SOJOURN_COMMIT_S", plain.commit_s, 0.05, 60),
        fetch_wait_s=given.seconds("SOJOURN_FETCH_WAIT_S", plain.fetch_wait_s, 0.005, 30),
        buffer_records=given.integer("SOJOURN_BUFFER_RECORDS", plain.buffer_records, 1_000, 100_000_000),
        buffer_bytes=given.integer("SOJOURN_BUFFER_BYTES", plain.buffer_bytes, 1 << 20, 1 << 40),
        batch_s=given.seconds("SOJOURN_BATCH_S", plain.batch_s, 0.01, 1),
        tick_s=given.seconds("SOJOURN_TICK_S", plain.tick_s, 0.1, 5),
    )
    return reads


def _web(given: Variables) -> Web:
    return Web(given.text("SOJOURN_WEB_HOST", Web.host), given.integer("SOJOURN_WEB_PORT", Web.port, 0, 65_535))
