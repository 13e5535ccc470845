"""A rule as it was read: its SELECT and what its header says. Nothing is run here."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from pipelines.digest import digest
from schemas import duration, roles
from schemas.errors import RuleError

SCOPES = ("customer", "all")
UNITS = ("ms", "count", "minor")
KINDS = ("breach", "record")
APART = {"customer": ("thing", "case_id"), "all": ("wait", "operation")}
"""What may keep events apart in a rule, by its scope."""
NEEDED = ("scope", "window", "roles", "unit")
ALLOWED = ("grain", *NEEDED, "kind", "apart", "opens", "setting", "subject", "severity", "runbook")
"""The names of header lines."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_LINE = re.compile(r"--\s*([a-z]+):\s*(.*)")
_SETTING = re.compile(r"([a-z][a-z0-9_]*)\s*=\s*(\S+)")
_WINDOW = re.compile(r"(\d{1,5}) (day|hour|minute)s?")
_WORDS = {"day": "d", "hour": "h", "minute": "min"}


@dataclass(frozen=True)
class Rule:
    """A rule.

    Attributes:
        name: Of its file, without the ending.
        sql: The SELECT.
        says: The sentence that a person reads.
        scope: ``customer`` or ``all``.
        window_us: Events of a customer that are further apart never meet in it (µs).
        roles: Bits of the roles that it sees.
        unit: Of value and threshold.
        record: Its intervals are kept for a mart and never alerted.
        apart: What events that meet in it agree in: a column; of several customers, the wait or the operation. None: any may meet.
        opens: Bits of roles: an island that lacks an event with one of each has no intervals.
        settings: Name → number that is bound (durations in ms).
        header: All lines of the header by name, as they stand; of ``setting`` and ``opens`` the last.
        ours: It ships; else it is a user's.
    """

    name: str
    sql: str = field(repr=False)
    says: str
    scope: str
    window_us: int
    roles: int
    unit: str
    record: bool = False
    apart: str | None = None
    opens: tuple[int, ...] = ()
    settings: Mapping[str, int] = field(default_factory=dict)
    header: Mapping[str, str] = field(default_factory=dict, repr=False)
    ours: bool = True

    @cached_property
    def digest(self) -> str:
        """What changes when the rule or its settings do."""
        content = repr((self.sql, sorted(self.settings.items())))
        return hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()

    @cached_property
    def seed(self) -> int:
        """64 bits that stand for the rule's name."""
        return digest(self.name)

    @property
    def parameters(self) -> dict[str, int]:
        """What is bound by name, where the rule names it."""
        return {"window": self.window_us // 1000, **self.settings}

    def tuned(self, settings: Mapping[str, int]) -> Rule:
        """Return the rule with other values of some of its settings.

        Raises:
            RuleError: it has no such setting.
        """
        for name in settings:
            if name not in self.settings:
                raise RuleError(f"the rule {self.name} has no setting {name!r}; it has {', '.join(self.settings) or 'none'}")
        return replace(self, settings={**self.settings, **settings})


def parse_rule(name: str, text: str, *, ours: bool = True) -> Rule:
    """Read a rule's text.

    Args:
        name: Of the file, without its ending.
        text: The whole file.
        ours: It ships.

    Raises:
        RuleError: the name or the header is wrong; the message says what is allowed.
    """
    if not _NAME.fullmatch(name):
        raise RuleError(f"a rule is named like its file, by small letters, digits and _, a letter first; {name!r} is not")
    comments = [line.strip() for line in text.splitlines() if line.strip().startswith("--")]
    lines = [(found[1], found[2].strip()) for line in comments if (found := _LINE.fullmatch(line)) and found[1] in ALLOWED]
    header = dict(lines)
    for needed in NEEDED:
        if not header.get(needed):
            raise _wrong(name, f"has no line '-- {needed}: …'")
    if not comments or ((found := _LINE.fullmatch(comments[0])) and found[1] in ALLOWED):
        raise _wrong(name, "must begin with a comment that says in a sentence what a breach is")
    return Rule(
        name=name,
        sql=text,
        says=comments[0].removeprefix("--").strip(),
        scope=_one_of(name, "scope", header["scope"], SCOPES),
        window_us=_window(name, header["window"]),
        roles=_roles(name, header["roles"]),
        unit=_one_of(name, "unit", header["unit"], UNITS),
        record=_one_of(name, "kind", header.get("kind", "breach"), KINDS) == "record",
        apart=_one_of(name, "apart", header["apart"], APART[header["scope"]]) if "apart" in header else None,
        opens=tuple(_roles(name, words) for line, words in lines if line == "opens"),
        settings=dict(_setting(name, words) for line, words in lines if line == "setting"),
        header=header,
        ours=ours,
    )


def _wrong(name: str, what: str) -> RuleError:
    return RuleError(f"{name}.sql {what}; sojourn's pipelines/rules says what a rule is")


def _one_of(name: str, line: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise _wrong(name, f"says {line}: {value!r}; allowed: {', '.join(allowed)}")
    return value


def _window(name: str, words: str) -> int:
    found = _WINDOW.fullmatch(words)
    try:
        length = duration.parse(f"{found[1]}{_WORDS[found[2]]}" if found else words)
    except ValueError:
        raise _wrong(name, f"says window: {words!r}; allowed: '30 days', '12 hours', or {duration.FORM}") from None
    if not length:
        raise _wrong(name, "has a window of nothing; it must be longer than 0")
    return length // duration.MICROSECOND


def _roles(name: str, words: str) -> int:
    for role in words.split():
        if role not in roles.ROLES:
            raise _wrong(name, f"names the role {role!r}; allowed: {', '.join(roles.ROLES)}")
    return roles.union(words.split())


def _setting(name: str, words: str) -> tuple[str, int]:
    found = _SETTING.fullmatch(words)
    if not found or found[1] == "window":
        raise _wrong(name, f"has the setting {words!r}; allowed: a name, =, and a whole number or a duration, like 'within = 10min'")
    if found[2].isdecimal():
        return found[1], int(found[2])
    try:
        return found[1], duration.parse(found[2]) // duration.MILLISECOND
    except ValueError:
        raise _wrong(name, f"has the setting {words!r}; allowed: a whole number, or {duration.FORM}") from None
