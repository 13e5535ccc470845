"""The journey map: its digest, what it answers, and how a map of one's own is laid over the default."""

from __future__ import annotations

import copy
import random
import string
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import counted_days
from schemas.duration import LONGEST, MILLISECOND
from schemas.errors import SettingError
from schemas.journey_map import JourneyMap, default_map, parse_map
from schemas.map_file import Identifier, MapFile, Owner, ToleranceEntry, TypeEntry
from schemas.map_writing import write_map
from schemas.roles import ROLES, bit

MINUTE, HOUR, DAY = 60 * 10**6, 3600 * 10**6, 86400 * 10**6


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**6


def own(text: str) -> JourneyMap:
    return parse_map(text, name="own.toml", base=default_map())


# ---- digest

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)
spans = st.integers(0, LONGEST // MILLISECOND).map(lambda ms: ms * MILLISECOND)
tolerances = st.builds(
    lambda stage, two, segment, at: ToleranceEntry(stage=stage, desired=min(two), adequate=max(two), segment=segment, valid_from=at),
    words,
    st.tuples(spans, spans),
    st.none() | words,
    st.none() | st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
files = st.builds(
    lambda **given: msgspec.structs.replace(default_map().file, **given),
    name=words,
    version=words,
    designed=st.lists(words, max_size=3).map(tuple),
    placeholders=st.lists(words, max_size=3).map(tuple),
    gaps=st.dictionaries(words, spans, max_size=3).map(lambda gaps: default_map().file.gaps | gaps),
    identifiers=st.dictionaries(words, st.builds(Identifier, rank=st.integers(0, 1000), device=st.booleans()), max_size=3).map(
        lambda kinds: default_map().file.identifiers | kinds
    ),
    types=st.dictionaries(
        words, st.builds(TypeEntry, roles=st.lists(st.sampled_from(ROLES), max_size=3).map(tuple), thing=st.none() | words), max_size=3
    ).map(lambda types: default_map().file.types | types),
    tolerance=st.lists(tolerances, max_size=3, unique_by=lambda entry: (entry.stage, entry.segment, entry.valid_from)).map(tuple),
    owners=st.dictionaries(words, st.builds(Owner, team=words, person=st.none() | words), max_size=3),
)


def written(file: MapFile) -> str:
    bare = copy.copy(default_map())
    object.__setattr__(bare, "file", file)
    return write_map(bare)


@given(files)
def test_a_map_that_is_written_and_read_again_keeps_its_digest(file: MapFile) -> None:
    once = parse_map(written(file), name="a.toml")
    again = parse_map(write_map(once), name="b.toml", base=default_map())
    assert again.digest == once.digest
    assert again.file == once.file


@given(st.randoms(use_true_random=False))
def test_white_space_comments_and_the_order_of_tables_leave_the_digest_alone(chance: random.Random) -> None:
    head, *tables = write_map(default_map()).split("\n\n")
    kinds: dict[str, list[str]] = {}
    for table in tables:  # the order among entries of one list stands
        kinds.setdefault(table.split("]")[0], []).append(table)
    shuffled = [table for kind in chance.sample(sorted(kinds), len(kinds)) for table in kinds[kind]]
    text = "\n\n\n# a comment\n".join([head, *shuffled]).replace(" = ", "  =   ")
    assert parse_map(text, name="shuffled.toml").digest == default_map().digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('[gaps]\nweb = "60min"', '[gaps]\nweb = "1h"'),
        ('[types]\n"a.b" = { roles = ["human", "contact"] }', '[types]\n"a.b" = { roles = ["contact", "human", "contact"] }'),
        ('placeholders = ["x", "y"]', 'placeholders = ["y", "x", "x"]'),
        ("", "# nothing but a comment"),
    ],
)
def test_two_ways_to_say_the_same_have_one_digest(one: str, other: str) -> None:
    assert own(one).digest == own(other).digest


def test_an_instant_in_another_zone_is_the_same_instant() -> None:
    text = '[[tolerance]]\nstage = "q"\ndesired = "1s"\nadequate = "2s"\nvalid_from = '
    assert own(text + "2025-07-01T00:00:00+02:00").digest == own(text + "2025-06-30T22:00:00Z").digest


DESK = """
[[calendars]]
name = "desk"
time_zone = "Europe/Berlin"
country = "DE"
open = { mon = ["09:00-17:00"] }
"""
LETTERS = '[[tolerance]]\nstage = "letters"\ndesired = "1h"\nadequate = "2h"\n'


def test_holidays_that_the_library_corrects_change_the_digest_of_maps_that_count_by_them(monkeypatch: pytest.MonkeyPatch) -> None:
    counted, named = own(f'{DESK}{LETTERS}calendar = "desk"\n').digest, own(DESK + LETTERS).digest
    known = counted_days.public_holidays("DE", None)
    monkeypatch.setattr(counted_days, "public_holidays", lambda country, subdivision: {**known, date(2031, 3, 8): "new"})
    assert own(f'{DESK}{LETTERS}calendar = "desk"\n').digest != counted
    assert own(DESK + LETTERS).digest == named


@pytest.mark.parametrize(
    "text",
    [
        '[gaps]\nweb = "31min"',
        'placeholders = ["nil2"]',
        "[journeys]\nmax_events = 1999",
        '[types]\n"call.queued" = {}',
        '[owners]\nqueue = { team = "x" }',
        '[money]\ncurrency = "USD"',
        'version = "2"',
    ],
)
def test_another_meaning_has_another_digest(text: str) -> None:
    assert own(text).digest != default_map().digest


def test_the_name_of_the_file_is_not_part_of_the_map() -> None:
    text = write_map(default_map())
    assert parse_map(text, name="a").digest == parse_map(text, name="b").digest


# ---- meaning


def test_exactly_this_type_comes_before_the_longest_glob() -> None:
    roles = {"*": "fee", "lab.*": "backstage", "lab.b?": "effort", "lab.bb": "delight"}
    journey_map = own("[types]\n" + "\n".join(f'"{glob}" = {{ roles = ["{role}"] }}' for glob, role in roles.items()))
    found = {name: journey_map.meaning(name, None).roles for name in ("lab.bb", "lab.bc", "lab.x", "other")}
    assert found == {"lab.bb": bit("delight"), "lab.bc": bit("effort"), "lab.x": bit("backstage"), "other": bit("fee")}


def test_a_type_that_no_map_names_is_its_own_stage_without_roles_or_thing() -> None:
    meaning = default_map().meaning("Assign seriousness", "web")
    assert (meaning.stage, meaning.roles, meaning.thing) == ("Assign seriousness", 0, None)


def test_the_first_stage_rule_whose_type_and_channel_match_gives_the_stage() -> None:
    stages = {channel: default_map().meaning("message.received", channel).stage for channel in ("chat", "messenger", "email", None)}
    assert stages == {"chat": "chat", "messenger": "messages", "email": "letters", None: "letters"}


def test_rules_of_an_own_map_come_before_those_of_the_default() -> None:
    journey_map = own('[[stages]]\nstage = "hot line"\ntypes = ["call.*"]\nchannels = ["hot-*"]')
    assert journey_map.meaning("call.answered", "hot-1").stage == "hot line"
    assert journey_map.meaning("call.answered", "phone").stage == "queue"
    assert journey_map.meaning("call.answered", None).stage == "queue"


def test_matching_heeds_case() -> None:
    assert default_map().meaning("CALL.QUEUED", "phone").thing is None


def test_a_thing_may_be_given_apart_from_the_name_of_the_type() -> None:
    assert own('[types]\n"patient.in" = { thing = "visit" }').meaning("patient.in", None).thing == "visit"


# ---- gaps, placeholders, identifiers


def test_gaps_are_those_of_the_channel() -> None:
    journey_map = default_map()
    gaps = {channel: journey_map.gap_us(channel) for channel in ("web", "ivr", "store", "phone", "unheard of", "default", None)}
    assert gaps == {
        "web": 30 * MINUTE,
        "ivr": 30 * MINUTE,
        "store": DAY,
        "phone": 72 * HOUR,
        "unheard of": 72 * HOUR,
        "default": 72 * HOUR,
        None: 72 * HOUR,
    }
    assert journey_map.largest_gap_us == 72 * HOUR
    assert own('[gaps]\nletter = "10d"').largest_gap_us == 10 * DAY


def test_the_bounds_of_a_journey_are_those_of_the_contract() -> None:
    journey_map = default_map()
    assert (journey_map.lateness_us, journey_map.max_ahead_us, journey_map.case_max_age_us, journey_map.max_events) == (
        HOUR,
        5 * MINUTE,
        365 * DAY,
        2000,
    )


@pytest.mark.parametrize(
    "identifier",
    [
        "0",
        "-1",
        "null",
        "NULL",
        " Null ",
        "undefined",
        "None",
        "anonymous",
        "unknown",
        "N/A",
        "Customer 3",
        "[object Object]",
        "",
        " ",
        "phone:0",
        "cookie: undefined",
        "crm:",
        "НЕИЗВЕСТНО",
    ],
)
def test_a_placeholder_is_nobody(identifier: str) -> None:
    assert default_map().is_placeholder(identifier)


@pytest.mark.parametrize(
    "identifier",
    [*string.ascii_letters, *"123456789", "00", "10", "-10", "Customer 33", "customer:7", "nullable", "C0", "Unknown Smith", "a:b:0", "Acme: 0 Ltd"],
)
def test_an_ordinary_id_is_somebody(identifier: str) -> None:
    assert not default_map().is_placeholder(identifier)


@given(st.sampled_from(["", "phone:", "cookie:", "customer:"]), st.integers(1, 10**12))
def test_a_number_that_is_not_zero_is_somebody(kind: str, number: int) -> None:
    assert not default_map().is_placeholder(f"{kind}{number}")


def test_own_placeholders_are_added_and_may_be_globs() -> None:
    journey_map = own('placeholders = ["temp-*", "Walk-In", "a.c"]')
    assert [journey_map.is_placeholder(name) for name in ("temp-17", "TEMP-x", "crm:walk-in", "0", "a.c", "abc", "xtemp-1")] == [True] * 5 + [
        False
    ] * 2


def test_a_map_from_nothing_has_no_placeholders_but_the_blank() -> None:
    journey_map = parse_map(
        (Path(__file__).resolve().parents[2] / "schemas/examples/map/from_nothing.pass.toml").read_text(), name="x", base=default_map()
    )
    assert [journey_map.is_placeholder(name) for name in ("", "0", "null")] == [True, False, False]


def test_persons_rank_before_devices() -> None:
    journey_map = default_map()
    kinds = ["customer", "user", "contract", "email", "phone", "never heard of", "device", "cookie"]
    ranks = [journey_map.identifier_rank(kind) for kind in kinds]
    assert ranks == sorted(ranks)
    assert [kind for kind in kinds if journey_map.is_device(kind)] == ["device", "cookie"]


# ---- tolerance

ZONES = """
[[tolerance]]
stage = "desk"
desired = "1min"
adequate = "10min"
[[tolerance]]
stage = "desk"
desired = "1min"
adequate = "8min"
valid_from = 2025-07-01T00:00:00Z
[[tolerance]]
stage = "desk"
desired = "1min"
adequate = "5min"
context = "child"
[[tolerance]]
stage = "desk"
desired = "1min"
adequate = "6min"
segment = "new"
[[tolerance]]
stage = "desk"
desired = "1min"
adequate = "4min"
segment = "new"
client_type = "hasty"
valid_from = 2025-07-01T00:00:00Z
"""


@pytest.mark.parametrize(
    ("facts", "at", "minutes"),
    [
        ((None, None, None), "2025-01-01T00:00:00", 10),
        ((None, None, None), "2025-06-30T23:59:59", 10),
        ((None, None, None), "2025-07-01T00:00:00", 8),
        (("old", "calm", None), "2025-07-02T00:00:00", 8),
        ((None, None, "child"), "2025-07-02T00:00:00", 5),
        (("new", None, None), "2025-07-02T00:00:00", 6),
        (("new", None, "child"), "2025-07-02T00:00:00", 5),
        (("new", "hasty", "child"), "2025-06-02T00:00:00", 5),
        (("new", "hasty", "child"), "2025-07-02T00:00:00", 4),
    ],
)
def test_the_most_specific_zone_that_is_valid_wins(facts: tuple[str | None, str | None, str | None], at: str, minutes: int) -> None:
    assert own(ZONES).zone_for("desk", *facts, us(at)) == (60_000, minutes * 60_000)


def test_a_stage_without_an_entry_has_no_zone() -> None:
    assert own(ZONES).zone_for("case work", "new", None, None, 0) is None


def test_own_zones_of_a_stage_replace_those_of_the_default() -> None:
    journey_map = own('[[tolerance]]\nstage = "queue"\ndesired = "5s"\nadequate = "10s"\nsegment = "private"')
    assert journey_map.zone_for("queue", "private", None, None, 0) == (5_000, 10_000)
    assert journey_map.zone_for("queue", None, None, None, 0) is None
    assert journey_map.zone_for("hold", None, None, None, 0) == default_map().zone_for("hold", None, None, None, 0)


# ---- laying one map over another


def test_an_own_map_extends_the_default_entry_by_entry() -> None:
    pair = '[[pairs]]\nname = "call"\nthing = "call"\nopens = "intent"\ncloses = ["answered"]'
    journey_map = own(f'name = "mine"\n[journeys]\nmax_events = 7\n[money]\ncurrency = "RUB"\n{pair}')
    assert (journey_map.name, journey_map.version, journey_map.max_events, journey_map.lateness_us) == ("mine", "1", 7, HOUR)
    assert (journey_map.money.currency, journey_map.money.margin) == ("RUB", default_map().money.margin)
    assert [pair.name for pair in journey_map.pairs] == [pair.name for pair in default_map().pairs]
    assert next(pair.opens for pair in journey_map.pairs if pair.name == "call") == bit("intent")


def test_a_calendar_replaces_that_of_its_name_with_all_versions() -> None:
    journey_map = own(
        '[[calendars]]\nname = "office"\nopen = { mon = ["10:00-12:00"] }\n[[calendars]]\nname = "office"\nvalid_from = 2025-01-01T00:00:00Z'
    )
    assert [(calendar.name, calendar.open.mon) for calendar in journey_map.calendars] == [
        ("always", ("00:00-24:00",)),
        ("office", ("10:00-12:00",)),
        ("office", ()),
    ]


@given(st.text(max_size=60))
def test_any_text_is_a_map_or_is_refused_in_one_line(text: str) -> None:
    try:
        own(text)
    except SettingError as error:
        assert "\n" not in str(error)
        assert str(error).startswith("own.toml: ")


@given(
    st.recursive(st.booleans() | st.integers() | st.floats() | words, lambda inner: st.lists(inner, max_size=3), max_leaves=4),
    st.sampled_from(MapFile.__struct_fields__),
)
def test_any_value_at_the_top_is_taken_or_refused_by_name(value: object, key: str) -> None:
    text = f"{key} = {msgspec.json.encode(value).decode()}"
    try:
        own(text)
    except SettingError as error:
        assert str(error).startswith(f"own.toml: {key}") or "is not TOML" in str(error)
