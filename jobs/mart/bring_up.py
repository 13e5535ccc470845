"""Brings a live mart up to the journal: from a base record all at once, then commit by commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pyarrow as pa

from jobs.journal.log import SAID_LOG, Journal
from jobs.journal.merge import merged_all
from jobs.journal.readers import reading
from jobs.journal.segment import read_segment
from jobs.mart import waits
from jobs.mart.live import LiveMart
from schemas.journal import CHANGES, Base, Commit, Segment

Tables = Mapping[str, pa.Table]
_HEARD = ["source", "type", "channel", "site", "time_us", "received_us", "late", "key", "text"]
_COLUMNS = {"dead_letters": ["md5"]} | {table: list(dict.fromkeys((*_HEARD, *kept))) for table, kept in waits.COLUMNS.items()}
"""Of facts a mart takes in only these: snapshots read the journal's own files."""


def bring_up(journal: Journal, mart: LiveMart, progress: Callable[[str], None] = lambda text: None) -> None:
    """Fold the commits that the live mart has not seen.

    Raises:
        CompactedError: they are no longer there one by one; throw the mart away and begin anew.
    """
    with reading(journal.dir):
        for partition in range(journal.partitions):
            for commit in journal.commits(partition, mart.folded.get(partition, -1)):
                take(journal, mart, commit)
                progress(f"mart rebuilt from the journal: commit {commit.seq:,}")
    hear_all(journal, mart)


def hear_all(journal: Journal, mart: LiveMart) -> None:
    """Take in what was said and the live mart has not heard."""
    for commit in journal.commits(SAID_LOG, mart.folded.get(SAID_LOG, -1)):
        for segment in commit.segments:
            mart.hear(commit, read_segment(journal.folder, segment))


def take(journal: Journal, mart: LiveMart, commit: Commit) -> None:
    """Fold one record, of whichever kind."""
    if isinstance(commit, Base):
        mart.load(commit, parts_of(journal, commit))
    else:
        mart.fold([(commit, tables_of(journal, commit))])


def tables_of(journal: Journal, commit: Commit) -> dict[str, pa.Table]:
    """Return the rows of a commit by table; of facts only the columns that a mart takes in."""
    return {segment.table: _rows(journal, segment) for segment in commit.segments}


def parts_of(journal: Journal, base: Base) -> Iterator[Tables]:
    """Yield the rows of a base record in parts that memory holds: facts file by file, then changes, each key once and none that existed before."""
    for segment in base.segments:
        if segment.table not in CHANGES:
            yield {segment.table: _rows(journal, segment)}
    yield from merged_all(journal.folder, base.segments)


def _rows(journal: Journal, segment: Segment) -> pa.Table:
    return read_segment(journal.folder, segment, _COLUMNS.get(segment.table))
