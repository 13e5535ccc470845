"""The parts of a journey map once it is read: what rules, rebuild and marts ask it for. Bits are those of ``roles``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a type of touchpoint means in a channel."""

    stage: str
    roles: int  # bits
    thing: str | None  # null where no entry of the map names the type


@dataclass(frozen=True, slots=True)
class Pair:
    """A role that opens something and the roles that close it, within one thing.

    `key` says what must be equal for a later event to close an earlier one, first in first out: the ``correlation_id``, the ``case_id`` (without a
    case, the ``correlation_id``), or the journey. Where either lacks it, the latest open one of the same thing and channel is closed.
    By ``journey`` events with equal ``correlation_id`` belong together first; where either lacks it, the journey is their key: the first open one of
    the same thing is closed, in whatever channel. `wait`: the time between is a customer's waiting, and stands in the closing step as its wait.
    `stage`: where the customer waits while it is open, where that isn't the stage of the event that opens it.
    """

    name: str
    thing: str
    opens: int  # one bit
    closes: int  # bits
    key: Literal["correlation", "case", "journey"]
    wait: bool
    stage: str | None = None


@dataclass(frozen=True, slots=True)
class Tolerance:
    """The zone of tolerance of a stage: the desired and the adequate wait, for whom and from when on. A condition that is None always holds."""

    stage: str
    desired_ms: int
    adequate_ms: int
    segment: str | None = None
    client_type: str | None = None
    context: str | None = None
    valid_from_us: int | None = None
    owner: str | None = None
    calendar: str | None = None  # the levels are in its business time; none: in calendar time

    def holds(self, segment: str | None, client_type: str | None, context: str | None, at_us: int) -> bool:
        """Whether this entry may be used for these facts at this instant (µs since 1970, UTC)."""
        return (
            self.segment in (None, segment)
            and self.client_type in (None, client_type)
            and self.context in (None, context)
            and (self.valid_from_us is None or self.valid_from_us <= at_us)
        )

    @property
    def conditions(self) -> int:
        """How many of segment, client type and context it asks for, 0 to 3."""
        return sum(given is not None for given in (self.segment, self.client_type, self.context))

    @property
    def precedence(self) -> tuple[int, bool, int]:
        """Larger is more specific: more conditions, then the later ``valid_from``."""
        return self.conditions, self.valid_from_us is not None, self.valid_from_us or 0
