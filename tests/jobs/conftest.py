"""What tests of runs share: a run in this process, and the rows of a mart's pure tables."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from jobs.run import RunSettings, Summary, run
from jobs.sources.jsonl import Pipe
from jobs.sources.source import Source
from schemas.journey_map import default_map

Run = Callable[..., Summary]
NOW_US = 1_700_000_000_000_000


@pytest.fixture
def run_into(tmp_path: Path) -> Run:
    """Return a function (name of the DIR, sources, settings) → summary."""

    def run_(name: str, sources: Sequence[Source], **settings: object) -> Summary:
        return run(sources, RunSettings(to=tmp_path / name, journey_map=settings.pop("journey_map", default_map()), **settings))  # type: ignore[arg-type]

    return run_


def piped(lines: Sequence[bytes]) -> Pipe:
    """Return lines as a standard input."""
    return Pipe(io.BytesIO(b"".join(line.rstrip(b"\n") + b"\n" for line in lines)), NOW_US)
