"""The channels: what a route of each kind sends, and how. Hooks and PagerDuty by our own client; chats and mail by apprise."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from jobs.deliver.hook import Hook
from jobs.deliver.message import Channel, Message
from jobs.deliver.secrets import Secret, read_secret
from pipelines.deliver.answer import Answer
from pipelines.deliver.page import URL, page
from pipelines.deliver.signature import key_of, signed_headers
from schemas.errors import SettingError
from schemas.route_check import wrong_url
from schemas.routes import Route

CLOUD_EVENT = "application/cloudevents+json"


class Webhook:
    """Signed webhooks: Standard Webhooks around a CloudEvent."""

    def __init__(self, hook: Hook, keys: Sequence[bytes], clock: Callable[[], float]) -> None:
        self._hook, self._keys, self._clock = hook, keys, clock

    def send(self, message: Message) -> Answer:
        """Sign and post."""
        body = message.body()
        headers = signed_headers(message.id, int(self._clock()), body, self._keys)
        return self._hook.post(body, {**headers, "content-type": CLOUD_EVENT})


class Pager:
    """PagerDuty: apprise would hide its answers, and with them when it wants to be asked again."""

    def __init__(self, hook: Hook, key: Secret) -> None:
        self._hook, self._key = hook, key

    def send(self, message: Message) -> Answer:
        """Post an event."""
        body = page(message.notices[-1], self._key.reveal())
        answer = self._hook.post(body, {"content-type": "application/json"})
        if answer.status != 400:
            return answer
        return Answer(False, 400, "HTTP 400: PagerDuty doesn't take it; is the integration key right?", hopeless=True)  # it says not to send it again


def channel_of(name: str, route: Route, file: str, env: Mapping[str, str], clock: Callable[[], float] = time.time) -> Channel:
    """Return the channel of a route.

    Args:
        name: Of the route.
        route: What the file says.
        file: Its name, for messages.
        env: The environment, for secrets.
        clock: Seconds since 1970, for signatures.

    Raises:
        SettingError: a secret is missing or is none, or a library that the kind needs is not installed.
    """
    key = f"routes.{name}"
    if route.kind == "webhook":
        url = _url(route.url or "", file, f"{key}.url", env)
        keys = [_signing_key(reference, file, f"{key}.secrets[{place}]", env) for place, reference in enumerate(route.secrets)]
        return Webhook(_hook(url, route), keys, clock)
    if route.kind == "pagerduty":
        url = _url(route.url or URL, file, f"{key}.url", env)
        return Pager(_hook(url, route), read_secret(route.key or "", file, f"{key}.key", env))
    from jobs.deliver.people import People  # apprise is an extra: only who uses it needs it

    return People(route.kind, read_secret(route.url or "", file, f"{key}.url", env), file, f"{key}.url", route.timeout.total_seconds())


def _hook(url: str, route: Route) -> Hook:
    return Hook(url, allow=route.allow, timeout_s=route.timeout.total_seconds(), ca_file=route.ca_file, connections=route.in_flight)


def _url(given: str, file: str, key: str, env: Mapping[str, str]) -> str:
    """Return an address that stands in the file, or elsewhere."""
    url = read_secret(given, file, key, env).reveal() if given.startswith(("env:", "file:")) else given
    if problem := wrong_url(url):
        raise SettingError(f"{file}: {key}: what {given!r} names is no address of a hook; allowed: {problem}")
    return url


def _signing_key(reference: str, file: str, key: str, env: Mapping[str, str]) -> bytes:
    try:
        return key_of(read_secret(reference, file, key, env).reveal())
    except ValueError as error:
        raise SettingError(f"{file}: {key}: what {reference!r} names is no signing secret; allowed: {error}") from None
