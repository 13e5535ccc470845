"""TLS and SCRAM against Apache Kafka: they work, and a wrong password, certificate or protocol is told at once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infra.kafka.__main__ import environment as reached
from infra.kafka.broker import Cluster
from jobs.cli import main

AT_ONCE_S = 5


@pytest.fixture
def secured(apache: Cluster, environment: dict[str, str]) -> dict[str, str]:
    """A worker's variables, by TLS and SCRAM."""
    return environment | reached(apache)


def invoke(variables: dict[str, str], *arguments: str) -> tuple[Result, float]:
    begun = time.monotonic()
    result = CliRunner().invoke(main, arguments, env=variables)
    return result, time.monotonic() - begun


def produced(variables: dict[str, str], folder: Path) -> Result:
    events = folder / "events.jsonl"
    events.write_text('{"id": "1", "source": "s", "type": "page.viewed", "time": "2026-01-01T00:00:00Z", "customer_id": "c1"}\n')
    made, _ = invoke(variables, "topics", "create")
    assert made.exit_code == 0, made.output
    sent, _ = invoke(variables, "produce", str(events))
    assert "1 event acknowledged" in sent.output, sent.output
    return invoke(variables, "lag")[0]


def test_tools_work_by_tls(apache: Cluster, secured: dict[str, str], tmp_path: Path) -> None:
    assert apache.secure is not None
    variables = secured | {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_BOOTSTRAP_SERVERS": apache.secure.tls}
    assert "1 record wait" in produced(variables, tmp_path).output


def test_tools_work_by_tls_and_scram(secured: dict[str, str], tmp_path: Path) -> None:
    assert "1 record wait" in produced(secured, tmp_path).output


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"KAFKA_SASL_PASSWORD": "wrong-secret"}, "user, password or mechanism is wrong"),
        ({"KAFKA_SASL_MECHANISM": "PLAIN"}, "user, password or mechanism is wrong"),
        ({"KAFKA_SSL_CAFILE": ""}, "KAFKA_SSL_CAFILE names the authority to trust"),
        ({"KAFKA_SECURITY_PROTOCOL": "PLAINTEXT"}, "KAFKA_SECURITY_PROTOCOL=PLAINTEXT may be wrong"),
        ({"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, "no Kafka broker answers"),
    ],
    ids=["password", "mechanism", "authority", "protocol", "nobody"],
)
@pytest.mark.parametrize("arguments", [["topics", "check"], ["lag"], ["produce", __file__]], ids=lambda arguments: arguments[0])
def test_a_refusal_is_told_at_once_and_without_secrets(secured: dict[str, str], change: dict[str, str], word: str, arguments: list[str]) -> None:
    result, took = invoke(secured | change, *arguments)
    assert result.exit_code in (2, 3), result.output
    assert word in result.output
    assert "wrong-secret" not in result.output
    assert secured["KAFKA_SASL_PASSWORD"] not in result.output
    assert took < AT_ONCE_S
