"""Secrets: read from the environment or from files, shown nowhere. What goes to a log or a table is redacted first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote, unquote

from schemas.errors import SettingError

HIDDEN = "[secret]"
_SHORTEST = 4
"""Pieces of a secret shorter than this are words that stand anywhere."""


class Secret:
    """A text that does not print itself."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return HIDDEN

    def reveal(self) -> str:
        """Return the text, to be used and not to be shown."""
        return self._text

    def pieces(self) -> list[str]:
        """Return what must not be shown: the text, its parts where it is an address, and how they look quoted. The longest first."""
        whole = self._text
        parts = {whole, *whole.replace("://", "/").replace("@", "/").replace("?", "/").replace(":", "/").split("/")[1:]}
        forms = {form for part in parts for form in (part, quote(part, safe=""), unquote(part)) if len(form) >= _SHORTEST}
        return sorted(forms, key=len, reverse=True)


def read_secret(reference: str, file: str, key: str, env: Mapping[str, str]) -> Secret:
    """Return what ``env:NAME`` or ``file:PATH`` names.

    Args:
        reference: As it stands in the file of routes.
        file: The name of that file, for messages.
        key: Where it stands in it, for messages.
        env: The environment.

    Raises:
        SettingError: there is none, or it is empty; the message doesn't show it.
    """
    place, _, name = reference.partition(":")
    if place == "env":
        text = env.get(name, "")
    else:
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeError) as error:
            raise SettingError(f"{file}: {key}: can't read the file {name!r}: {type(error).__name__}") from None
    if not text.strip():
        raise SettingError(f"{file}: {key}: {reference!r} names {'a variable that is not set' if place == 'env' else 'an empty file'}")
    return Secret(text.strip())


def redact(text: str, secrets: Iterable[Secret]) -> str:
    """Return a text without any of these secrets or pieces of them."""
    for secret in secrets:
        for piece in secret.pieces():
            text = text.replace(piece, HIDDEN)
    return text
