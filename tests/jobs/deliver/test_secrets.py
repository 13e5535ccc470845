"""Secrets are shown nowhere: not by messages, not by answers, not by logs."""

from __future__ import annotations

import logging

import pytest

from jobs.deliver.channels import channel_of
from jobs.deliver.message import Message
from jobs.deliver.secrets import Secret
from schemas.errors import SettingError
from tests.generated.notices import notice, route

HIDDEN = "TIiajkdnlazkcOXrIdevi7FQ"


def test_a_secret_does_not_print_itself() -> None:
    secret = Secret(HIDDEN)
    assert HIDDEN not in f"{secret} {secret!r} {[secret]}"


@pytest.mark.parametrize(
    ("given", "env", "said"),
    [
        ({"url": "https://example.org", "secrets": ["env:NONE"]}, {}, "routes.a.secrets[0]: 'env:NONE' names a variable that is not set"),
        ({"url": "https://example.org", "secrets": ["file:/nowhere/x"]}, {}, "can't read the file '/nowhere/x': FileNotFoundError"),
        ({"url": "https://example.org", "secrets": ["env:A"]}, {"A": HIDDEN}, "is no signing secret; allowed: whsec_"),
        ({"url": "env:A", "secrets": ["env:A"]}, {"A": f"ftp://{HIDDEN}"}, "is no address of a hook"),
        ({"kind": "slack", "url": "env:A"}, {"A": f"https://example.org/{HIDDEN}"}, "no address for a route of kind 'slack'"),
        ({"kind": "email", "url": "env:A"}, {"A": f"tgram://123456789:{HIDDEN}/1/"}, "no address for a route of kind 'email'"),
        ({"kind": "apprise", "url": "env:A"}, {"A": f"jsons://example.org/{HIDDEN}"}, "no address for a route of kind 'apprise'"),
    ],
)
def test_a_wrong_secret_stops_the_start_and_is_not_shown(given: dict[str, object], env: dict[str, str], said: str) -> None:
    with pytest.raises(SettingError) as caught:
        channel_of("a", route(**given), "r.toml", env)  # type: ignore[arg-type]
    assert said in str(caught.value)
    assert HIDDEN not in str(caught.value)


def test_a_service_that_refuses_is_told_of_without_its_address(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    url = f"mailto://anna:{HIDDEN}@127.0.0.1:1?from=a@example.org&to=b@example.org"
    channel = channel_of("a", route("email", url="env:A", timeout=2), "r", {"A": url})
    logging.getLogger("apprise").addHandler(caplog.handler)
    answer = channel.send(Message("msg_1", "a", [notice(0)]))
    logging.getLogger("apprise").removeHandler(caplog.handler)
    out, err = capfd.readouterr()
    assert not answer.accepted
    assert HIDDEN not in answer.detail + caplog.text + out + err
