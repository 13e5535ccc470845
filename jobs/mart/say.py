"""Says what there is to say: the one writer of ``said``, into the journal first, then into the live mart that was opened with it.

A row exists once its commit record does. A crash before that says nothing, and the next step says it; a crash after it finds the row in the journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa

from jobs.journal.durable import unique_name
from jobs.journal.log import SAID_LOG, Journal
from jobs.journal.segment import write_segments
from jobs.keeper import persistently
from jobs.mart.ask import Ask
from jobs.mart.conditions import Conditions
from jobs.mart.dossiers import with_bodies
from jobs.mart.live import LiveMart
from pipelines.judge.rule import Rule
from pipelines.say.dossier import House, Row
from pipelines.say.ledger import NEVER, UNKNOWN, Keys
from pipelines.say.rows import Moment, ledger_of
from pipelines.say.severity import Numbers
from pipelines.say.speech import speeches
from pipelines.say.step import Manner, step
from pipelines.say.vitals import Vitals
from schemas.journal import Commit
from schemas.journey_map import JourneyMap
from schemas.touchpoint import VERSION

CHUNK = 100_000
"""So many keys are judged at a time (rows of a commit: up to twice as many)."""
ROUND = 1000
"""So many keys are spoken of at a time while sources are live: then there is a look at what came."""
RECENT = 20_000
"""So many texts are kept at hand."""


class Sayer:
    """The writer of ``said``.

    Attributes:
        said: Rows said since the start.
    """

    def __init__(self, journal: Journal, mart: LiveMart, journey_map: JourneyMap, rules: Iterable[Rule] = (), *, history: bool = False) -> None:
        """Go on from what the journal says was said; the mart has taken it in.

        Args:
            journal: Of the DIR.
            mart: Up to date with the journal, ``said`` included.
            journey_map: Says how grave things are.
            rules: What they say of themselves stands in dossiers.
            history: What began long ago is sent too.
        """
        self.said = 0
        self._journal, self._mart, self._map = journal, mart, journey_map
        self._manner = Manner.of(journey_map, history=history)
        self._house = House(journey_map, speeches(rules), scale=self._manner.scale.steps)
        self._ask = Ask(mart.con)
        self._recent: dict[int, str] = {}
        self._writer = unique_name()
        self._commit = mart.folded.get(SAID_LOG, -1)
        self._ledger, self._condition_ledger = (
            ledger_of(self._ask("ledger", conditions=kind, news_us=self._manner.news_us, never=NEVER)) for kind in (False, True)
        )
        self._conditions = Conditions(self._ask, journey_map)
        reached = self._ask("reached").to_pylist()[0]
        self._seq, self._as_of_us = reached["seq"], reached["as_of_us"]
        self._changed: list[Keys] = []
        self._later = np.empty(0, np.uint64)
        self._whole = True  # nothing is known of what changed before the start

    @property
    def whole(self) -> bool:
        """Whether nothing is known yet of what changed, so that the next time all that stands is looked at."""
        return self._whole

    @property
    def left(self) -> bool:
        """Whether there may be more to say than the last time was to say at most."""
        return len(self._later) > 0

    def doubt(self) -> None:
        """Look at all that stands the next time: something changed of which nobody took note."""
        self._whole, self._changed = True, []

    def note(self, tables: Mapping[str, pa.Table]) -> None:
        """Take note of what changed in a commit that is being folded."""
        self._read(tables.get("touchpoints"))
        changes = tables.get("intervals")
        if changes is not None and len(changes) and not self._whole:
            self._changed.append(np.unique(changes["key"].to_numpy().astype(np.uint64)))

    def note_keys(self, keys: Keys) -> None:
        """Take note of intervals that changed in the mart itself."""
        if len(keys) and not self._whole:
            self._changed.append(keys)

    def say(self, as_of_us: int, now_us: int, vitals: Vitals | None = None, *, at_most: int | None = None) -> int:
        """Say what there is to say, and return in how many rows.

        Args:
            as_of_us: The instant of event time that everything is judged at; one before that of the last time is taken for that.
            now_us: The clock.
            vitals: Of the loop, where sources are live.
            at_most: About so many keys; the others come first the next time, so that a flood of them holds nothing up and each has its turn.
        """
        as_of_us = self._as_of_us = max(as_of_us, self._as_of_us)
        before, doubts = self.said, self._listen(as_of_us, now_us)
        asked, self._changed = self._in_turn(self._asked(as_of_us, doubts)), []
        asked, self._later = (asked, asked[:0]) if at_most is None else (asked[:at_most], asked[at_most:])
        for start in range(0, len(asked), CHUNK):
            self._say(asked[start : start + CHUNK], Moment(now_us, as_of_us, self._seq))
        self._whole = False
        if vitals is not None:
            self._tell(self._conditions.feel(vitals), Moment(now_us, now_us, self._seq))
        return self.said - before

    def _listen(self, as_of_us: int, now_us: int) -> Keys:
        """Tell of feeds that are silent, and return the keys that are in doubt for it, or were."""
        found, doubts = self._conditions.listen(as_of_us)
        self._tell(found, Moment(now_us, as_of_us, self._seq))
        return np.empty(0, np.uint64) if doubts is None else np.concatenate([doubts, self._ledger.standing(UNKNOWN)])

    def _tell(self, table: pa.Table, moment: Moment) -> None:
        """Say what there is to say about conditions; where time is now, they are news however long they last."""
        if not len(table):
            return
        live = moment.said_us - moment.as_of_us <= self._manner.news_us
        manner = replace(self._manner, history=self._manner.history or live)
        done = step(table["key"].to_numpy().astype(np.uint64), table, self._condition_ledger, manner, moment, self._last_said)
        if len(done.rows):
            self._write(with_bodies(done.rows, done.about, self._ask, self._house))
        self._condition_ledger.put(done.entries)
        self._conditions.told(table)

    def _asked(self, as_of_us: int, doubts: Keys) -> Keys:
        """Return the keys that may have something to be said about."""
        if not self._whole:
            return np.unique(np.concatenate([*self._changed, self._ledger.due(as_of_us), doubts]))
        standing = {name: pa.array(self._ledger.entries[name]) for name in ("key", "state", "since_us")}
        until = self._ledger.entries["until_us"]
        standing["until_us"] = pa.array(until, mask=until == NEVER)
        return np.asarray(self._ask("stale", {"standing": pa.table(standing)}, as_of_us=as_of_us)["key"].to_numpy().astype(np.uint64))

    def _in_turn(self, asked: Keys) -> Keys:
        """Return keys in the order in which they have their turn: first those that were left."""
        return np.concatenate([self._later, np.setdiff1d(asked, self._later)]) if len(self._later) else asked

    def _say(self, asked: Keys, moment: Moment) -> None:
        done = step(asked, self._ask.intervals(asked, self._house), self._ledger, self._manner, moment, self._last_said, self._conditions.doubtful)
        if len(done.rows):
            self._write(with_bodies(done.rows, done.about, self._ask, self._house, self._texts))
        self._ledger.put(done.entries)

    def _read(self, touchpoints: pa.Table | None) -> None:
        """Keep what was written lately: the mart finds it only once it has published the file."""
        if touchpoints is None or self._whole:
            return
        written = touchpoints.select(["key", "text"]).filter(touchpoints["text"].is_valid())
        self._recent |= {row["key"]: row["text"] for row in written.to_pylist()}
        for key in list(self._recent)[: max(0, len(self._recent) - RECENT)]:
            del self._recent[key]

    def _texts(self, steps: Iterable[Row]) -> dict[int, str]:
        """Return what was written in some steps, by the key of the event."""
        rows = list(steps)
        lately = {row["key"]: self._recent[row["key"]] for row in rows if row["key"] in self._recent}
        return self._ask.texts(row for row in rows if row["key"] not in lately) | lately

    def _last_said(self, seqs: Numbers) -> pa.Table:
        return self._ask("said_rows", {"asked": pa.table({"seq": seqs})}, lo=int(seqs.min()), hi=int(seqs.max()))

    def _write(self, rows: pa.Table) -> None:
        """Make rows part of the journal, then of the mart."""
        number = self._commit + 1
        stem = f"said-{number:012}-{self._writer}"
        segments = persistently(lambda: write_segments(self._journal.folder, {"said": rows}, stem))
        commit = Commit(
            partition=SAID_LOG,
            seq=number,
            writer=self._writer,
            sources={},
            segments=segments,
            counters={"said": len(rows)},
            newest={},
            map_digest=self._map.digest,
            schema_version=VERSION,
        )
        persistently(lambda: self._journal.append(commit))
        self._commit, self._seq, self.said = number, self._seq + len(rows), self.said + len(rows)
        self._mart.hear(commit, rows)
