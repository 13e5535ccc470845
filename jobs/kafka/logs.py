"""Logs: one JSON object a line on standard error, with the fields that log collectors look for."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import msgspec

_QUIET = ("faust", "mode", "aiokafka", "kafka", "asyncio", "jobs.kafka.app", "jobs.kafka.transport")  # Faust's services log under the last two

SILENCE_S = 10.0
"""So long (seconds) a library does not say the same thing again."""


class Calm(logging.Filter):
    """Lets a library say the same thing once in a while: while brokers are away, clients would say it ten times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether it is said; of what was not said meanwhile, the number is."""
        if record.levelno < logging.WARNING or not record.name.startswith(_QUIET):
            return True
        what = (record.name, str(record.msg))
        said, unsaid = self._said.get(what, (float("-inf"), 0))
        if record.created - said < SILENCE_S:
            self._said[what] = said, unsaid + 1
            return False
        self._said[what] = record.created, 0
        if unsaid:
            record.msg = f"{record.getMessage()} (and {unsaid} times more since)"
            record.args = ()
        return True


class JsonLines(logging.Formatter):
    """Formats a record as JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def log_to_stderr(verbose: bool = False) -> None:
    """Send all logs there; libraries only warn, unless more is asked for."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(Calm())
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.INFO if verbose else logging.WARNING)
