"""Signatures, held against the library of the standard."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from pipelines.deliver.signature import key_of, signed_headers

SECRET, OTHER = "whsec_" + "c2VjcmV0" * 5, "whsec_" + "b3RoZXJz" * 5


@given(st.text(max_size=200))
def test_the_library_of_the_standard_believes_what_we_sign_with_any_of_the_keys(text: str) -> None:
    body = text.encode("utf-8", "replace")
    headers = signed_headers("msg_1", int(time.time()), body, [key_of(OTHER), key_of(SECRET)])
    for secret in (SECRET, OTHER):
        Webhook(secret).verify(body, headers, json_parse=False)


def test_another_body_id_or_key_is_not_believed() -> None:
    headers = signed_headers("msg_1", int(time.time()), b"{}", [key_of(SECRET)])
    for body, changed in ((b"[]", headers), (b"{}", headers | {"webhook-id": "msg_2"})):
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(body, changed)
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(b"{}", headers)


@pytest.mark.parametrize("text", ["", "whsec_", "c2VjcmV0" * 5, "whsec_c2hvcnQ=", "whsec_" + "c2VjcmV0" * 12, "whsec_!!!!" + "c2VjcmV0" * 5])
def test_what_is_no_signing_secret_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ValueError, match="24 to 64 bytes") as caught:
        key_of(text)
    assert not text or text.removeprefix("whsec_") == "" or text.removeprefix("whsec_") not in str(caught.value)
