"""``sojourn mart``: the mart of a DIR that workers write to."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import click

from jobs.commands.options import map_option, new_folder, read_map, routes_option, rules_option
from jobs.commands.stopping import stoppable
from jobs.deliver.beside import beside
from jobs.deliver.routes import read_routes
from jobs.kafka.health import Health, served
from jobs.kafka.logs import log_to_stderr
from jobs.kafka.mart import open_loop
from jobs.kafka.mart_health import told
from jobs.kafka.settings import read_settings
from jobs.memory import keep_freed
from jobs.rules import read_rules
from jobs.run import mart_errors
from pipelines.judge.shelf import shelf

STOP_S = 9.0
"""A mart that was told to end has ended after so long (seconds), whatever it is at: what it had not finished follows from the journal."""


@click.command("mart", short_help="Publish what workers write to DIR.")
@click.option("--to", metavar="DIR", required=True, type=new_folder, help="The DIR that the workers write to.")
@map_option
@rules_option
@routes_option
@click.option("--once", is_flag=True, help="Publish what is there now, and end.")
@click.option("--horizon", metavar="DAYS", type=click.IntRange(1, 3650), help="How far ahead churn is judged; without it the data decide.")
@click.option("--say-history", is_flag=True, help="Send alerts of long ago too; without it they are only recorded.")
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
def command(
    to: Path,
    map_path: Path | None,
    rules_path: Path | None,
    routes_path: Path | None,
    once: bool,
    horizon: int | None,
    say_history: bool,
    verbose: bool,
) -> None:
    """Follow the journal of a DIR that workers write to, and publish its mart again and again.

    One process a DIR. It may be ended at any time and goes on where it was.
    """
    log_to_stderr(verbose)
    keep_freed()
    journey_map = read_map(map_path)
    rules = shelf(journey_map, read_rules(rules_path))
    settings, health = read_settings(os.environ), Health()
    routes = read_routes(routes_path, os.environ) if routes_path else None
    limit_s = None if once else STOP_S
    with stoppable(limit_s=limit_s) as (stopper, _), mart_errors(), beside(to, routes, logging.getLogger("jobs.deliver").warning):
        loop = open_loop(to, journey_map, horizon, stopper, patient=not once, history=say_history, rules=rules)
        if loop is None:
            return
        try:
            if once:
                click.echo(f"{loop.once()}: {loop.folded} commits folded")
                return
            with served(health, settings.web):
                loop.follow(stopper, lambda loop: told(loop, health))
        finally:
            loop.mart.close()
