"""What the commit records of a partition say together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from schemas.journal import Base, Commit, Segment, SourceRange


def summed(old: Base | None, commits: Sequence[Commit], segments: list[Segment]) -> Base:
    """Return the base record that says what an older one and the commits behind it say, at least one.

    Args:
        old: None where there is none.
        commits: In order.
        segments: The files that hold the rows of all of them.
    """
    every, last = [*([old] if old else []), *commits], commits[-1]
    counters, newest, sources = Counter[str](), dict[str, int](), dict[str, SourceRange]()
    for commit in every:
        counters.update(commit.counters)
        newest |= commit.newest
        sources |= {name: _joined(sources.get(name), held) for name, held in commit.sources.items()}
    return Base(
        partition=last.partition,
        seq=last.seq,
        writer=last.writer,
        sources=sources,
        segments=segments,
        counters=dict(counters),
        newest=newest,
        map_digest=last.map_digest,
        schema_version=last.schema_version,
        earliest_us=min((commit.earliest_us for commit in every if commit.earliest_us is not None), default=None),
        latest_us=max((commit.latest_us for commit in every if commit.latest_us is not None), default=None),
        tick_us=max((commit.tick_us for commit in every if commit.tick_us is not None), default=None),
        until_us=last.until_us,
        judged=last.judged,
        rules=last.rules,
        generation=old.generation + 1 if old else 0,
    )


def _joined(before: SourceRange | None, held: SourceRange) -> SourceRange:
    return held if before is None else msgspec.structs.replace(held, lo=before.lo)
