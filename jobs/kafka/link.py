"""The link to a cluster: what each client library wants to be told, and a first look whether brokers answer and let us in.

Client libraries retry a wrong password until their time is over and then say that nobody answered; ``reach`` asks once and says what is wrong.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiokafka.conn import create_conn
from aiokafka.errors import KafkaError
from aiokafka.protocol.metadata import MetadataRequest

from jobs.kafka.settings import Connection, Tls
from schemas.errors import SettingError, SourceError

ANSWER_S = 10.0
"""How long one broker has to answer."""
BETWEEN_S = 0.5
CLOSING_S, FAREWELL_S = 1.0, 0.05
Tell = Callable[[str], None]
log = logging.getLogger(__name__)


def tls_context(tls: Tls) -> ssl.SSLContext:
    """Return the context that connections are made with.

    Raises:
        SettingError: a file isn't what it should be.
    """
    try:
        context = ssl.create_default_context(cafile=None if tls.ca is None else str(tls.ca))
        if tls.certificate:
            context.load_cert_chain(str(tls.certificate), tls.key and str(tls.key), lambda: tls.key_password or "")
    except (ssl.SSLError, OSError) as error:
        raise SettingError(f"KAFKA_SSL_CAFILE, KAFKA_SSL_CERTFILE or KAFKA_SSL_KEYFILE can't be used (PEM is expected): {error}") from error
    context.check_hostname = tls.check_hostname
    return context


def client_options(connection: Connection) -> dict[str, Any]:
    """Return the options that kafka-python and aiokafka both know."""
    options: dict[str, Any] = {
        "bootstrap_servers": list(connection.servers),
        "client_id": connection.client_id,
        "security_protocol": connection.protocol,
    }
    if connection.tls:
        options["ssl_context"] = tls_context(connection.tls)
    return options | sasl_options(connection)


def sasl_options(connection: Connection) -> dict[str, Any]:
    """Return the part of them that says who we are."""
    sasl = connection.sasl
    if sasl is None:
        return {}
    return {"sasl_mechanism": sasl.mechanism, "sasl_plain_username": sasl.username, "sasl_plain_password": sasl.password}


def reach(connection: Connection, patience_s: float = 0.0, tell: Tell = lambda text: None) -> None:
    """Return when a broker answers and lets us in.

    Args:
        connection: How the cluster is reached.
        patience_s: How long brokers that don't answer are asked again; a refusal is final.
        tell: Is told each new reason to wait.

    Raises:
        SettingError: a broker answered and refused us: certificate, user, password, mechanism or protocol.
        SourceError: none answered in time.
    """
    context = tls_context(connection.tls) if connection.tls else None
    due, told = time.monotonic() + patience_s, ""
    while True:
        problem = asyncio.run(_first_answer(connection, context))
        if problem is None:
            return
        if time.monotonic() >= due:
            raise SourceError(f"no Kafka broker answers at {connection.bootstrap} (KAFKA_BOOTSTRAP_SERVERS): {problem}")
        if problem != told:
            tell(f"waiting for Kafka at {connection.bootstrap}: {problem}")
            told = problem
        time.sleep(BETWEEN_S)


async def started(start: Callable[[], Awaitable[None]], patience_s: float) -> None:
    """Start a client of aiokafka; where brokers that answered a moment ago restart just now, start it anew.

    Args:
        start: Makes a client and starts it, and stops one that did not start.
        patience_s: So long (seconds) brokers may be away.

    Raises:
        KafkaError: they stay away, or it is none that passes by itself.
    """
    due = time.monotonic() + patience_s
    while True:
        try:
            return await start()
        except KafkaError as error:
            if not error.retriable or time.monotonic() >= due:
                raise
            log.warning("%s; connecting again", error)
        await asyncio.sleep(BETWEEN_S)


async def _first_answer(connection: Connection, context: ssl.SSLContext | None) -> str | None:
    """Ask each broker once; return None when one lets us in, else why the last didn't answer."""
    problem = ""
    for server in connection.servers:
        host, _, port = server.rpartition(":")
        try:
            asked = create_conn(
                host.strip("[]"),
                int(port),
                client_id=connection.client_id,
                request_timeout_ms=int(ANSWER_S * 1000),
                ssl_context=context,
                security_protocol=connection.protocol,
                **sasl_options(connection),
            )
            link = await asyncio.wait_for(asked, ANSWER_S)
            try:  # a broker tells its versions to anybody; only what comes after shows that we are in
                await asyncio.wait_for(link.send(MetadataRequest([])), ANSWER_S)
            finally:
                await asyncio.wait([link.close()], timeout=CLOSING_S)
        except Exception as error:  # aiokafka lets many kinds through; each is told apart by what it means
            await asyncio.sleep(FAREWELL_S)  # a connection that failed closes in the loop's next rounds, and nobody hands it to us to wait for
            problem = _meaning(error, server, connection)
        else:
            return None
    return problem


def _meaning(error: Exception, server: str, connection: Connection) -> str:
    """Return why a broker didn't answer.

    Raises:
        SettingError: it did, and refused us.
    """
    name = type(error).__name__
    if isinstance(error, ssl.SSLCertVerificationError):
        raise SettingError(
            f"the certificate of {server} is not trusted: {error.verify_message}; KAFKA_SSL_CAFILE names the authority to trust"
        ) from error
    if isinstance(error, ssl.SSLError):
        raise SettingError(
            f"{server} does not speak TLS as we do ({error.reason}); KAFKA_SECURITY_PROTOCOL={connection.protocol}: is this its TLS port?"
        ) from error
    if "Sasl" in name or "Authentication" in name:
        user = connection.sasl.username if connection.sasl else ""
        means = connection.sasl.mechanism if connection.sasl else ""
        raise SettingError(
            f"{server} refused user {user!r} by {means}: user, password or mechanism is wrong (KAFKA_SASL_*); it said: {error}"
        ) from error
    doubt = f"KAFKA_SECURITY_PROTOCOL={connection.protocol} may be wrong for that port"
    if isinstance(error, TimeoutError):
        return f"{server} took the connection and did not answer within {ANSWER_S:g} s; {doubt}"
    if isinstance(error, (KafkaError, ConnectionResetError, EOFError)):
        return f"{server} closed the connection ({name}); {doubt}"
    return f"{server}: {str(error) or name}"
