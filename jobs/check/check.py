"""All checks of a DIR, in order: its records, its files, the rows in them, and the mart that was published from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jobs.check.mart import check_mart
from jobs.check.records import check_records
from jobs.check.rows import check_rows
from jobs.check.segments import check_segments
from jobs.contents import Contents, holder


@dataclass(frozen=True)
class Check:
    """One thing that must hold.

    Attributes:
        says: What must hold.
        findings: Where it does not; empty where all is well.
    """

    says: str
    findings: tuple[str, ...] = ()


def check_all(dir: Path) -> Iterator[Check]:  # noqa: A002 - the design's word
    """Check a DIR, and yield each check as it is done.

    Raises:
        JournalError: it is no DIR at all.
    """
    found = Contents.of(dir)
    for says, findings in check_records(found):
        yield Check(says, tuple(findings))
    broken = False
    for says, findings in check_segments(found):
        yield Check(says, tuple(findings))
        broken = broken or bool(findings)
    if broken:
        return  # rows of files that are missing or damaged would only repeat it
    for says, findings in check_rows(found):
        yield Check(says, tuple(findings))
    for says, findings in check_mart(found, running=holder(dir) is not None):
        yield Check(says, tuple(findings))
