"""What people asked to be silent about: acknowledged alerts, snoozed ones, maintenance. It silences delivery; rules are judged all the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from pipelines.deliver.notice import Notice

FOR_EVER_US = (1 << 62) - 1


@dataclass(frozen=True, slots=True)
class Silence:
    """A wish for silence, from an instant on and before another one (µs, the clock).

    Attributes:
        kind: ``ack``: somebody cares for it, nothing more until it ends. ``snooze``: not before ``until_us``. ``maintenance``: work is going on.
        key: Of one alert; None where the globs choose.
        rule, site, stage: Globs; None lets everything pass.
    """

    kind: Literal["ack", "snooze", "maintenance"]
    from_us: int
    until_us: int = FOR_EVER_US
    key: int | None = None
    rule: str | None = None
    site: str | None = None
    stage: str | None = None

    @property
    def reason(self) -> Literal["snoozed", "maintenance"]:
        """Why a notice is held."""
        return "snoozed" if self.kind == "snooze" else "maintenance"

    def covers(self, notice: Notice, at_us: int) -> bool:
        """Return whether it holds at an instant for such an alert."""
        return (
            self.from_us <= at_us < self.until_us
            and self.key in (None, notice.key)
            and _fits(self.rule, notice.rule)
            and _fits(self.site, notice.site)
            and _fits(self.stage, notice.stage)
        )


def silenced(silences: Sequence[Silence], notice: Notice, at_us: int) -> Silence | None:
    """Return the wish that silences a notice for longest at an instant; None where none does."""
    return max((silence for silence in silences if silence.covers(notice, at_us)), key=lambda silence: silence.until_us, default=None)


def _fits(glob: str | None, value: str | None) -> bool:
    return glob is None or fnmatchcase(value or "", glob)
