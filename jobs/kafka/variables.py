"""Variables of the environment as typed values; a wrong one says its name, its value and what is allowed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import SettingError

_TRUTHS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
_TOPIC = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}")
_SERVER = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^:/@\s]+):([0-9]{1,5})")


@dataclass(frozen=True)
class Variables:
    """Reads what is set; an empty variable counts as absent."""

    environment: Mapping[str, str]

    def text(self, name: str, default: str) -> str:
        """Return a text without space around it."""
        return self.environment.get(name, "").strip() or default

    def needed(self, name: str) -> str:
        """Return a text that must be there, as it stands: a password may begin with a space.

        Raises:
            SettingError: it isn't set.
        """
        value = self.environment.get(name, "")
        if not value:
            raise SettingError(f"{name} is not set, and KAFKA_SECURITY_PROTOCOL={self.text('KAFKA_SECURITY_PROTOCOL', '')} needs it")
        return value

    def one_of(self, name: str, allowed: Sequence[str], default: str) -> str:
        """Return one of some words; small letters do too.

        >>> Variables({"P": "ssl"}).one_of("P", ("PLAINTEXT", "SSL"), "PLAINTEXT")
        'SSL'
        """
        value = self.text(name, default)
        if value.upper() not in allowed:
            raise _wrong(name, value, " ".join(allowed))
        return value.upper()

    def integer(self, name: str, default: int, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        value = self.text(name, str(default))
        if not re.fullmatch(r"-?[0-9]{1,18}", value, re.ASCII) or not least <= int(value) <= most:
            raise _wrong(name, value, f"a whole number from {least} to {most}")
        return int(value)

    def integers(self, name: str, least: int, most: int) -> frozenset[int] | None:
        """Return whole numbers that commas separate, None where it isn't set."""
        value = self.text(name, "")
        if not value:
            return None
        parts = [part.strip() for part in value.split(",")]
        if not all(re.fullmatch(r"[0-9]{1,10}", part, re.ASCII) and least <= int(part) <= most for part in parts):
            raise _wrong(name, value, f"whole numbers from {least} to {most} with commas between them")
        return frozenset(map(int, parts))

    def seconds(self, name: str, default: float, least: float, most: float) -> float:
        """Return a duration in seconds within bounds."""
        value = self.text(name, str(default))
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not least <= number <= most:
            raise _wrong(name, value, f"seconds from {least:g} to {most:g}")
        return number

    def truth(self, name: str, default: bool) -> bool:
        """Return yes or no."""
        value = self.text(name, "true" if default else "false")
        if value.lower() not in _TRUTHS:
            raise _wrong(name, value, "true or false")
        return _TRUTHS[value.lower()]

    def names(self, name: str, default: Sequence[str]) -> list[str]:
        """Return names that commas separate."""
        value = self.text(name, ",".join(default))
        names = [part.strip() for part in value.split(",")]
        if not all(names):
            raise _wrong(name, value, "names with commas between them")
        return names

    def topic(self, name: str, value: str) -> str:
        """Return a topic's name after a look at it."""
        if not _TOPIC.fullmatch(value):
            raise _wrong(name, value, "a topic's name: 1 to 249 of a-z A-Z 0-9 . _ -")
        return value

    def servers(self, name: str, default: Sequence[str]) -> tuple[str, ...]:
        """Return ``host:port`` of some brokers."""
        for server in (servers := self.names(name, default)):
            match = _SERVER.fullmatch(server)
            if not match or not 1 <= int(match[2]) <= 65_535:
                raise _wrong(name, server, "host:port with commas between them, such as kafka-1:9092,kafka-2:9092")
        return tuple(servers)

    def path(self, name: str) -> Path | None:
        """Return a path, None where it isn't set."""
        value = self.text(name, "")
        return Path(value) if value else None

    def file(self, name: str) -> Path | None:
        """Return the path of a file that is there, None where it isn't set."""
        path = self.path(name)
        if path is not None and not path.is_file():
            raise _wrong(name, str(path), "the path of a PEM file that is there")
        return path


def _wrong(name: str, value: str, allowed: str) -> SettingError:
    return SettingError(f"{name}={value!r}: allowed is {allowed}")
