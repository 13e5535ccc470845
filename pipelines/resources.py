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
