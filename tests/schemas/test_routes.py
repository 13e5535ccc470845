"""Routes that are right, and what is said of those that are not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schemas.errors import SettingError
from schemas.route_check import parse_routes

HOOK = '[routes.hook]\nkind = "webhook"\nurl = "https://example.org/x"\nsecrets = ["env:A"]\n'


def test_a_route_has_defaults_and_the_schedule_of_the_standard() -> None:
    (route,) = parse_routes(HOOK, "r.toml").values()
    assert (route.rate, route.in_flight, route.timeout) == ("10/s", 4, timedelta(seconds=20))
    assert (route.retries[0], route.retries[-1], len(route.retries)) == (timedelta(seconds=5), timedelta(hours=24), 9)


def test_everything_that_can_be_said_is_read() -> None:
    text = """
        [routes.night-desk]
        kind = "slack"
        url = "env:SLACK"
        severity = "high"
        rules = ["promise_*"]
        cooldown = "30min"
        cooldown_by = ["rule", "team"]
        rate = "30/min"
        digest = { every = "1h", severities = ["info"] }
        [[routes.night-desk.quiet]]
        begins = "22:00"
        ends = "07:00"
        zone = "Europe/Berlin"
        days = ["sat", "sun"]
    """
    route = parse_routes(text, "r.toml")["night-desk"]
    assert route.quiet[0].but == ("critical",)
    assert route.digest is not None
    assert route.digest.every == timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "routes: is missing"),
        ("[routes]", "there is no route"),
        ("[routes.a", "this is not TOML"),
        ('[routes.a]\nkind = "fax"', "r.toml: routes.a.kind: 'fax' is not allowed; allowed: 'webhook', 'pagerduty'"),
        ('[routes.a]\nkind = "webhook"\nurl = "https://example.org"', "routes.a.secrets: is missing"),
        ('[routes.a]\nkind = "webhook"\nsecrets = ["env:A"]', "routes.a.url: is missing"),
        ('[routes.a]\nkind = "pagerduty"', "routes.a.key: is missing"),
        ('[routes.a]\nkind = "slack"\nurl = "https://hooks.slack.com/services/T/B/X"', "it is a secret; allowed: env:NAME or file:PATH"),
        ('[routes.a]\nkind = "slack"\nurl = "env:A"\nsecrets = ["env:B"]', "routes.a.secrets: a route of kind 'slack' has none"),
        (HOOK + 'secret = "x"', "routes.hook.secret: no such key"),
        (HOOK.replace("env:A", "whsec_MTIz"), "allowed: env:NAME or file:PATH"),
        (HOOK.replace("https://example.org/x", "ftp://example.org"), "allowed: https://HOST"),
        (HOOK.replace("https://example.org/x", "https://anna:pw@example.org"), "'…' is not allowed"),
        (HOOK + 'severity = "urgent"', "allowed: 'info', 'warning', 'high', 'critical'"),
        (HOOK + 'allow = ["10.0.0.1/8"]', "routes.hook.allow[0]: '10.0.0.1/8' is not allowed"),
        (HOOK + 'rate = "0/s"', "routes.hook.rate: '0/s' is not allowed"),
        (HOOK + 'timeout = "1h"', "routes.hook.timeout: '1h' is not allowed; allowed: more than 0s, at most 5min"),
        (HOOK + 'retries = ["2d"]', "routes.hook.retries[0]: '2d' is not allowed"),
        (HOOK + "in_flight = 0", "routes.hook.in_flight: 0 is not allowed"),
        (HOOK + 'quiet = [{begins = "25:00", ends = "07:00", zone = "UTC"}]', "routes.hook.quiet[0].begins: '25:00'"),
        (HOOK + 'quiet = [{begins = "22:00", ends = "07:00", zone = "Mars/Base"}]', "routes.hook.quiet[0].zone: 'Mars/Base'"),
        (HOOK.replace("routes.hook", 'routes."a b"'), "up to 64 letters"),
    ],
)
def test_a_wrong_route_is_refused_by_file_key_and_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(SettingError) as caught:
        parse_routes(text, "r.toml")
    assert said in str(caught.value)
    assert "pw" not in str(caught.value)
