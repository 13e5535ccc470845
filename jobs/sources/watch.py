"""Whether a path still names the file that was opened by it: logs are moved away and begun anew, or emptied where they lie."""

from __future__ import annotations

import os
from pathlib import Path

from schemas.errors import SourceError


class Watch:
    """Looks at a file from time to time. Make it before the file is opened: one that is put in its place between the two shows as replaced.

    Attributes:
        stat: Of the file that is being read, as it looked when the path last named it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self.stat = path.stat()
        except OSError as error:
            raise SourceError(f"cannot read {str(path)!r}: {error.strerror or error}") from error

    def replaced(self) -> bool:
        """Look, and say whether the path names another file now. While it names none, the next one is still to come."""
        try:
            now = self._path.stat()
        except OSError:
            return False
        if not os.path.samestat(now, self.stat):
            return True
        self.stat = now
        return False

    def cut_back(self, reached: int) -> bool:
        """Look, and say whether the file is shorter than what was read of it (bytes on the disk), or than it was."""
        longest = max(reached, self.stat.st_size)
        return not self.replaced() and self.stat.st_size < longest
