"""The cache of a partition's state: mapped files beside the journal, valid only where they were closed in order at the journal's last commit."""

from __future__ import annotations

import mmap
import os
import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from jobs.journal.durable import sync, write_new
from pipelines.lexicon import Lexicon
from pipelines.state import CHAIN, EXTRA, HELD, LINK, MARK, ROW, Allocator, State, StateSize
from pipelines.symbols import Symbols
from schemas.errors import JournalError
from schemas.journal import SourceRange
from schemas.journey_map import JourneyMap

_SYMBOLS = ("types", "channels", "stages", "things", "sites", "actors", "teams", "sources", "monies", "attributes", "words", "rules")
VERSION = f"3 {ROW} {CHAIN} {MARK} {LINK} {HELD} {EXTRA}"


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """What makes mapped arrays a state again, and how far the journal had come."""

    version: str
    map_digest: str
    seq: int
    writer: str  # of the last commit: a cache of another DIR, or of one that was made anew, is told by it
    size: StateSize
    symbols: dict[str, list[str | None]]
    senses: list[tuple[int, int, int, bool]]
    facts: list[tuple[int, int, int]]
    sources: dict[str, SourceRange]
    newest: dict[str, int]
    counters: dict[str, int]
    latest_us: int | None
    until_us: int | None
    rules: dict[str, str]
    unjudged: int  # from which row on rows were not judged yet
    watched: int  # roles that its rules see, as bits


class Cache:
    """The mapped files of one partition."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._maps: dict[str, mmap.mmap] = {}

    def take(self, map_digest: str) -> Meta | None:
        """Return what was kept, once: until ``keep`` is called again, the files may be in any state."""
        path = self._folder / "meta"
        try:
            meta = msgspec.msgpack.decode(path.read_bytes(), type=Meta)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None
        path.unlink()
        sync(self._folder)  # before anything is changed: a cut of power must not bring it back
        return meta if meta.version == VERSION and meta.map_digest == map_digest else None

    def clear(self) -> None:
        """Forget what the files hold."""
        self._maps.clear()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)

    def keep(self, meta: Meta) -> None:
        """Declare the files valid, once they are on the disk."""
        for mapped in self._maps.values():
            mapped.flush()
        write_new(self._folder / "meta", msgspec.msgpack.encode(meta))

    def allocator(self) -> Allocator:
        """Return an allocator of mapped files."""

        def allocate(name: str, dtype: np.dtype[Any], capacity: int) -> NDArray[Any]:
            path = self._folder / name
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
            try:
                # Room is taken now: a full disk would else show as a broken page, at any later write.
                os.posix_fallocate(descriptor, 0, capacity * dtype.itemsize)
                mapped = mmap.mmap(descriptor, capacity * dtype.itemsize)
            except OSError as error:
                raise JournalError(f"no room for the state at {path}: {error}; the next run goes on from the last commit") from error
            finally:
                os.close(descriptor)
            self._maps[name] = mapped
            return np.frombuffer(mapped, dtype)

        return allocate

    def rest(self) -> None:
        """Give the mapped pages back to the system, so that resident memory stays flat; they come again when they are read."""
        for name in self._maps:
            self.rest_of(name)

    def rest_of(self, name: str) -> None:
        """The same for one array."""
        self._maps[name].madvise(mmap.MADV_DONTNEED)


def meta_of(
    lexicon: Lexicon,
    state: State,
    seq: int,
    writer: str,
    sources: dict[str, SourceRange],
    newest: dict[str, int],
    counters: dict[str, int],
    latest_us: int | None,
    until_us: int | None,
    rules: dict[str, str],
    watched: int,
    unjudged: int,
) -> Meta:
    """Return what must be kept beside the arrays."""
    size = state.size
    return Meta(
        version=VERSION,
        map_digest=lexicon.journey_map.digest,
        seq=seq,
        writer=writer,
        size=size,
        symbols={name: getattr(lexicon, name).values for name in _SYMBOLS},
        senses=lexicon.senses,
        facts=lexicon.facts,
        sources=sources,
        newest=newest,
        counters=counters,
        latest_us=latest_us,
        until_us=until_us,
        rules=rules,
        watched=watched,
        unjudged=unjudged,
    )


def lexicon_of(meta: Meta, journey_map: JourneyMap) -> Lexicon:
    """Return the lexicon that was kept."""
    kept: dict[str, Any] = {name: Symbols(meta.symbols[name]) for name in _SYMBOLS}
    return Lexicon(journey_map, **kept, senses=meta.senses, facts=meta.facts)
