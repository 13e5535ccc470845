"""Takes phone numbers, e-mail addresses and card numbers out of what people wrote."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Literal

Kind = Literal["email", "card", "phone"]

_EMAIL = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_CARD = re.compile(r"(?<![\d+])\d(?:[ -]?\d){12,18}(?!\d)")
_PHONE = re.compile(r"(?<![\w.,:-])(?:\+|00)?\(?\d(?:[ ().\-/\u00a0]{0,2}\d){6,14}(?![\w:]|[.,-]\d)")
_DATE = re.compile(r"(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4})(?:[ T]\d{1,2}(?:[.:]\d\d)*)?")


def mask(text: str, shown: Collection[str] = ()) -> str:
    """Return a text in which each such number or address is replaced by its kind in brackets; of a phone number and a card the last two digits stay.

    A card number has 13 to 19 digits and a right check digit (Luhn); a phone number 7 to 15 digits, and does not look like a date or an amount.

    Args:
        text: What was written.
        shown: Kinds that are left as they are.

    >>> mask("Call +49 (30) 1234-567 or write to anna@example.org, card 4111 1111 1111 1111")
    'Call [phone …67] or write to [email], card [card …11]'
    >>> mask("Order 2025-03-14 of 1,250.00 at 12:30 for 5 people")
    'Order 2025-03-14 of 1,250.00 at 12:30 for 5 people'
    """
    hide: dict[Kind, Callable[[str], str]] = {
        "email": lambda part: _EMAIL.sub("[email]", part),
        "card": lambda part: _CARD.sub(_card, part),
        "phone": lambda part: _PHONE.sub(_phone, part),
    }
    for kind, hidden in hide.items():
        text = hidden(text) if kind not in shown else text
    return text


def _card(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found[0])
    return f"[card …{digits[-2:]}]" if luhn(digits) else found[0]


def _phone(found: re.Match[str]) -> str:
    if _DATE.fullmatch(found[0]) or luhn_card(found[0]):
        return found[0]
    digits = re.sub(r"\D", "", found[0])
    return f"[phone …{digits[-2:]}]"


def luhn_card(text: str) -> bool:
    """Return whether a text is a card number: it is masked, or shown, as one."""
    return _CARD.fullmatch(text) is not None and luhn(re.sub(r"\D", "", text))


def luhn(digits: str) -> bool:
    """Return whether the last digit checks the others. Source: ISO/IEC 7812-1, annex B.

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    total = sum(int(digit) if place % 2 == 0 else sum(divmod(2 * int(digit), 10)) for place, digit in enumerate(reversed(digits)))
    return total % 10 == 0
