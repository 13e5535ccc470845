"""The administrator's connection to a cluster, on kafka-python."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from kafka import KafkaAdminClient
from kafka.errors import KafkaError, TopicAlreadyExistsError

from jobs.kafka.link import client_options, reach
from jobs.kafka.settings import Connection
from schemas.errors import SourceError

REQUEST_MS = 30_000
PATIENCE_S = 10.0
"""How long a group's coordinator may take to be there: a cluster that nobody read from yet makes the topic of offsets first."""
BETWEEN_S = 0.2
T = TypeVar("T")


@contextmanager
def admin(connection: Connection) -> Iterator[KafkaAdminClient]:
    """Open one; errors of the library become ours.

    Raises:
        SettingError: the brokers refuse us.
        SourceError: none answers, or a request failed.
    """
    reach(connection)
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # it logs what it also raises
    client = None
    try:
        client = KafkaAdminClient(**client_options(connection), request_timeout_ms=REQUEST_MS)
        yield client
    except KafkaError as error:
        raise SourceError(f"Kafka at {connection.bootstrap} says: {error}") from error
    finally:
        if client is not None:
            client.close()


def patiently(ask: Callable[[], T], patience_s: float = PATIENCE_S, tell: Callable[[Exception], None] = lambda error: None) -> T:
    """Ask again while what is wrong passes by itself, and say each time what that was.

    Raises:
        KafkaError, SourceError: it didn't pass in time (seconds), or is of another kind.
    """
    due = time.monotonic() + patience_s
    while True:
        try:
            return ask()
        except (KafkaError, SourceError) as error:
            if time.monotonic() >= due or not _passes(error.__cause__ if isinstance(error, SourceError) else error):
                raise
            tell(error)
        time.sleep(BETWEEN_S)


def _passes(error: BaseException | None) -> bool:
    """Whether time alone may mend it: no broker answers, one is on its way up or down, or another worker makes the same topics at this moment."""
    return not isinstance(error, KafkaError) or bool(error.retriable) or isinstance(error, TopicAlreadyExistsError)
