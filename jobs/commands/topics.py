"""``sojourn topics``: the topics on Kafka, made and checked."""

from __future__ import annotations

import os

import click

from jobs.show.table import table
from jobs.show.words import span

FOUND = 1


@click.group("topics", short_help="Make and check the topics on Kafka.")
def command() -> None:
    """Make and check the topics on Kafka.

    SOJOURN_TOPICS, SOJOURN_DEAD_LETTERS_TOPIC, SOJOURN_ALERTS_TOPIC name them, SOJOURN_PARTITIONS and SOJOURN_REPLICATION say how they are made.
    """


@command.command("create", short_help="Make what is missing.")
def create() -> None:
    """Make the topics that are missing; those that are there stay as they are."""
    from jobs.kafka.settings import read_settings
    from jobs.kafka.tools.topics import create_topics

    settings = read_settings(os.environ)
    made = create_topics(settings)
    for name in made:
        click.echo(f"made {name}")
    if not made:
        click.echo(f"all topics are there at {settings.connection.bootstrap}")


@command.command("check", short_help="Say what workers can't live with; exit code 1 if anything.")
@click.pass_context
def check(ctx: click.Context) -> None:
    """Look at partition counts and cleanup policies; exit code 1 where something is wrong."""
    from jobs.kafka.settings import read_settings
    from jobs.kafka.tools.topics import check_topics, read_topics

    settings = read_settings(os.environ)
    there = read_topics(settings)
    rows = [
        (one.name, one.partitions, one.replication, one.cleanup, "for ever" if one.retention_ms < 0 else span(one.retention_ms / 1000))
        for one in there.values()
    ]
    if rows:
        click.echo(table(["topic", "partitions", "replicas", "cleanup", "kept"], rows))
    findings = check_topics(settings.topics, there)
    for finding in findings:
        click.echo(f"{finding.topic} {finding.problem}; remedy: {finding.remedy}", err=True)
    if findings:
        ctx.exit(FOUND)
