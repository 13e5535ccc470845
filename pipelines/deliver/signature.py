"""Signatures of webhooks: what shows a receiver that a message is ours, and whole. Source: standard-webhooks.com, the symmetric scheme ``v1``."""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256

PREFIX = "whsec_"
ALLOWED = 'whsec_ and 24 to 64 bytes in base64, as made by: echo "whsec_$(openssl rand -base64 32)"'
"""What a signing secret looks like, for messages."""


def key_of(secret: str) -> bytes:
    """Return the bytes of a signing secret.

    Raises:
        ValueError: it is none; the message doesn't show it.
    """
    try:
        key = b64decode(secret.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(ALLOWED) from None
    if not secret.strip().startswith(PREFIX) or not 24 <= len(key) <= 64:
        raise ValueError(ALLOWED)
    return key


def signed_headers(message: str, at_s: int, body: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """Return the headers of a webhook.

    Args:
        message: Its id, without a full stop.
        at_s: When this try is made (seconds since 1970).
        body: The bytes that are sent.
        keys: Each signs: while they are changed, the new one and the old one.
    """
    content = f"{message}.{at_s}.".encode() + body
    signatures = (b64encode(hmac.new(key, content, sha256).digest()).decode() for key in keys)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
