"""What a loop says after a fold: what concerns one customer first, then, where it is due, what is found about several."""

from __future__ import annotations

from collections.abc import Callable

from jobs.mart.overall import Overall
from jobs.mart.say import Sayer
from jobs.mart.sight import Segments


def speak(sayer: Sayer, overall: Overall, segments: Callable[[], Segments], say: Callable[[], int], *, now: bool) -> int:
    """Judge by the rules of several customers, and say what there is to say; nobody's alert waits for that judgement, which takes longer.

    At the start it comes first: until then nobody knows whether what was said about several customers still holds.

    Args:
        sayer: The writer.
        overall: The rules.
        segments: The journal's files of facts by table.
        say: Says what there is to say, and returns in how many rows.
        now: The judgement is due in any case.

    Returns:
        In how many rows.
    """
    said = 0 if now or sayer.whole else say()
    keys = overall.judge(segments(), now=now)
    sayer.note_keys(keys)
    return said + say() if now or sayer.whole or len(keys) else said
