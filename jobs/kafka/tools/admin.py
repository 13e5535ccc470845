"""The administrator's connection to a cluster, on kafka-python."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from jobs.kafka.link import client_options, reach
from jobs.kafka.settings import Connection
from schemas.errors import SourceError

REQUEST_MS = 30_000


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
