"""``python -m schemas`` writes ``schemas/json/``; ``python -m schemas --check`` fails with exit code 1 where it is not up to date."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from schemas.json_schema import documents

FOLDER = Path(__file__).resolve().parent / "json"


def stale(folder: Path) -> list[str]:
    """Return the generated files in this folder that are missing or differ from what the classes say."""
    return [name for name, text in documents().items() if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text]


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    """Write the schemas, or check them; return the exit code."""
    if list(arguments) not in ([], ["--check"]):
        sys.stderr.write("usage: python -m schemas [--check]\n")
        return 2
    old = stale(folder)
    if arguments:
        sys.stderr.writelines(f"{folder.name}/{name} is not up to date: run python -m schemas\n" for name in old)
        return 1 if old else 0
    folder.mkdir(exist_ok=True)
    for name in old:
        (folder / name).write_text(documents()[name], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
