"""Who shares the partitions of a group: by ranges, and only workers of one DIR. Two DIRs under one group would each miss what the other one gets."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata

from jobs.journal.durable import link_new, unique_name

VERSION = 0


class Side(msgspec.Struct, frozen=True):
    """A DIR as members of the group tell each other of it: an id that is the same on every machine, and the path for people."""

    id: str
    dir: str


def side_of(folder: Path) -> Side:
    """Return what a DIR is called in its group; its id is made by the first worker that asks."""
    path = folder / "id"
    if not path.exists():
        with contextlib.suppress(FileExistsError):  # another worker was first
            link_new(path, unique_name().encode())
    return Side(path.read_text(), str(folder.absolute()))


class Sharing:
    """The assignor of a worker. Kafka asks that of the group's leader; the others learn from it what they get.

    A worker of another DIR gets nothing, and is told why. Which DIR stays: the one with most workers, else the leader's, who was there first.
    """

    name, version = "range", VERSION

    def __init__(self, side: Side, refused: Callable[[Side], None]) -> None:
        """Begin.

        Args:
            side: Our own DIR.
            refused: Called, in the thread that talks to brokers, with the DIR that the group belongs to where it isn't ours.
        """
        self._side, self._refused = side, refused

    def metadata(self, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        """Return what the leader is told of us."""
        return ConsumerProtocolMemberMetadata(VERSION, list(topics), msgspec.json.encode(self._side))

    def assign(self, cluster: Any, members: Mapping[str, ConsumerProtocolMemberMetadata]) -> dict[str, ConsumerProtocolMemberAssignment]:
        """Share out all partitions, as the leader."""
        sides = {member: _side(metadata.user_data) or self._side for member, metadata in members.items()}
        counts = Counter(side.id for side in sides.values())
        most = max(counts.values())
        chosen = self._side.id if counts[self._side.id] == most else min(name for name, count in counts.items() if count == most)
        holder = next(side for side in sides.values() if side.id == chosen)
        shared: dict[str, ConsumerProtocolMemberAssignment] = RangePartitionAssignor.assign(
            cluster, {member: metadata for member, metadata in members.items() if sides[member].id == chosen}
        )
        told = msgspec.json.encode(holder)
        return shared | {member: ConsumerProtocolMemberAssignment(VERSION, [], told) for member in members if member not in shared}

    def on_assignment(self, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Learn what we got."""
        holder = _side(assignment.user_data)
        if holder is not None and holder.id != self._side.id:
            self._refused(holder)


def _side(data: bytes | None) -> Side | None:
    """Read what a member told; None where it told nothing of the kind: it is no worker of this version."""
    try:
        return msgspec.json.decode(data or b"", type=Side)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
