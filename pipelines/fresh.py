"""A batch beside the stored rows that it meets: what both modules that find its changes read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.identify import Identified
from pipelines.order import Ordered


@dataclass(frozen=True)
class Fresh:
    """A batch beside the stored rows that it meets.

    Attributes:
        table: The new events as they were extracted.
        who: Who they are about.
        rows: Stored rows, then the new ones (records of ``ROW``).
        old: How many of them are stored.
        order: Their order and the copies among them.
        long: Which rows are of chains that have a run.
    """

    table: pa.Table
    who: Identified
    rows: NDArray[np.void]
    old: int
    order: Ordered
    long: NDArray[np.bool_]
