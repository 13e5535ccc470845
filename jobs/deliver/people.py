"""Chats and mail, through apprise. It says whether a message was taken and not much more; what it logs may hold secrets and is not let out."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping

from jobs.deliver.message import Message
from jobs.deliver.secrets import Secret
from pipelines.deliver.answer import Answer
from schemas.errors import SettingError
from schemas.routes import Kind

try:
    import apprise
except ModuleNotFoundError as error:
    raise SettingError(f"routes to chats and mail need {error.name}, which is not installed; pip install 'sojourn[notify]' brings it") from error

_SERVICES: Mapping[Kind, tuple[str, ...]] = {
    "slack": ("slack",),
    "teams": ("workflow", "workflows", "msteams", "power_automate"),
    "email": ("mailto", "mailtos"),
}
_LOOKS: Mapping[Kind, str] = {
    "slack": "https://hooks.slack.com/services/… (an incoming webhook), or slack://…",
    "teams": "the address that a workflow of Teams shows, https://…/workflows/…, or workflows://…",
    "email": "mailtos://USER:PASSWORD@HOST?from=…&to=…",
    "apprise": "an address of apprise, as in tgram://…, for one of the services that are somebody else's",
}
_OPEN = frozenset(
    (
        *("json", "jsons", "xml", "xmls", "form", "forms", "apprise", "apprises", "mqtt", "mqtts"),
        *("syslog", "rsyslog", "dbus", "qt", "glib", "gio", "gnome", "kde", "macosx", "windows", "blink1"),
    )
)
"""Services of apprise that post anywhere or act on this machine: hooks are for that, which are signed and checked."""
_STATUS = re.compile(r"error=(\d{3})\b")


class _Overheard(logging.Handler):
    """Takes the status of HTTP from what apprise logs in this thread, and lets nothing of it out."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._local = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        """Look at a line."""
        if found := _STATUS.search(record.getMessage()):
            self._local.status = int(found[1])

    def clear(self) -> None:
        """Forget what was heard in this thread."""
        self._local.status = None

    def status(self) -> int | None:
        """Return the last status that was heard in this thread."""
        heard: int | None = getattr(self._local, "status", None)
        return heard


_overheard = _Overheard()
_log = logging.getLogger("apprise")
_log.propagate = False
_log.setLevel(logging.WARNING)
_log.handlers = [_overheard]


class People:
    """A chat, a mailbox, or another service of apprise; one message at a time."""

    def __init__(self, kind: Kind, url: Secret, file: str, key: str, timeout_s: float) -> None:
        """Prepare.

        Args:
            kind: Of the route.
            url: As apprise writes it, or as the service shows it.
            file: The name of the file of routes, for messages.
            key: Where the address stands in it.
            timeout_s: Of connecting, and of each wait for an answer.

        Raises:
            SettingError: it is no address of such a service.
        """
        self._lock = threading.Lock()
        asset = apprise.AppriseAsset(app_id="Sojourn", app_desc="Sojourn alerts", app_url="")
        service = apprise.Apprise.instantiate(url.reveal(), asset=asset, suppress_exceptions=True)
        names = _names(service) if service is not None else frozenset()
        if service is None or (kind in _SERVICES and not names & set(_SERVICES[kind])) or names & _OPEN:
            raise SettingError(f"{file}: {key}: what it names is no address for a route of kind {kind!r}; allowed: {_LOOKS[kind]}")
        self._service = service
        self._service.request_rate_per_sec = 0  # the route has its own
        self._service.socket_connect_timeout = min(5.0, timeout_s)
        self._service.socket_read_timeout = timeout_s

    def send(self, message: Message) -> Answer:
        """Send it in words."""
        words = message.words()
        kind = apprise.NotifyType.SUCCESS if words.closing else apprise.NotifyType.FAILURE
        if not words.closing and words.severity in ("info", "warning"):
            kind = apprise.NotifyType.INFO if words.severity == "info" else apprise.NotifyType.WARNING
        with self._lock:
            _overheard.clear()
            try:
                taken = self._service.notify(body=words.text, title=words.title, notify_type=kind, body_format=apprise.NotifyFormat.TEXT)
            except Exception as error:  # whatever a plugin of it raises must not end delivery; its text may hold secrets
                return Answer(False, detail=f"apprise failed: {type(error).__name__}")
            status = _overheard.status()
        if taken:
            return Answer(True, status=None)
        return Answer(False, status, f"not taken: HTTP {status}" if status else "not taken: no connection, or refused")


def _names(service: object) -> frozenset[str]:
    """Return the schemes of a service of apprise."""
    found = set[str]()
    for attribute in ("protocol", "secure_protocol"):
        value = getattr(service, attribute, None)
        found |= {value} if isinstance(value, str) else set(value or ())
    return frozenset(found)
