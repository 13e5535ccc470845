"""Notices made by hand, and a journal that says them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pyarrow as pa

from jobs.journal.log import SAID_LOG, Journal
from jobs.journal.segment import write_segments
from pipelines.deliver.notice import Notice
from schemas.journal import SAID, Commit
from schemas.routes import Route

MINUTE = 60_000_000
HOUR = 60 * MINUTE
MONDAY = 1_741_564_800_000_000
"""2025-03-10 00:00 UTC, a Monday (µs)."""


def notice(seq: int, *, key: int = 7, state: str = "opened", severity: str = "high", said_us: int = MONDAY + 9 * HOUR, **other: object) -> Notice:
    """Return a notice; what is not given is the same for all."""
    values = {
        **{"seq": seq, "said_us": said_us, "as_of_us": said_us, "rule": "promise_broken", "subject_kind": "promise", "subject_id": f"p{key}"},
        **{"key": key, "since_us": said_us - 5 * MINUTE, "state": state, "severity": severity, "site": "south", "stage": "delivery"},
        **{"customer_id": "anna", "value": 600_000, "threshold": 60_000, "unit": "ms", "harm": 9, "body": f'{{"data":{{"n":{seq}}}}}'},
    }
    return msgspec.convert(values | other, Notice)


def route(kind: str = "webhook", **other: object) -> Route:
    """Return a route; durations are seconds."""
    return msgspec.convert({"kind": kind} | other, Route, strict=False)


def said(notices: Sequence[Notice], *, send: bool = True) -> pa.Table:
    """Return notices as rows of ``said``."""
    rows = [dict.fromkeys(SAID.names) | {"send": send} | msgspec.structs.asdict(notice) for notice in notices]
    return pa.Table.from_pylist(rows, SAID)


def say(dir: Path, notices: Sequence[Notice], *, send: bool = True) -> None:  # noqa: A002 - the design's word
    """Commit notices to the journal of a DIR."""
    journal = Journal(dir)
    seq = journal.last(SAID_LOG) + 1
    segments = write_segments(journal.folder, {"said": said(notices, send=send)}, f"said-{seq:012}-test")
    empty: dict[str, int] = {}
    journal.append(
        Commit(
            partition=SAID_LOG, seq=seq, writer="test", sources={}, segments=segments, counters=empty, newest=empty, map_digest="", schema_version=1
        )
    )
