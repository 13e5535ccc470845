"""What is told beside the rules: feeds that are silent, and the pipeline's own health. It remembers which of it was told and is not over."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from jobs.mart.ask import Ask
from pipelines.say.conditions import Condition, Episode, intervals, of_feeds
from pipelines.say.feeds import Silence, doubtful, heard_by_feed, silences
from pipelines.say.ledger import Keys
from pipelines.say.transitions import Flags
from pipelines.say.vitals import Vitals, Watch
from schemas.journey_map import JourneyMap


class Conditions:
    """The conditions of one DIR.

    Attributes:
        silences: The feeds that were silent when last asked.
    """

    def __init__(self, ask: Ask, journey_map: JourneyMap) -> None:
        """Go on from what was told."""
        self.silences: list[Silence] = []
        self._ask, self._map, self._watch = ask, journey_map, Watch()
        self._going_on: dict[Episode, tuple[int, Condition]] = {}
        for row in ask("going_on").to_pylist():
            key = row.pop("key")
            condition = Condition(**row)
            self._going_on[condition.episode] = key, condition

    def listen(self, as_of_us: int) -> tuple[pa.Table, Keys | None]:
        """Find out which feeds are silent.

        Returns:
            They as intervals; and the keys of intervals that are in doubt now and were not, or may be no longer. None where neither has changed.
        """
        if not self._map.feeds:
            return intervals([], {}, lambda over: as_of_us), None
        heard = heard_by_feed(self._map, self._ask("heard"))
        begun_us = self._ask("begun")["begun_us"].to_pylist()[0]
        before, self.silences = self.silences, [] if begun_us is None else silences(self._map, heard, begun_us, as_of_us)
        held = {episode: told for episode, told in self._going_on.items() if told[1].subject_kind == "feed"}
        table = intervals(of_feeds(self.silences, as_of_us), held, lambda over: min(heard.get(over.subject_id, as_of_us), as_of_us))
        if {(one.feed.name, one.last_us) for one in before} == {(one.feed.name, one.last_us) for one in self.silences}:
            return table, None
        return table, self._in_doubt(min(one.last_us for one in (*before, *self.silences)), as_of_us)

    def feel(self, vitals: Vitals) -> pa.Table:
        """Find out what is wrong with the pipeline, and return it as intervals."""
        held = {episode: told for episode, told in self._going_on.items() if told[1].subject_kind == "pipeline"}
        return intervals(self._watch.look(vitals, held.keys()), held, lambda over: vitals.now_us)

    def told(self, table: pa.Table) -> None:
        """Take note of intervals that were told, or whose end was."""
        for row in table.to_pylist():
            names = ("rule", "subject_kind", "subject_id", "since_us", "value", "threshold", "unit", "channel", "site")
            condition = Condition(**{name: row[name] for name in names})
            if row["until_us"] is None:
                self._going_on[condition.episode] = row["key"], condition
            else:
                self._going_on.pop(condition.episode, None)

    def doubtful(self, table: pa.Table) -> Flags:
        """Tell of which intervals the end would come from a feed that is silent."""
        if not self.silences or not len(table):
            return np.zeros(len(table), bool)
        keys = table["evidence_keys"].to_pylist()
        asked = table.select(["key", "opened_us", "since_us", "channel", "site"])
        asked = asked.append_column("opening", pa.array([own[0] if own else None for own in keys], pa.uint64()))
        asked = asked.append_column("place", pa.array(range(len(asked))))
        opened = [us for us in table["opened_us"].to_pylist() if us is not None]
        found = self._ask("openings", {"asked": asked}, lo_us=min(opened, default=0), hi_us=max(opened, default=0))
        return doubtful(self._map, self.silences, found)

    def _in_doubt(self, after_us: int, as_of_us: int) -> Keys:
        return np.asarray(self._ask("doubt", after_us=after_us, as_of_us=as_of_us)["key"].to_numpy().astype(np.uint64))
