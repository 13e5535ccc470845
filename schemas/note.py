"""A note about alerts: somebody cares for one, wants silence for a while, or says that work is going on. It silences delivery, never a rule."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated, Literal

from msgspec import Meta, Struct

Text = Annotated[str, Meta(min_length=1, max_length=1024)]


class Note(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One note; it is never changed, only lifted by another one. Instants are µs of the clock.

    Attributes:
        id: Of the note.
        kind: ``ack``: somebody cares for it. ``snooze``: not before ``until_us``. ``maintenance``: work is going on. ``lift``: ``of`` holds no more.
        of: The id of the note that is lifted.
        until_us: None: for ever.
        key: Of one alert; None where the globs choose.
        rule, site, stage: Globs; None lets everything pass.
    """

    id: Text
    kind: Literal["ack", "snooze", "maintenance", "lift"]
    at_us: int
    who: Text
    why: Text
    from_us: int
    until_us: int | None = None
    key: int | None = None
    rule: Text | None = None
    site: Text | None = None
    stage: Text | None = None
    of: Text | None = None

    def holds(self, now_us: int) -> bool:
        """Return whether it holds at an instant, if it was not lifted."""
        return self.from_us <= now_us and (self.until_us is None or now_us < self.until_us)

    def about(self, key: int, rule: str, site: str | None, stage: str | None) -> bool:
        """Return whether it is about such an alert."""
        globs = ((self.rule, rule), (self.site, site), (self.stage, stage))
        return self.key in (None, key) and all(glob is None or fnmatchcase(value or "", glob) for glob, value in globs)


def standing(notes: list[Note]) -> list[Note]:
    """Return the notes that were not lifted, oldest first."""
    lifted = {note.of for note in notes if note.kind == "lift"}
    return sorted((note for note in notes if note.kind != "lift" and note.id not in lifted), key=lambda note: (note.at_us, note.id))
