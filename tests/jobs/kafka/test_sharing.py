"""One group serves one DIR: who shares its partitions, and who is told that it doesn't."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("aiokafka", reason="the distributed form is not installed: pip install '.[kafka]'")

from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata

from jobs.kafka.sharing import Sharing, Side, side_of


class Cluster:
    """Knows one topic of four partitions."""

    def partitions_for_topic(self, topic: str) -> set[int]:
        return {0, 1, 2, 3}


def shared(leader: str, members: dict[str, str]) -> tuple[dict[str, list[int]], dict[str, str]]:
    """Return what each member gets, and whose it is told that the group is. Members name their DIRs; "" is one of an older version."""
    told: dict[str, str] = {}
    sharing = {member: Sharing(Side(dir_, dir_), lambda holder, member=member: told.update({member: holder.dir})) for member, dir_ in members.items()}
    metadata = {member: one.metadata(["t"]) if members[member] else ConsumerProtocolMemberMetadata(0, ["t"], b"") for member, one in sharing.items()}
    given = sharing[leader].assign(Cluster(), metadata)
    for member, one in sharing.items():
        one.on_assignment(given[member])
    return {member: [number for _, numbers in one.assignment for number in numbers] for member, one in given.items()}, told


def test_workers_of_one_dir_share_by_ranges() -> None:
    assert shared("a", {"a": "one", "b": "one"}) == ({"a": [0, 1], "b": [2, 3]}, {})


def test_a_worker_of_another_dir_gets_nothing_and_is_told_whose_the_group_is() -> None:
    assert shared("a", {"a": "one", "b": "two"}) == ({"a": [0, 1, 2, 3], "b": []}, {"b": "one"})
    assert shared("b", {"a": "one", "b": "two"}) == ({"a": [], "b": [0, 1, 2, 3]}, {"a": "two"})


def test_most_workers_decide_and_not_who_leads() -> None:
    assert shared("c", {"a": "one", "b": "one", "c": "two"}) == ({"a": [0, 1], "b": [2, 3], "c": []}, {"c": "one"})


def test_workers_of_an_older_version_are_taken_for_ours() -> None:
    assert shared("a", {"a": "one", "b": ""})[0] == {"a": [0, 1], "b": [2, 3]}


def test_more_workers_than_partitions_are_no_strangers() -> None:
    given, told = shared("a", dict.fromkeys("abcde", "one"))
    assert given["e"] == []
    assert told == {}


def test_a_dir_has_one_id_for_ever(tmp_path: Path) -> None:
    assert side_of(tmp_path).id == side_of(tmp_path / ".." / tmp_path.name).id != ""
