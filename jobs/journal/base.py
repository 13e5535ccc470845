"""Base records: what stands for all commits of a partition up to one, so that their own records and files may go.

``DIR/journal/base/<partition>/<generation>.json`` is made with ``link()`` like a commit; the greatest generation counts.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from jobs.journal.durable import link_new
from schemas.errors import FencedError, JournalError
from schemas.journal import Base

_decode = msgspec.json.Decoder(Base).decode


@dataclass(frozen=True)
class Generation:
    """A base record on the disk."""

    number: int
    path: Path

    def read(self) -> Base:
        """Return the record.

        Raises:
            FileNotFoundError: it has gone meanwhile: there is a newer one.
            JournalError: it can't be read.
        """
        try:
            return _decode(self.path.read_bytes())
        except msgspec.MsgspecError as error:
            raise JournalError(f"the base record {self.path} is damaged: {error}; put it back from a backup") from error


class Bases:
    """The base records of a journal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "base"
        self._newest: dict[int, Base] = {}

    def generations(self, partition: int) -> list[Generation]:
        """Return the base records of a partition that are still there, the oldest first."""
        folder = self.folder / f"{partition}"
        try:
            names = os.listdir(folder)  # noqa: PTH208 - at every commit, so without an object a name
        except FileNotFoundError:
            return []
        return [Generation(int(name[:12]), folder / name) for name in sorted(names) if name.endswith(".json") and name[:12].isdigit()]

    def newest(self, partition: int) -> Base | None:
        """Return the base record that counts, None where nothing was compacted yet."""
        while found := self.generations(partition):
            known = self._newest.get(partition)
            if known is not None and known.generation == found[-1].number:
                return known
            try:
                self._newest[partition] = found[-1].read()
            except FileNotFoundError:
                continue
            return self._newest[partition]
        return None

    def add(self, base: Base) -> None:
        """Let a base record count from now on.

        Raises:
            FencedError: another process has made one of this generation.
        """
        folder = self.folder / f"{base.partition}"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            link_new(folder / f"{base.generation:012}.json", msgspec.json.encode(base))
        except FileExistsError:
            raise FencedError(f"partition {base.partition} was compacted by another process at the same time; nothing is lost") from None
