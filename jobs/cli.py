"""``sojourn``: the command line. Results go to standard output, progress and errors to standard error.

Exit codes: 0 well; 1 a check found something, or a query failed; 2 wrong usage, setting, map or mapping; 3 a source, the journal or the mart;
130 after Ctrl-C; 141 where who read the answer left early. Every option may also come from the environment as ``SOJOURN_<COMMAND>_<OPTION>``.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import IO, Any

import click

from schemas.errors import SettingError, SojournError, SourceError

_FAMILIES = {
    "demo": "jobs.commands.demo",
    "run": "jobs.commands.run",
    "sql": "jobs.commands.sql",
    "journey": "jobs.commands.journey",
    "status": "jobs.commands.status",
    "alerts": "jobs.commands.alerts",
    "check": "jobs.commands.check",
    "compact": "jobs.commands.compact",
    "gc": "jobs.commands.gc",
    "convert": "jobs.commands.convert",
    "simulate": "jobs.commands.simulate",
    "map": "jobs.commands.map",
    "rules": "jobs.commands.rules",
    "worker": "jobs.commands.worker",
    "mart": "jobs.commands.mart",
    "deliver": "jobs.commands.deliver",
    "produce": "jobs.commands.produce",
    "topics": "jobs.commands.topics",
    "lag": "jobs.commands.lag",
    "offsets": "jobs.commands.offsets",
    "dead-letters": "jobs.commands.dead_letters",
    "replay": "jobs.commands.replay",
}
"""Where each command lives; its module holds it under the name ``command``. The order is that of the help."""
INTERRUPTED = 130
READER_LEFT = 141
"""What a shell says of a command that SIGPIPE ended."""
_EXTRA = ("faust", "mode", "aiokafka", "kafka", "prometheus_client")
"""What the extra ``kafka`` brings; commands that need it import it when they run."""


class Failure(click.ClickException):
    """An error of ours on its way to the person: what is wrong, without a trace."""

    def __init__(self, error: SojournError) -> None:
        super().__init__(str(error))
        vars(self)["exit_code"] = 2 if isinstance(error, SettingError) else 3  # click types it as the class's

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it."""
        click.echo(f"sojourn: {self.message}", file=file, err=file is None)


class Families(click.Group):
    """Loads a command when it is asked for, so that help does not wait for engines."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the help."""
        return list(_FAMILIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, None where there is no such."""
        if cmd_name not in _FAMILIES:
            return None
        try:
            command: click.Command = import_module(_FAMILIES[cmd_name]).command
        except ModuleNotFoundError as error:
            return _lacking(cmd_name, error)  # the help still names it
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; errors of ours and of the system become messages."""
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except SojournError as error:
            raise Failure(error) from error
        except ModuleNotFoundError as error:
            raise Failure(_needs(error)) from error
        except BrokenPipeError:  # who reads the answer has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.exceptions.Exit(READER_LEFT) from None
        except OSError as error:
            raise Failure(SourceError(f"{error.filename or 'the system'}: {error.strerror or error}")) from error
        except KeyboardInterrupt:
            click.echo("sojourn: stopped", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None


def _lacking(name: str, missing: ModuleNotFoundError) -> click.Command:
    """Return a command that says what it lacks."""
    problem = _needs(missing)

    def tell(arguments: tuple[str, ...]) -> None:
        raise problem

    arguments = click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)
    settings = {"ignore_unknown_options": True}
    return click.Command(name, settings, tell, [arguments], short_help="(needs pip install 'sojourn[kafka]')")


def _needs(missing: ModuleNotFoundError) -> SettingError:
    """Return what to do about a module of the extra; one that is missing for another reason is raised again."""
    if (missing.name or "").partition(".")[0] not in _EXTRA:
        raise missing
    return SettingError(f"this needs {missing.name}, which is not installed; pip install 'sojourn[kafka]' brings it")


@click.group(cls=Families, context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "SOJOURN", "max_content_width": 100})
@click.version_option(package_name="sojourn", prog_name="sojourn")
def main() -> None:
    """Rebuild every customer's journey from the touchpoints of all channels.

    DIR is a folder that sojourn run keeps: the journal of all events, and a mart of journeys, waits and risks that DuckDB opens.

    Begin with: sojourn demo
    """


if __name__ == "__main__":
    main()
