"""Checks of the commit records alone."""

from __future__ import annotations

from collections.abc import Iterator

from jobs.contents import BALANCED, Contents
from jobs.journal.log import SAID_LOG, Journal
from schemas.journal import Base, Commit

Result = tuple[str, list[str]]


def check_records(found: Contents) -> Iterator[Result]:
    """Check that records follow each other without a gap, that each balances, and that each source is read on where it was left."""
    yield "records follow each other without a gap", _gaps(found)
    yield f"every commit balances: read = {' + '.join(BALANCED)}", [text for commit in found.commits if (text := _balance(commit))]
    yield "each source is read on where it was left", _jumps(found)
    yield "all commits were made with one map, one schema version and one --until", _mixed(found)


def _gaps(found: Contents) -> list[str]:
    findings = []
    for folder in sorted((found.dir / "journal" / "log").iterdir()):
        on_disk = {file.name for file in folder.glob("*.json")}
        commits = _said(found) if folder.name == "said" else [commit for commit in found.commits if str(commit.partition) == folder.name]
        read = {f"{commit.seq:012}.json" for commit in commits}
        stands_for = max((commit.seq for commit in commits if isinstance(commit, Base)), default=-1)
        behind = sorted(name for name in on_disk - read if int(name[:12]) > stands_for)
        findings += [f"{folder / name} lies behind a gap and is not read" for name in behind]
    return findings


def _said(found: Contents) -> list[Commit]:
    """Return the records of what was said: they hold no events, so the contents of a DIR leave them out."""
    return list(Journal(found.dir, None).commits(SAID_LOG))


def _balance(commit: Commit) -> str | None:
    read, fallen = commit.counters.get("read", 0), sum(commit.counters.get(name, 0) for name in BALANCED)
    return None if read == fallen else f"commit {commit.seq}: {read:,} read, {fallen:,} accounted for"


def _jumps(found: Contents) -> list[str]:
    reached: dict[str, int] = {}
    findings = []
    for commit in found.commits:
        for name, source in commit.sources.items():
            if source.lo != reached.get(name, source.lo):
                findings.append(f"commit {commit.seq}: {name} goes on at {source.lo:,}, it was left at {reached[name]:,}")
            reached[name] = source.hi
    return findings


def _mixed(found: Contents) -> list[str]:
    kinds = {(commit.map_digest, commit.schema_version, commit.until_us) for commit in found.commits}
    return [f"there are {len(kinds)} kinds: {sorted(map(str, kinds))}"] if len(kinds) > 1 else []
