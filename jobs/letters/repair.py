"""Repairs letters with a command of the person's, and says beforehand which of them would be refused again."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from jobs.letters.letter import Letter
from pipelines.decode import decode
from pipelines.lexicon import Lexicon
from pipelines.partition import Batch, Partition
from pipelines.state import State
from pipelines.table import engine
from pipelines.wire import unwrap
from schemas.journey_map import JourneyMap

EDIT_S = 30.0
"""So long the command may take for one letter (seconds)."""


@dataclass(frozen=True)
class Verdict:
    """What would become of a letter.

    Attributes:
        body: The touchpoint or CloudEvent in it.
        line: Its canonical form, one line; None where it is refused.
        reason, detail: Why it is.
    """

    letter: Letter
    body: bytes
    line: bytes | None
    reason: str = ""
    detail: str = ""


def edited(letter: Letter, command: str) -> Letter | None:
    """Return a letter with what a command makes of its payload; None where the command fails, writes nothing or takes too long.

    Args:
        letter: Its payload is the command's standard input; reason, detail, feed and place are in SOJOURN_LETTER_REASON and so on.
        command: For the shell; runs once for each letter.
    """
    told = {f"SOJOURN_LETTER_{name.upper()}": str(getattr(letter, name)) for name in ("reason", "detail", "feed", "place")}
    try:
        done = subprocess.run(  # noqa: S602 - the person's own command, as they gave it
            command, shell=True, input=letter.payload or b"", env={**os.environ, **told}, stdout=subprocess.PIPE, timeout=EDIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    payload = done.stdout.rstrip(b"\n")
    return replace(letter, payload=payload) if done.returncode == 0 and payload else None


def judged(letters: Sequence[Letter], journey_map: JourneyMap, *, strict: bool = False) -> Iterator[Verdict]:
    """Say of each letter what would become of it now. Nothing is kept: the judge is a partition that nobody writes down.

    Args:
        letters: With payloads as they would be sent.
        journey_map: Of the DIR.
        strict: Unknown fields are refused.
    """
    payloads = [letter.payload for letter in letters]
    held = unwrap(payloads, [letter.headers for letter in letters] if any(letter.headers for letter in letters) else None)
    bodies = list(held.bodies)
    decoded = decode(bodies, strict=strict, refused=held.refused)
    lines = dict(zip(decoded.places.tolist(), decoded.lines, strict=True))
    judge = Partition(Lexicon(journey_map), State(), engine())
    batch = Batch([payload or b"" for payload in payloads], "judge", time.time_ns() // 1000, strict=strict, bodies=bodies, refused=held.refused)
    dead = judge.absorb(batch).tables.get("dead_letters")
    refused = {row["place"]: row for row in (dead.select(["place", "reason", "detail"]).to_pylist() if dead is not None else [])}
    for place, letter in enumerate(letters):
        if (why := refused.get(place)) is not None:
            yield Verdict(letter, bodies[place], None, why["reason"], why["detail"] or "")
        else:
            yield Verdict(letter, bodies[place], lines[place])
