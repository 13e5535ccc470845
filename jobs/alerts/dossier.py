"""The dossier of one alert as it stands now: made from the newest snapshot, also for one that was only recorded, with what people wrote."""

from __future__ import annotations

from typing import Any

import duckdb
import msgspec
import numpy as np
import pyarrow as pa

from jobs.mart.ask import Ask
from jobs.mart.dossiers import with_bodies
from pipelines.say.dossier import House
from pipelines.say.step import Manner, weighed
from schemas.journal import SAID


def dossier(con: duckdb.DuckDBPyConnection, key: int, house: House) -> dict[str, Any]:
    """Return the data of the alert with this key.

    Args:
        con: A snapshot.
        key: 64 bits.
        house: Who speaks.
    """
    ask = Ask(con)
    last = ask("said_last", key=key).cast(SAID)
    about, _ = weighed(ask.intervals(np.array([key], np.uint64), house), Manner.of(house.journey_map))
    shown = last.set_column(SAID.get_field_index("send"), SAID.field("send"), pa.array([True] * len(last)))
    filled = with_bodies(shown, about if len(about) else last, ask, house, ask.texts)
    body: dict[str, Any] = msgspec.json.decode(filled["body"].to_pylist()[0] or "")
    return dict(body["data"])
