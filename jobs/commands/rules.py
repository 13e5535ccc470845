"""``sojourn rules``: which rules there are, whether one's own is well, what a rule says and what it would have said."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

import click

from jobs.commands.options import map_option, read_map, rules_option
from jobs.rules import read_rules
from jobs.show.rules import explained_page, rules_page
from pipelines.judge.rule import Rule
from pipelines.judge.shelf import shelf
from schemas.errors import RuleError


@click.group("rules", short_help="List, check, explain and try the rules that make alerts.")
def command() -> None:
    """Look at the rules: each is one .sql file that returns when a condition holds (pipelines/rules/README.md says how to write one)."""


@command.command("list")
@rules_option
@map_option
def list_(rules_path: Path | None, map_path: Path | None) -> None:
    """Print all rules that a run with these options would judge by."""
    click.echo(rules_page(shelf(read_map(map_path), read_rules(rules_path))))


@command.command("explain")
@click.argument("rule", metavar="RULE")
@rules_option
@map_option
@click.option("--sql", "as_sql", is_flag=True, help="Print the rule's file.")
def explain(rule: str, rules_path: Path | None, map_path: Path | None, as_sql: bool) -> None:
    """Say what RULE means: what opens it, what it sees, and what can be set."""
    journey_map = read_map(map_path)
    found = _named(shelf(journey_map, read_rules(rules_path)), rule)
    click.echo(found.sql.rstrip() if as_sql else explained_page(found, journey_map))


def _named(rules: Sequence[Rule], name: str) -> Rule:
    known = {rule.name: rule for rule in rules}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise RuleError(f"there is no rule {name!r}" + (f"; did you mean {near[0]!r}?" if near else f"; there is {', '.join(known)}"))
    return known[name]
