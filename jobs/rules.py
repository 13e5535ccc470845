"""A user's own rules: the ``.sql`` files of a folder."""

from __future__ import annotations

from pathlib import Path

from schemas.errors import RuleError


def read_rules(folder: Path | None) -> dict[str, str]:
    """Return file name without its ending → text, for ``shelf``; nothing where no folder is given.

    Raises:
        RuleError: there is no such folder, it holds no rule, or one can't be read.
    """
    if folder is None:
        return {}
    if not folder.is_dir():
        raise RuleError(f"--rules {str(folder)!r}: there is no such folder")
    found = {path.stem: read_rule(path) for path in sorted(folder.glob("*.sql"))}
    if not found:
        raise RuleError(f"--rules {str(folder)!r}: no .sql file lies there; each is one rule")
    return found


def read_rule(path: Path) -> str:
    """Return the text of one rule's file. Raises RuleError where it can't be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise RuleError(f"can't read the rule {str(path)!r}: {error}") from error
