"""The shelf: all rules of a run. Those that ship, a user's own in their place or beside them, with the settings of the journey map."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from pipelines.judge.rule import Rule, parse_rule
from pipelines.resources import read_text, sql_names
from schemas.errors import RuleError
from schemas.journey_map import JourneyMap
from schemas.map_reading import closest


@cache
def shipped() -> tuple[Rule, ...]:
    """Return the rules that ship, by name, with their own settings."""
    return tuple(parse_rule(name, read_text(f"pipelines/rules/{name}.sql")) for name in sql_names("pipelines/rules"))


def shelf(journey_map: JourneyMap, own: Mapping[str, str] | None = None) -> tuple[Rule, ...]:
    """Return all rules that are to be run, by name.

    Args:
        journey_map: It may change settings of rules, and turn rules off.
        own: The user's rules, file name without its ending → text; one of the name of a rule that ships takes its place.

    Raises:
        RuleError: a text is no rule; or the map names a rule or a setting that there is not.
    """
    rules = {rule.name: rule for rule in shipped()} | {name: parse_rule(name, text, ours=False) for name, text in (own or {}).items()}
    for name in (*journey_map.rules, *journey_map.off):
        if name not in rules:
            raise RuleError(f"the journey map names the rule {name!r}; there is {', '.join(sorted(rules))}{closest(name, rules)}")
    return tuple(rules[name].tuned(journey_map.rules.get(name, {})) for name in sorted(rules) if name not in journey_map.off)
