"""``sojourn worker``: partitions of Kafka topics into a DIR."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path

import click

from jobs.commands.options import map_option, new_folder, read_map, rules_option
from jobs.kafka.logs import log_to_stderr
from jobs.rules import read_rules
from pipelines.judge.shelf import shelf


@click.command("worker", short_help="Read touchpoints from Kafka into DIR, with others of its group.")
@click.option("--to", metavar="DIR", required=True, type=new_folder, help="Where to keep the journal; shared by all workers and the mart.")
@map_option
@rules_option
@click.option("--until-end", is_flag=True, help="End when all is read that was there at the start.")
@click.option("--ticks/--no-ticks", default=True, help="Say that time passes where no event comes.  [default: ticks]")
@click.option("--accept-gap", is_flag=True, help="Go on where records that were never read are gone from Kafka.")
@click.option("--strict", is_flag=True, help="Refuse events with fields that the contract does not know.")
@click.option("--check", "only_check", is_flag=True, help="Print the effective settings, look whether all is well, and end.")
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
def command(
    to: Path,
    map_path: Path | None,
    rules_path: Path | None,
    until_end: bool,
    ticks: bool,
    accept_gap: bool,
    strict: bool,
    only_check: bool,
    verbose: bool,
) -> None:
    """Read touchpoints from Kafka into DIR.

    Start as many as there is work for, at most one a partition: they share the partitions, and each event counts once, whatever ends a worker.
    How Kafka is reached is said by KAFKA_BOOTSTRAP_SERVERS, KAFKA_GROUP_ID and others; --check prints them.
    """
    from jobs.kafka.health import Health, served
    from jobs.kafka.prepare import prepare
    from jobs.kafka.settings import read_settings, shown
    from jobs.kafka.worker import WorkerSettings, work
    from jobs.kafka.worker_health import told
    from jobs.leave import leave

    log_to_stderr(verbose)
    settings = read_settings(os.environ)
    journey_map = read_map(map_path)
    rules = shelf(journey_map, read_rules(rules_path))
    for name, value in shown(settings).items():
        logging.getLogger("sojourn").info("%s=%s", name, value)
    partitions = prepare(settings)
    if only_check:
        click.echo("\n".join(f"{name}={value}" for name, value in shown(settings).items()))
        return
    asked = WorkerSettings(to, journey_map, settings, partitions, until_end, ticks, accept_gap, strict, rules)
    health = Health()
    with asyncio.Runner() as runner:
        with served(health, settings.web):
            worker = runner.run(work(asked, lambda worker: told(worker, health)))
        click.echo(f"{worker.counters.get('read', 0):,} events read into {to}")
        leave()  # before the loop is closed: that waits for threads
