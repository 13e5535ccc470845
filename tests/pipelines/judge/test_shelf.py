from __future__ import annotations

import pytest

from pipelines.judge.shelf import shelf, shipped
from schemas.errors import RuleError
from schemas.journey_map import default_map, parse_map

OWN = "-- too much\n-- scope: customer\n-- window: 1 day\n-- roles: fee\n-- unit: minor\nselect 1"


def map_with(text: str) -> tuple[str, ...]:
    return tuple(f"{rule.name} {dict(rule.settings)}" for rule in shelf(parse_map(text, name="mine", base=default_map())))


def test_the_first_set_of_rules_ships() -> None:
    assert {rule.name for rule in shipped() if not rule.record} == {
        *("wait_beyond_adequate", "promise_about_to_break", "promise_broken", "voicemail_not_listened", "voicemail_not_returned"),
        *("complaint_unacknowledged", "moves_without_progress", "ping_pong", "resolved_then_reopened", "trapped_in_machine"),
        *("customer_repeats", "double_deviation", "paid_not_delivered", "wait_caused_backstage", "breakdown"),
    }
    assert {rule.name for rule in shipped() if rule.record} == {"handoffs", "promises", "complaints", "recoveries"}


def test_the_map_sets_a_setting_and_turns_a_rule_off() -> None:
    rules = map_with('[rules.promise_about_to_break]\nmargin = "4h"\n[rules.ping_pong]\noff = true')
    assert f"promise_about_to_break { ({'margin': 4 * 3_600_000}) }" in rules
    assert not [rule for rule in rules if rule.startswith("ping_pong")]


def test_a_rule_of_the_users_takes_the_place_of_one_that_ships() -> None:
    rules = {rule.name: rule for rule in shelf(default_map(), {"breakdown": OWN, "fees": OWN})}
    assert (rules["breakdown"].ours, rules["fees"].ours, rules["ping_pong"].ours) == (False, False, True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[rules.pingpong]\noff = true", "did you mean 'ping_pong'"),
        ("[rules.ping_pong]\nmoves = 4", "no setting 'moves'"),
        ("[rules.moves_without_progress]\nmove = 4", "it has moves"),
    ],
)
def test_an_unknown_rule_or_setting_is_refused_with_what_there_is(text: str, told: str) -> None:
    with pytest.raises(RuleError, match=told):
        map_with(text)


def test_settings_of_rules_change_no_digest_of_the_map_but_that_of_the_rule() -> None:
    tuned = parse_map('[rules.promise_about_to_break]\nmargin = "4h"', name="mine", base=default_map())
    same = parse_map("", name="mine", base=default_map())
    assert tuned.digest == same.digest
    changed = {a.name for a, b in zip(shelf(tuned), shelf(same), strict=True) if a.digest != b.digest}
    assert changed == {"promise_about_to_break"}
