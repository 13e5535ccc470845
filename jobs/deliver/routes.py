"""The file of routes, read: each route with the channel that it opens."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from jobs.deliver.channels import channel_of
from jobs.deliver.message import Channel
from schemas.errors import SettingError
from schemas.route_check import parse_routes
from schemas.routes import Route


@dataclass(frozen=True, slots=True)
class Routes:
    """Routes and their channels, by name."""

    routes: Mapping[str, Route]
    channels: Mapping[str, Channel]


def read_routes(path: Path, env: Mapping[str, str], clock: Callable[[], float] = time.time) -> Routes:
    """Read a file of routes, its secrets too.

    Args:
        path: The file.
        env: The environment.
        clock: Seconds since 1970, for signatures.

    Raises:
        SettingError: the file can't be read, a key or value in it is wrong, or a secret is missing.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise SettingError(f"can't read the routes {str(path)!r}: {error}") from error
    routes = parse_routes(text, path.name)
    return Routes(routes, {name: channel_of(name, route, path.name, env, clock) for name, route in routes.items()})
