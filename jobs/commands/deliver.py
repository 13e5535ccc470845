"""``sojourn deliver``: what was said goes to hooks, pagers, chats and mail; and what became of it."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import click

from jobs.commands.options import folder_argument, json_option, new_folder, routes_option
from jobs.commands.stopping import stoppable
from jobs.deliver.loop import Loop, delivering
from jobs.deliver.routes import Routes, read_routes
from jobs.deliver.shown import shown
from jobs.deliver.silences import silences_of
from jobs.deliver.state import FILE, State
from jobs.deliver.trial import tried
from jobs.show.table import table
from schemas.errors import SettingError

status_option = click.option(
    "--status",
    type=click.Choice(["waiting", "held", "in_digest", "digested", "delivered", "dropped", "dead"]),
    help="Only those that stand so; dead: given up.",
)
route_option = click.option("--route", metavar="NAME", help="Only of this route.")


def _tell(text: str) -> None:
    click.echo(f"sojourn: {text}", err=True)


@click.group("deliver", invoke_without_command=True, short_help="Send alerts to hooks, pagers, chats and mail.")
@click.option("--to", metavar="DIR", type=new_folder, help="The DIR whose alerts are sent, required.")
@routes_option
@click.pass_context
def command(ctx: click.Context, to: Path | None, routes_path: Path | None) -> None:
    """Send the alerts of a DIR, until Ctrl-C or SIGTERM: sojourn deliver --to DIR --routes FILE.

    Each message arrives at least once and bears an id by which a receiver counts it once. What is not accepted is tried again for three days; what
    is given up stays in the list and can be sent again. The process may be ended at any time, and goes on where it was. One process a DIR;
    sojourn run --routes does the same beside reading.
    """
    if ctx.invoked_subcommand is not None:
        return
    if to is None:
        raise click.UsageError("Missing option '--to': say whose alerts are sent, like this: sojourn deliver --to mine --routes routes.toml")
    routes = _routes(routes_path)
    with stoppable("sending what is due, for 10 s at most") as (stopper, _), delivering(to):
        loop = Loop(to, routes.routes, routes.channels, silences_of(to, _tell), _tell)
        click.echo(f"sojourn: delivering alerts of {to} on {len(routes.routes)} route(s); Ctrl-C or SIGTERM ends it", err=True)
        while not stopper.stopped:
            loop.turn()
        if waiting := loop.finish():
            click.echo(f"sojourn: {waiting:,} message(s) wait for the next start", err=True)


@command.command("check")
@routes_option
def check(routes_path: Path | None) -> None:
    """Say whether a file of routes is right, its secrets too; nothing is sent."""
    routes = _routes(routes_path)
    rows = [[name, route.kind, route.severity, ", ".join(route.rules) or "all"] for name, route in routes.routes.items()]
    click.echo(table(["route", "kind", "from severity", "rules"], rows))


@command.command("test")
@routes_option
@click.option("--route", "name", metavar="NAME", required=True, help="The route.")
@click.pass_context
def test(ctx: click.Context, routes_path: Path | None, name: str) -> None:
    """Send a test alert on a route and its end after it, and say what happened. Nothing is tried again."""
    routes = _routes(routes_path)
    if name not in routes.channels:
        raise SettingError(f"--route {name!r}: there is no such route; there are: {', '.join(routes.channels)}")
    ends = tried(name, routes.channels[name], time.time_ns() // 1000)
    for message, answer in ends:
        how = f"accepted{f' (HTTP {answer.status})' if answer.status else ''}" if answer.accepted else f"NOT accepted: {answer.detail}"
        click.echo(f"{message.notices[0].state:9} {message.id}  {how}")
    if not all(answer.accepted for _, answer in ends):
        ctx.exit(1)


@command.command("list")
@folder_argument
@status_option
@route_option
@click.option("--most", metavar="N", type=click.IntRange(1, 1_000_000), default=50, show_default=True, help="So many, the newest first.")
@json_option
def list_(folder: Path, status: str | None, route: str | None, most: int, as_json: bool) -> None:
    """Show what became of alerts: what was delivered, waits, is held, or was given up (dead)."""
    state = _state(folder)
    rows = state.rows("list", status=status, route=route, most=most)
    if as_json:
        json.dump([dict(row) for row in rows], sys.stdout)
        click.echo()
        return
    click.echo("\n".join(shown(rows, state.rows("counts"), state.standing())))


@command.command("retry")
@folder_argument
@click.argument("ids", metavar="[ID]...", nargs=-1)
@route_option
@click.option("--all", "everything", is_flag=True, help="All dead letters.")
def retry(folder: Path, ids: tuple[str, ...], route: str | None, everything: bool) -> None:
    """Send dead letters again: those with these ids, all of a route, or all. A route that its receiver had ended (410) is taken up again."""
    if not ids and route is None and not everything:
        raise click.UsageError("Say which: ids from sojourn deliver list DIR --status dead, or --route NAME, or --all")
    state = _state(folder)
    if route is not None and route not in state.standing():
        raise SettingError(f"--route {route!r}: there is no such route; there are: {', '.join(state.standing()) or 'none'}")
    now_us = time.time_ns() // 1000
    with state.transaction():
        for name in [route] if route else list(state.standing()) if everything else []:
            state.run("enable", route=name)
        number = sum(state.run("retry", id=name, route=route, now=now_us) for name in (ids or (None,)))
    click.echo(f"{number:,} to be sent again; sojourn deliver --to {folder} sends them")


def _routes(path: Path | None) -> Routes:
    if path is None:
        raise click.UsageError("Missing option '--routes': name the file that says where alerts go; infra/alerts.md has examples")
    return read_routes(path, os.environ)


def _state(folder: Path) -> State:
    if not (folder / "deliver" / FILE).exists():
        raise SettingError(f"nothing was delivered for {folder} yet: sojourn deliver --to {folder} --routes FILE does")
    return State(folder / "deliver")
