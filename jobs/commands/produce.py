"""``sojourn produce``: touchpoints into a topic on Kafka."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import click

from jobs.commands.options import map_option, mapping_option, read_map, sources_argument
from jobs.commands.stopping import stoppable
from jobs.show.progress import Progress
from jobs.show.words import counted, number
from jobs.sources.choose import choose_all
from jobs.sources.mapping import load_mapping
from schemas.errors import SourceError

INTERRUPTED = 130


@click.command("produce", short_help="Send touchpoints to Kafka, keyed by customer.")
@sources_argument
@click.option("--topic", metavar="NAME", help="Which topic; without it the first of SOJOURN_TOPICS.")
@click.option(
    "--cloudevents", "mode", type=click.Choice(["binary", "structured"]), help="Send CloudEvents, with attributes in headers or in the value."
)
@click.option("--rate", metavar="N", type=click.FloatRange(min=0.1), help="At most N events a second.")
@click.option("--limit", metavar="N", type=click.IntRange(1), help="At most N events.")
@map_option
@mapping_option
@click.pass_context
def command(
    ctx: click.Context,
    sources: tuple[str, ...],
    topic: str | None,
    mode: str | None,
    rate: float | None,
    limit: int | None,
    map_path: Path | None,
    mapping: str | None,
) -> None:
    """Send the touchpoints of files, of standard input (-) or of another DIR to a topic.

    The key is the canonical customer, so that all of a customer's events reach one worker; the map says who that is. All replicas in sync
    acknowledge each event. Sending the same file again does no harm: its events fall out as copies.
    """
    from jobs.kafka.settings import read_settings
    from jobs.kafka.tools.produce import Producing, produce

    settings = read_settings(os.environ)
    how = Producing(topic or settings.topics.touchpoints[0], read_map(map_path), mode or "plain", rate, limit)
    chosen = choose_all(sources, load_mapping(mapping) if mapping else None, sys.stdin.buffer)
    with stoppable() as (stopper, came), Progress() as progress:
        done = produce(chosen, settings, how, stopper, lambda count: progress.events(f"producing to {how.topic}", count))
    keyless = f", {number(done.keyless)} of them without a key for they break the contract" if done.keyless else ""
    click.echo(f"{counted(done.acknowledged, 'event')} acknowledged by {settings.connection.bootstrap} in topic {how.topic}{keyless}")
    if done.lost:
        reasons = [*([f"{number(done.too_large)} too large"] if done.too_large else []), *(f"{number(n)}: {why}" for why, n in done.refused.items())]
        raise SourceError(f"{counted(done.lost, 'event')} not stored: {'; '.join(reasons)}; sending the file again doubles nothing")
    if signal.SIGINT in came:
        ctx.exit(INTERRUPTED)
