"""Markers in the marts' SQL: what a view can't take as a parameter stands in the file as ``'$name'`` and is put in here, correctly quoted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipelines.resources import read_text
from schemas.roles import bit, union

_ROLES: Mapping[str, int] = {
    **{role: bit(role) for role in ("purchase", "contact", "complaint", "settled", "failure", "returned", "withdrawn", "backstage", "work_ended")},
    **{role: bit(role) for role in ("recovery_acknowledged", "recovery_owned", "recovery_action", "recovery_fixed")},
    "purchase_or_contact": union(("purchase", "contact")),
    "complaint_or_settled": union(("complaint", "settled")),
    "recovery_confirmed_or_settled": union(("recovery_confirmed", "settled")),
}


def select(name: str, segments: Sequence[str] = ()) -> str:
    """Return the SELECT of one of our marts, without a parameter or a marker left.

    Args:
        name: The file's, without its ending.
        segments: Absolute paths of Parquet files, at least one where the mart reads any.

    >>> "make_timestamp" in select("dead_letters", ["/journal/it's.parquet"]), select("dead_letters", ["/a'b"]).count("'/a''b'")
    (True, 1)
    """
    text = read_text(f"pipelines/marts/{name}.sql").replace("'$segments'", ", ".join(map(_quoted, segments)))
    for role, bits in _ROLES.items():
        text = text.replace(f"'${role}'", str(bits))
    return text


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
