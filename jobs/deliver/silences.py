"""What people want silence about, from the notes of a DIR: asked at every turn, so that a note counts as soon as it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from jobs.notes import Notes
from pipelines.deliver.silence import FOR_EVER_US, Silence
from schemas.errors import JournalError
from schemas.note import Note


def silences_of(dir: Path, report: Callable[[str], None]) -> Callable[[], Sequence[Silence]]:  # noqa: A002 - the design's word
    """Return a function that returns the silences of a DIR. A note that can't be read is told of once, and the others hold."""
    notes, told = Notes(dir), set[str]()

    def silences() -> Sequence[Silence]:
        try:
            return [_silence(note) for note in notes.standing()]
        except JournalError as error:
            if str(error) not in told:
                told.add(str(error))
                report(str(error))
            return [_silence(note) for note in notes.known()]

    return silences


def _silence(note: Note) -> Silence:
    kind: Literal["ack", "snooze", "maintenance"] = "ack" if note.kind == "ack" else "snooze" if note.kind == "snooze" else "maintenance"
    until = FOR_EVER_US if note.until_us is None else note.until_us
    return Silence(kind, note.from_us, until, note.key, note.rule, note.site, note.stage)
