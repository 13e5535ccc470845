"""Touchpoints that come as CloudEvents 1.0: from decoded JSON and headers to plain touchpoint objects.

Context attributes name the event and win over fields of the same meaning in ``data``; what the result is worth, the touchpoint's own decoder decides.
Source: CloudEvents specification 1.0.2, its JSON format, its HTTP and Kafka bindings, and its sequence and partitioning extensions.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from urllib.parse import unquote

import msgspec

CONTEXT = {"id": "id", "source": "source", "type": "type", "time": "time", "causationid": "causation_id", "correlationid": "correlation_id"}
"""Context attribute → field of the touchpoint; it wins over that field in ``data``."""

_REQUIRED = ("id", "source", "type")
_OWN = {*CONTEXT, "specversion", "datacontenttype", "subject", "sequence", "sequencetype", "data", "data_base64"}
_JSON = re.compile(r"[a-z]+/(?:json|[a-z0-9.-]+\+json)\s*(?:;.*)?", re.IGNORECASE)
_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)


def is_structured(event: Mapping[str, object]) -> bool:
    """Whether a decoded object is a CloudEvent in structured mode. A plain touchpoint has no ``specversion``."""
    return "specversion" in event


def is_binary(headers: Mapping[str, str]) -> bool:
    """Whether these headers make the body the data of a CloudEvent, as over HTTP (``ce-…``) or Kafka (``ce_…``)."""
    return any(name.lower() in ("ce_specversion", "ce-specversion") for name in headers)


def from_structured(event: Mapping[str, object]) -> dict[str, object]:
    """Turn a CloudEvent in structured mode into a plain touchpoint object.

    Args:
        event: The decoded object, with ``specversion``. Attributes that are null count as absent.

    Returns:
        A new object of touchpoint fields. ``subject`` gives ``customer_id`` where data has none; extensions that the contract doesn't name
        are texts in ``attributes``.

    Raises:
        ValueError: it isn't CloudEvents 1.0, lacks a required attribute, or its data isn't a JSON object.

    >>> from_structured({"specversion": "1.0", "id": "1", "source": "s", "type": "page.viewed", "subject": "c7", "data": {"channel": "web"}})
    {'channel': 'web', 'id': '1', 'source': 's', 'type': 'page.viewed', 'customer_id': 'c7'}
    """
    context = {name: value for name, value in event.items() if value is not None}
    _check(context)
    touchpoint = dict(_data(context))
    touchpoint |= {field: context[name] for name, field in CONTEXT.items() if name in context}
    if touchpoint.get("customer_id") is None and "subject" in context:
        touchpoint["customer_id"] = context["subject"]
    _put_sequence(touchpoint, context)
    _put_extensions(touchpoint, context)
    return touchpoint


def from_binary(headers: Mapping[str, str], body: Mapping[str, object]) -> dict[str, object]:
    """Turn a CloudEvent in binary mode into a plain touchpoint object.

    Args:
        headers: The record's or request's headers; the case of names doesn't matter, and those of no CloudEvent are ignored.
        body: The decoded body, which is the event's data.

    Raises:
        ValueError: as for `from_structured`.
    """
    context: dict[str, object] = {}
    for header, value in headers.items():
        name = header.lower()
        if name.startswith("ce_"):
            context[name[3:]] = value
        elif name.startswith("ce-"):
            context[name[3:]] = unquote(value)  # the HTTP binding encodes what isn't printable ASCII
        elif name == "content-type":
            context["datacontenttype"] = value
    return from_structured({**context, "data": body})


def to_structured(touchpoint: Mapping[str, object]) -> dict[str, object]:
    """Turn a plain touchpoint object into a CloudEvent in structured mode; `from_structured` gives the touchpoint back.

    Args:
        touchpoint: A touchpoint that keeps the contract.

    >>> to_structured({"id": "1", "source": "s", "type": "page.viewed", "time": "2026-01-01T00:00:00Z", "sequence": 3})["sequence"]
    '3'
    """
    event: dict[str, object] = {"specversion": "1.0", "datacontenttype": "application/json"}
    event |= {attribute: touchpoint[field] for attribute, field in CONTEXT.items() if touchpoint.get(field) is not None}
    if touchpoint.get("sequence") is not None:
        event["sequence"] = str(touchpoint["sequence"])
    if touchpoint.get("customer_id"):  # an attribute may not be empty
        event["subject"] = touchpoint["customer_id"]
    told = {*CONTEXT.values(), "sequence", *(["customer_id"] if "subject" in event else [])}
    return {**event, "data": {name: value for name, value in touchpoint.items() if name not in told and value is not None}}


def to_binary(touchpoint: Mapping[str, object]) -> tuple[dict[str, str], dict[str, object]]:
    """Turn a plain touchpoint object into a CloudEvent in binary mode for Kafka: headers and body; `from_binary` gives the touchpoint back."""
    event = to_structured(touchpoint)
    body = event.pop("data")
    headers = {"content-type": str(event.pop("datacontenttype"))}
    headers |= {f"ce_{name}": str(value) for name, value in event.items()}
    return headers, body if isinstance(body, dict) else {}


def _check(context: Mapping[str, object]) -> None:
    if context.get("specversion") != "1.0":
        raise ValueError(f"specversion {_short(context.get('specversion'))} is not '1.0'")
    missing = [name for name in _REQUIRED if name not in context]
    if missing:
        raise ValueError(f"a CloudEvent without {', '.join(missing)}")
    content = context.get("datacontenttype", "application/json")
    if not isinstance(content, str) or not _JSON.fullmatch(content.strip()):
        raise ValueError(f"datacontenttype {_short(content)} is not JSON")


def _data(context: Mapping[str, object]) -> Mapping[str, object]:
    if "data" in context and "data_base64" in context:
        raise ValueError("data and data_base64 at once")
    data = _decoded(context["data_base64"]) if "data_base64" in context else context.get("data", {})
    if not isinstance(data, dict):
        raise ValueError("data is not an object")
    return data


def _decoded(text: object) -> object:
    try:
        return msgspec.json.decode(base64.b64decode(text if isinstance(text, str) else "?", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise ValueError("data_base64 is not JSON in base64") from None


def _put_sequence(touchpoint: dict[str, object], context: Mapping[str, object]) -> None:
    # the extension is a text; only a number can be a touchpoint's sequence, and any other text is kept beside it
    sequence = context.get("sequence")
    if isinstance(sequence, str):
        if _NUMBER.fullmatch(sequence):
            touchpoint["sequence"] = int(sequence)
        else:
            touchpoint["attributes"] = {**_attributes(touchpoint), "sequence": sequence}
    elif sequence is not None:
        touchpoint["sequence"] = sequence


def _put_extensions(touchpoint: dict[str, object], context: Mapping[str, object]) -> None:
    extensions = {name: _text(value) for name, value in context.items() if name not in _OWN}
    if extensions:
        touchpoint["attributes"] = {**_attributes(touchpoint), **extensions}


def _attributes(touchpoint: Mapping[str, object]) -> dict[str, object]:
    attributes = touchpoint.get("attributes")
    if attributes is None:
        return {}
    if not isinstance(attributes, dict):
        raise ValueError("attributes is not an object")
    return attributes


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
