"""The notes of a DIR: one small file each under ``DIR/notes``, made with ``link()`` and never changed: anybody may write beside a running loop."""

from __future__ import annotations

from pathlib import Path

import msgspec

from jobs.journal.durable import link_new, unique_name
from schemas.errors import JournalError
from schemas.note import Note, standing

_decode = msgspec.json.Decoder(Note).decode


class Notes:
    """Reads and adds notes; what was read once is not read again.

    >>> Notes(Path("/nowhere")).standing()
    []
    """

    def __init__(self, dir: Path) -> None:  # noqa: A002 - the design's word
        self._folder = dir / "notes"
        self._read: dict[str, Note] = {}

    def standing(self) -> list[Note]:
        """Return the notes that were not lifted, oldest first; some hold only later, or no more.

        Raises:
            JournalError: a note can't be read.
        """
        names = {path.name for path in self._folder.glob("[0-9]*.json")}
        for name in self._read.keys() - names:
            del self._read[name]
        for name in sorted(names - self._read.keys()):
            self._read[name] = self._note(self._folder / name)
        return self.known()

    def known(self) -> list[Note]:
        """Return the same of what was read so far."""
        return standing(list(self._read.values()))

    def add(self, note: Note) -> None:
        """Keep a note."""
        self._folder.mkdir(parents=True, exist_ok=True)
        link_new(self._folder / f"{note.id}.json", msgspec.json.encode(note))

    @staticmethod
    def new_id(at_us: int) -> str:
        """Return an id that nobody has, in the order of instants."""
        return f"{at_us}-{unique_name().partition('-')[2]}"

    def _note(self, path: Path) -> Note:
        try:
            return _decode(path.read_bytes())
        except (OSError, msgspec.MsgspecError) as error:
            raise JournalError(f"the note {path} can't be read: {error}; it may be removed") from error
