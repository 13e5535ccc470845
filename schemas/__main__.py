"""``python -m schemas`` writes what is generated from the contracts: ``schemas/json/`` and, in a working copy, ``infra/data-dictionary.md``.

With ``--check`` nothing is written: the exit code is 1 where something is not up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from schemas.json_schema import documents
from schemas.mart import dictionary

FOLDER = Path(__file__).resolve().parent / "json"
ROOT = FOLDER.parents[1]


def generated(folder: Path, root: Path = ROOT) -> dict[Path, str]:
    """Return each generated file with what stands in it: the schemas in this folder, the data dictionary where the root is a working copy."""
    files = {folder / name: text for name, text in documents().items()}
    return files | ({root / "infra" / "data-dictionary.md": dictionary()} if (root / "pyproject.toml").is_file() else {})


def stale(folder: Path, root: Path = ROOT) -> list[str]:
    """Return the names of generated files that are missing or differ from what the classes say."""
    return [path.name for path, text in generated(folder, root).items() if not path.is_file() or path.read_text(encoding="utf-8") != text]


def main(arguments: Sequence[str], folder: Path = FOLDER, root: Path = ROOT) -> int:
    """Write the files, or check them; return the exit code."""
    if list(arguments) not in ([], ["--check"]):
        sys.stderr.write("usage: python -m schemas [--check]\n")
        return 2
    old = stale(folder, root)
    if arguments:
        sys.stderr.writelines(f"{name} is not up to date: run python -m schemas\n" for name in old)
        return 1 if old else 0
    for path, text in generated(folder, root).items():
        if path.name in old:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
