"""Settings come from the environment; a wrong one names itself, and secrets stay out of what is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.kafka.settings import MASK, read_settings, shown
from schemas.errors import SettingError

SECRET = "s3cret-words"
SASL = {"KAFKA_SECURITY_PROTOCOL": "sasl_ssl", "KAFKA_SASL_USERNAME": "app", "KAFKA_SASL_PASSWORD": SECRET, "KAFKA_SSL_KEY_PASSWORD": SECRET}


def test_nothing_set_means_a_broker_on_loopback_and_a_web_server_on_loopback() -> None:
    settings = read_settings({"KAFKA_GROUP_ID": "", "SOJOURN_TOPICS": "  "})
    assert (settings.connection.bootstrap, settings.connection.protocol) == ("127.0.0.1:9092", "PLAINTEXT")
    assert settings.web.host == "127.0.0.1"
    assert settings.consuming.group == "sojourn"


def test_a_prefix_stands_before_every_topic() -> None:
    topics = read_settings({"SOJOURN_TOPIC_PREFIX": "test.", "SOJOURN_TOPICS": "calls, chats"}).topics
    assert (topics.touchpoints, topics.dead_letters, topics.alerts) == (("test.calls", "test.chats"), "test.dead-letters", "test.alerts")


def test_secrets_are_never_shown() -> None:
    settings = read_settings(SASL)
    assert settings.connection.sasl is not None
    assert settings.connection.sasl.password == SECRET
    assert shown(settings)["KAFKA_SASL_PASSWORD"] == MASK
    assert SECRET not in f"{shown(settings)} {settings!r}"


def test_what_is_shown_reads_back_as_the_same_settings(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("")
    settings = read_settings(
        {
            **SASL,
            "KAFKA_SSL_CAFILE": str(authority),
            "SOJOURN_TOPICS": "a,b",
            "SOJOURN_TICK_S": "0.5",
            "SOJOURN_SCHEMA_IDS": "7, 3",
            "SOJOURN_WEB_HOST": "::1",
        }
    )
    again = {name: SECRET if value == MASK else value for name, value in shown(settings).items()}
    assert read_settings(again) == settings


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("KAFKA_BOOTSTRAP_SERVERS", "kafka", "host:port"),
        ("KAFKA_BOOTSTRAP_SERVERS", "kafka:99999", "host:port"),
        ("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092,", "commas"),
        ("KAFKA_SECURITY_PROTOCOL", "TLS", "PLAINTEXT SSL SASL_PLAINTEXT SASL_SSL"),
        ("SOJOURN_TOPICS", "a b", "a topic's name"),
        ("SOJOURN_TOPICS", "..", "a topic's name"),
        ("SOJOURN_PARTITIONS", "0", "a whole number from 1 to 10000"),
        ("SOJOURN_PARTITIONS", "٣", "a whole number from 1 to 10000"),
        ("SOJOURN_SCHEMA_IDS", "7,x", "whole numbers from 0"),
        ("SOJOURN_SESSION_S", "nan", "seconds from 2 to 300"),
        ("SOJOURN_TICK_S", "6", "seconds from 0.1 to 5"),
        ("SOJOURN_WEB_PORT", "http", "a whole number from 0 to 65535"),
    ],
)
def test_a_wrong_value_names_the_variable_the_value_and_what_is_allowed(name: str, value: str, allowed: str) -> None:
    with pytest.raises(SettingError) as refused:
        read_settings({name: value})
    assert name in str(refused.value)
    assert allowed in str(refused.value)


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT"}, "KAFKA_SASL_USERNAME"),
        ({**SASL, "KAFKA_SASL_PASSWORD": ""}, "KAFKA_SASL_PASSWORD"),
        ({**SASL, "KAFKA_SASL_MECHANISM": "GSSAPI"}, "KAFKA_SASL_MECHANISM"),
        ({**SASL, "KAFKA_SSL_CAFILE": "/nowhere/ca.pem"}, "KAFKA_SSL_CAFILE"),
        ({**SASL, "KAFKA_SSL_CHECK_HOSTNAME": "maybe"}, "KAFKA_SSL_CHECK_HOSTNAME"),
        ({**SASL, "KAFKA_SSL_KEYFILE": __file__}, "KAFKA_SSL_CERTFILE"),
        ({"SOJOURN_TOPICS": "alerts"}, "'alerts' is named twice"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(environment: dict[str, str], named: str) -> None:
    with pytest.raises(SettingError, match=named):
        read_settings(environment)
