"""Facts: what the journal keeps of a batch — touchpoints, backstage operations and dead letters — and how stored facts are read back."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import md5
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.columns import SEPARATOR, Array, Column, array, chosen, measured, numbers, picked, spliced, text_of, whole
from pipelines.decode import DeadLetter
from pipelines.digest import digests_of
from pipelines.distinct import distinct, packed
from pipelines.identify import Identified, scopes
from pipelines.state import GAP, HOUSE, OPERATION
from pipelines.symbols import distinct_strings
from schemas import journal

if TYPE_CHECKING:
    from pipelines.partition import Batch

KINDS = pa.array(["case", "gap", "house", "op"])
"""The names of the kinds of chains, by code."""
_MARKS = pa.array(["", "", "house", "op"])
"""What a key says of its event's kind: a journey's event may have the scope that house or backstage work has."""


def tables(
    batch: Batch,
    table: pa.Table,
    who: Identified,
    key: NDArray[np.uint64],
    disputed: NDArray[np.bool_],
    late: NDArray[np.bool_],
    kept: NDArray[np.bool_],
) -> dict[str, pa.Table]:
    """Return the kept events as rows of the journal's ``touchpoints`` and ``operations``."""
    facts = (
        table.append_column("customer_id", who.customer)
        .append_column("anonymous", array(who.anonymous))
        .append_column("kind", array(who.kind.astype(np.uint8)))
        .append_column("key", array(key))
        .append_column("disputed", array(disputed))
        .append_column("late", array(late))
        .append_column("received_us", array(batch.received(numbers(table["place"]))))
    )
    facts = facts.select(journal.TOUCHPOINTS.names)
    backstage = who.kind == OPERATION
    tables = {"touchpoints": kept & ~backstage, "operations": kept & backstage}
    return {name: (facts if which.all() else facts.filter(array(which))).cast(journal.TOUCHPOINTS) for name, which in tables.items() if which.any()}


def dead_letters(batch: Batch, dead: Sequence[DeadLetter]) -> dict[str, pa.Table]:
    """Return the refused payloads with their bytes, reasons and places, one row for each that came."""
    if not dead:
        return {}
    payloads = [bytes(batch.payloads[letter.place]) for letter in dead]
    places = np.array([letter.place for letter in dead], np.int64)
    columns = {
        "md5": [md5(payload, usedforsecurity=False).hexdigest() for payload in payloads],
        "reason": [letter.reason for letter in dead],
        "detail": [letter.detail for letter in dead],
        "payload": payloads,
        "feed": [batch.feed] * len(dead),
        "place": batch.offsets(places),
        "received_us": batch.received(places),
    }
    return {"dead_letters": pa.table(columns, schema=journal.DEAD_LETTERS)}


def keys(table: pa.Table, who: Identified) -> NDArray[np.uint64]:
    """Return the events' keys: md5 over scope, source, id, instant and case (design §4, "Identity and duplicates")."""
    instant, mark = table["time_us"].cast(pa.string()), picked(_MARKS, who.kind) if (who.kind >= HOUSE).any() else ""
    names = measured([who.scope, table["source"], table["event_id"], text_of(table["case_id"])])
    return digests_of(spliced([mark, instant, *names], SEPARATOR))


def chains(table: pa.Table, who: Identified) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct hashes of chains, for each row the place of its chain among them, and for each chain a row of it.

    A case's chain is known by the id of its journey.
    """
    second = chosen(table["source"], who.kind >= HOUSE, table["case_id"]) if (who.kind >= HOUSE).any() else table["case_id"]
    (scopes, names), (seconds, others) = distinct_strings(who.scope), distinct_strings(second)
    known, where = distinct(*packed([scopes, seconds + 1, who.kind], [len(names), len(others) + 1, len(KINDS)]))
    sample = np.empty(len(known), np.int64)
    sample[where] = np.arange(len(where))
    texts = measured([picked(who.scope, sample), text_of(picked(second, sample))])
    return digests_of(spliced([picked(KINDS, who.kind[sample]), *texts], SEPARATOR)), where, sample


def caseless_chains(customers: Array) -> NDArray[np.uint64]:
    """Return the hashes of the chains of customers' caseless events."""
    texts = measured([customers, pa.repeat(pa.scalar(""), len(customers))])
    return digests_of(spliced([pa.repeat(KINDS[GAP], len(customers)), *texts], SEPARATOR))


def money_kinds(table: pa.Table) -> Column:
    """Return currency and kind of each event's money as one text, null where there is none."""
    if table["money_minor"].null_count == len(table):
        return table["money_currency"]
    return spliced([table["money_currency"], text_of(table["money_kind"])], " ")


def identified(facts: pa.Table) -> Identified:
    """Return who stored facts are about."""
    kind, customer = numbers(facts["kind"]).astype(np.uint32), whole(facts["customer_id"])
    return Identified(customer, scopes(facts, customer, kind), numbers(facts["anonymous"]), kind, np.zeros(len(facts), bool))
