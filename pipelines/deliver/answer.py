"""What an answer means for a message: it has arrived, is tried again, or is given up; and whether its receiver wants no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pipelines.deliver.schedule import retry_at


@dataclass(frozen=True, slots=True)
class Answer:
    """How a try ended.

    Attributes:
        accepted: The receiver has it.
        status: Of HTTP; None where no answer came.
        detail: In words, without any secret.
        asked_us: The least wait that it asked for (µs).
        gone: It wants no more of them (410).
        hopeless: The same message will never be accepted.
    """

    accepted: bool
    status: int | None = None
    detail: str = ""
    asked_us: int | None = None
    gone: bool = False
    hopeless: bool = False

    @property
    def weary(self) -> bool:
        """Whether the receiver as a whole seems not to be well, and not this message wrong."""
        return not self.accepted and (self.status is None or self.status >= 500)


@dataclass(frozen=True, slots=True)
class Next:
    """What follows: ``waiting`` until ``at_us`` for another try, ``delivered``, or ``dead``: a person may send it again."""

    status: Literal["waiting", "delivered", "dead"]
    at_us: int


def after(answer: Answer, message: str, attempts: int, retries: Sequence[timedelta], now_us: int) -> Next:
    """Return what follows from an answer.

    Every status but 2xx is tried again, as Standard Webhooks has it: a 404 or 401 mostly is a receiver that is being deployed, or a secret that is
    being changed. Only 410 ends it at once, and what the sender of the message knows to be hopeless.
    """
    if answer.accepted:
        return Next("delivered", now_us)
    at = None if answer.gone or answer.hopeless else retry_at(message, attempts, retries, now_us, answer.asked_us)
    return Next("dead", now_us) if at is None else Next("waiting", at)
