"""The examples of each contract are judged by their names: ``….pass.…`` is taken, ``….fail.…`` is refused."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import msgspec
import pytest

from schemas.alert import Alert
from schemas.cloudevents import from_structured, is_structured
from schemas.errors import SettingError
from schemas.journey_map import default_map, parse_map
from schemas.json_schema import documents
from schemas.map_file import MapFile
from schemas.touchpoint import Touchpoint

EXAMPLES = Path(__file__).resolve().parents[2] / "schemas" / "examples"


def examples(pattern: str) -> list[Path]:
    found = sorted(EXAMPLES.glob(pattern))
    assert len(found) >= 5, f"schemas/examples/{pattern} holds next to nothing, so it proves nothing"
    return found


def by_name(path: Path) -> str:
    return path.name


def decode(payload: bytes) -> Touchpoint:
    return msgspec.json.decode(payload, type=Touchpoint)


def decode_cloudevent(payload: bytes) -> Touchpoint:
    event = msgspec.json.decode(payload, type=dict)
    assert is_structured(event)
    return msgspec.convert(from_structured(event), Touchpoint)


@pytest.mark.parametrize("path", examples("touchpoint/*.pass.json"), ids=by_name)
def test_a_good_touchpoint_is_taken(path: Path) -> None:
    assert decode(path.read_bytes()).id


@pytest.mark.parametrize("path", examples("touchpoint/*.fail.json"), ids=by_name)
def test_a_bad_touchpoint_is_refused(path: Path) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(path.read_bytes())


def test_the_good_touchpoints_use_every_field() -> None:
    used = {
        name
        for path in examples("touchpoint/*.pass.json")
        for name, value in msgspec.json.decode(path.read_bytes(), type=dict).items()
        if value is not None
    }
    assert used == set(Touchpoint.__struct_fields__)


@pytest.mark.parametrize("path", examples("cloudevent/*.pass.json"), ids=by_name)
def test_a_good_cloudevent_gives_a_touchpoint(path: Path) -> None:
    touchpoint = decode_cloudevent(path.read_bytes())
    assert (touchpoint.id, touchpoint.source, touchpoint.type, touchpoint.customer_id) == ("e1", "/shop/web", "page.viewed", "c7")


@pytest.mark.parametrize("path", examples("cloudevent/*.fail.json"), ids=by_name)
def test_a_bad_cloudevent_is_refused(path: Path) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        decode_cloudevent(path.read_bytes())


@pytest.mark.parametrize("path", examples("map/*.pass.toml"), ids=by_name)
def test_a_good_map_is_read(path: Path) -> None:
    assert parse_map(path.read_text(encoding="utf-8"), name=path.name, base=default_map()).digest


@pytest.mark.parametrize("path", examples("map/*.fail.toml"), ids=by_name)
def test_a_bad_map_is_refused_with_its_file_its_key_and_what_is_allowed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    key, words = (line.split(": ", 1)[1] if ": " in line else "" for line in text.splitlines()[:2])
    with pytest.raises(SettingError) as refused:
        parse_map(text, name=path.name, base=default_map())
    message = str(refused.value)
    assert message.startswith(f"{path.name}: {key}")
    assert words in message
    assert "\n" not in message


def takes_by_schema(alert: bytes) -> bool:
    schema = msgspec.json.decode(documents()["alert.1.schema.json"])
    return bool(jsonschema.Draft202012Validator(schema).is_valid(msgspec.json.decode(alert)))


@pytest.mark.parametrize("path", examples("alert/*.pass.json"), ids=by_name)
def test_a_good_alert_is_taken_by_class_and_by_schema(path: Path) -> None:
    assert msgspec.json.decode(path.read_bytes(), type=Alert).data.key
    assert takes_by_schema(path.read_bytes())


@pytest.mark.parametrize("path", examples("alert/*.fail.json"), ids=by_name)
def test_a_bad_alert_is_refused_by_class_and_by_schema(path: Path) -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(path.read_bytes(), type=Alert)
    assert not takes_by_schema(path.read_bytes())


def test_the_good_maps_use_every_table() -> None:
    texts = "\n".join(path.read_text(encoding="utf-8") for path in examples("map/*.pass.toml"))
    assert [name for name in MapFile.__struct_fields__ if name not in texts] == []
