"""The line that says what was removed from a DIR."""

from __future__ import annotations

from jobs.journal.sweep import Swept
from jobs.show.words import counted


def swept_line(swept: Swept, *, dry: bool = False) -> str:
    """Say what went, or would go."""
    went = "would be removed" if dry else "removed"
    gone = f"{counted(swept.records, 'record')} and {counted(swept.files, 'file')} of {swept.bytes / 1e6:,.1f} MB"
    return f"{gone} {went}, {counted(swept.kept, 'file')} left"
