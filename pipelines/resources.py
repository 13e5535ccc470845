"""The texts that ship inside the packages: SQL models and other files beside the code. The only module of ``pipelines`` that reads any."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def read_text(package_path: str) -> str:
    """Return a packaged text, decoded as UTF-8.

    Args:
        package_path: Top-level package, then the path inside it, with slashes: ``"pipelines/oracle/kept.sql"``.

    Raises:
        FileNotFoundError: no such file ships.

    >>> read_text("pipelines/oracle/kept.sql").startswith("-- kept:")
    True
    """
    package, _, path = package_path.partition("/")
    return files(package).joinpath(path).read_text(encoding="utf-8")


@cache
def sql_names(package_path: str) -> tuple[str, ...]:
    """Return the names, without their ending, of the ``.sql`` files that ship in one folder of a package; in the order of the alphabet.

    >>> "promise_broken" in sql_names("pipelines/rules")
    True
    """
    package, _, path = package_path.partition("/")
    found = (entry.name for entry in files(package).joinpath(path).iterdir())
    return tuple(sorted(name.removesuffix(".sql") for name in found if name.endswith(".sql")))
