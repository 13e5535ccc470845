"""``sojourn rules``: which rules there are, whether one's own is well, what a rule says and what it would have found."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from jobs.backtest import backtest as tried
from jobs.backtest import try_out
from jobs.commands.options import folder_argument, json_option, map_option, read_map, rules_option
from jobs.rules import read_rule, read_rules
from jobs.show.progress import Progress
from jobs.show.rules import backtest_page, explained_page, rules_page
from jobs.show.values import write_json
from pipelines.judge.rule import Rule
from pipelines.judge.shelf import shelf
from schemas.errors import RuleError
from schemas.journey_map import JourneyMap


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


@command.command("check")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@map_option
def check(files: tuple[Path, ...], map_path: Path | None) -> None:
    """Read each FILE as a rule, run it over no event, and say what is wrong with it.

    What only shows over real events (a breach that ends before it begins, say) is found by sojourn rules backtest.
    """
    journey_map = read_map(map_path)
    for file in files:
        rule = _named(shelf(journey_map, {file.stem: read_rule(file)}), file.stem)
        try_out(rule, journey_map)
        settings = ", ".join(rule.settings) or "no settings"
        click.echo(f"{file}: well. {'Record' if rule.record else 'Breach'} of scope {rule.scope}, {settings}: {rule.says}")


@command.command("backtest")
@click.argument("rule", metavar="RULE|FILE")
@folder_argument
@rules_option
@map_option
@json_option
def backtest(rule: str, folder: Path, rules_path: Path | None, map_path: Path | None, as_json: bool) -> None:
    """Say what a rule would have found in DIR, day by day; each breach counts once.

    RULE is a name, or a .sql file of your own. All events of DIR are judged once more, by this rule alone, in a folder that is thrown away; DIR
    is only read. Give --map where DIR was made with one.
    """
    journey_map = read_map(map_path)
    chosen = _chosen(rule, rules_path, journey_map)
    if chosen.record:
        raise RuleError(f"{chosen.name} is a record: it is kept for the mart, and finds no breach")
    with Progress() as progress:
        result = tried(chosen, folder, journey_map, progress.events)
    if as_json:
        write_json(({**row, "day": str(row["day"])} for row in result.days), sys.stdout)
    else:
        click.echo(backtest_page(result))


def _chosen(rule: str, rules_path: Path | None, journey_map: JourneyMap) -> Rule:
    """Return a rule by its name, or by its file."""
    if not rule.endswith(".sql"):
        return _named(shelf(journey_map, read_rules(rules_path)), rule)
    file = Path(rule)
    return _named(shelf(journey_map, {**read_rules(rules_path), file.stem: read_rule(file)}), file.stem)


def _named(rules: Sequence[Rule], name: str) -> Rule:
    known = {rule.name: rule for rule in rules}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise RuleError(f"there is no rule {name!r}" + (f"; did you mean {near[0]!r}?" if near else f"; there is {', '.join(known)}"))
    return known[name]
