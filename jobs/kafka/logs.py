"""Logs: one JSON object a line on standard error, with the fields that log collectors look for."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import msgspec

_QUIET = ("faust", "mode", "aiokafka", "kafka", "asyncio", "jobs.kafka.app", "jobs.kafka.transport")  # Faust's services log under the last two


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
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.INFO if verbose else logging.WARNING)
