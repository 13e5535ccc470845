"""What tests of runs share: a run in this process, and the rows of a mart's pure tables."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from jobs.courts import SharedCourt, court_of
from jobs.run import RunSettings, Summary, run
from jobs.sources.jsonl import Pipe
from jobs.sources.mapping import load_mapping
from jobs.sources.source import Source
from jobs.sources.table_file import TableFile
from schemas.journey_map import default_map
from tests.generated.maps import small_map

Run = Callable[..., Summary]
NOW_US = 1_700_000_000_000_000


@pytest.fixture(scope="session", autouse=True)
def courts() -> Iterator[list[SharedCourt]]:
    """Courts of the maps that most runs have: they stay as long as somebody uses them, and to prepare all rules takes longer than a small run."""
    yield [court_of(default_map()), court_of(small_map())]


@pytest.fixture
def run_into(tmp_path: Path) -> Run:
    """Return a function (name of the DIR, sources, settings) → summary."""

    def run_(name: str, sources: Sequence[Source], **settings: object) -> Summary:
        return run(sources, RunSettings(to=tmp_path / name, journey_map=settings.pop("journey_map", default_map()), **settings))  # type: ignore[arg-type]

    return run_


@pytest.fixture(scope="session")
def read_whole(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function (path in the data, name of a mapping) → the DIR of a run over the real log, which is read once."""

    @cache
    def read(path: str, mapping: str | None = None) -> Path:
        to = tmp_path_factory.mktemp("real") / "out"
        run([TableFile(data_dir / path, load_mapping(mapping) if mapping else None)], RunSettings(to=to, journey_map=default_map()))
        return to

    return read


def piped(lines: Sequence[bytes]) -> Pipe:
    """Return lines as a standard input."""
    return Pipe(io.BytesIO(b"".join(line.rstrip(b"\n") + b"\n" for line in lines)), NOW_US)
