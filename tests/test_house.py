"""The house rules that no other tool holds: the core touches nothing outside itself, commands explain themselves, and the README tells the truth."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import click
import pytest

from jobs.cli import main

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = {"pipelines/resources.py", "schemas/__main__.py"}
"""Modules of the core that may open files: packaged texts, and the generator of ``schemas/json``, which never runs in a pipeline."""
RESOURCES = {"schemas/journey_map.py"}
"""Modules that read a text which ships with them, by ``importlib.resources``."""

OUTSIDE = {
    *("asyncio", "glob", "http", "httpx", "io", "multiprocessing", "os", "platform", "random", "requests", "secrets", "shutil", "signal", "socket"),
    *("sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid"),
}
"""Modules by which a function could reach a file, a clock, the environment, the network, or chance."""
CALLS = {
    *("open", "input", "print", "exec", "eval", "now", "utcnow", "today", "read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink"),
    *("rename", "read_parquet", "write_parquet", "read_csv", "read_json", "read_table", "write_table"),
}
"""Names of calls that do the same. ``resources.read_text`` is the one door to packaged texts."""


def core() -> list[str]:
    """Return the modules of the core, relative to the repository."""
    return sorted(str(file.relative_to(ROOT)) for package in ("schemas", "pipelines") for file in (ROOT / package).rglob("*.py"))


def test_there_is_a_core_to_judge() -> None:
    assert len(core()) > 40


@pytest.mark.parametrize("module", [module for module in core() if module not in ALLOWED])
def test_the_core_opens_no_file_clock_environment_or_network(module: str) -> None:
    assert list(reaches(ast.parse((ROOT / module).read_text(encoding="utf-8")), resources=module in RESOURCES)) == []


@pytest.mark.parametrize(
    "text",
    [
        "import os",
        "from time import monotonic",
        "import urllib.request",
        "open('x')",
        "from pathlib import Path\nPath('x').read_text()",
        "from datetime import datetime\ndatetime.now()",
        "import numpy as np\nnp.random.default_rng()",
        "import importlib.resources",
        "import duckdb\nduckdb.connect('file.duckdb')",
    ],
)
def test_reaching_outside_is_seen(text: str) -> None:
    assert list(reaches(ast.parse(text), resources=False))


def test_packaged_texts_and_pure_dates_are_no_reach() -> None:
    text = (
        "from pathlib import Path\nfrom pipelines.resources import read_text\nfrom datetime import datetime\nread_text('a/b.sql')\nPath('a').stem\n"
    )
    assert list(reaches(ast.parse(text), resources=False)) == []


def test_no_module_is_named_for_nothing() -> None:
    named = {file.stem for package in ("schemas", "pipelines", "jobs") for file in (ROOT / package).rglob("*.py")}
    assert named & {"utils", "util", "helpers", "helper", "common", "misc", "manager"} == set()


def test_sql_lies_in_files() -> None:
    strings = re.compile(r'f"[^"\n]*\b(select|insert into|delete from|create table)\b[^"\n]*"')
    files = [file for package in ("schemas", "pipelines", "jobs") for file in (ROOT / package).rglob("*.py")]
    assert [str(file.relative_to(ROOT)) for file in files if strings.search(file.read_text(encoding="utf-8"))] == []


def test_every_command_and_option_has_help() -> None:
    silent = []
    for path, command in commands(main, "sojourn"):
        silent += [path] if not command.help else []
        silent += [f"{path} {option.name}" for option in command.params if isinstance(option, click.Option) and not option.help]
    assert silent == []


def test_every_command_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [path for path, command in commands(main, "sojourn") if not isinstance(command, click.Group) and path not in readme] == []


def test_commands_of_the_readme_exist() -> None:
    known = dict(commands(main, "sojourn"))
    unknown = []
    for words in shown_commands():
        path = next((path for path in (" ".join(["sojourn", *words[1:3]]), " ".join(["sojourn", *words[1:2]])) if path in known), None)
        options = {word.partition("=")[0] for word in words if word.startswith("--")}
        allowed = {name for option in (known[path].params if path else []) for name in option.opts} | {"--help", "--version"}
        unknown += [words] if path is None or options - allowed else []
    assert shown_commands()
    assert unknown == []


def test_targets_of_the_readme_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    quoted = re.findall(r"`make [a-z-]+`", (ROOT / "README.md").read_text())
    named = set(re.findall(r"\bmake ([a-z-]+)\b", "\n".join(code_blocks()) + "".join(quoted)))
    assert named
    assert named - targets == set()


def test_links_of_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def reaches(tree: ast.Module, *, resources: bool) -> Iterator[str]:
    """Yield what a module does to reach outside of itself."""
    doors = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "pipelines.resources")
    texts = {alias.asname or alias.name for door in doors for alias in door.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if outside(alias.name, resources))
        elif isinstance(node, ast.ImportFrom) and outside(node.module or "", resources):
            yield node.module or ""
        elif isinstance(node, ast.Call):
            yield from reaching_call(node, texts, resources)


def outside(module: str, resources: bool) -> bool:
    return (module.split(".")[0] in OUTSIDE and module != "urllib.parse") or (module.startswith("importlib") and not resources)


def reaching_call(call: ast.Call, texts: set[str], resources: bool) -> Iterator[str]:
    """Yield a call by its text, where it reaches outside."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""
    spelled = ast.unparse(call.func)
    if name in CALLS and not (spelled in texts or (resources and name == "read_text")):
        yield spelled
    if name == "default_rng" and not call.args:  # without a seed it draws from the machine
        yield spelled
    if spelled == "duckdb.connect" and call.args and not (isinstance(call.args[0], ast.Constant) and call.args[0].value == ":memory:"):
        yield ast.unparse(call)


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Yield every command with the words that call it."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield f"{path} {name}", found
            if isinstance(found, click.Group):
                yield from commands(found, f"{path} {name}")


def code_blocks() -> list[str]:
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)
    return [text for language, text in blocks if language in ("sh", "console")]


def shown_commands() -> list[list[str]]:
    """Return the commands in the README's blocks of code, each as its words."""
    lines = (line.strip().removeprefix("$ ") for block in code_blocks() for line in block.replace("\\\n", " ").splitlines())
    return [words for line in lines if "sojourn " in line for words in parts_of(line) if words and Path(words[0]).name == "sojourn"]


def parts_of(line: str) -> Iterator[list[str]]:
    """Yield the commands of a pipeline, without comments."""
    words = shlex.shlex(line, posix=True, punctuation_chars="|")
    words.whitespace_split = True
    try:
        for bar, part in groupby(words, key=lambda word: word == "|"):
            if not bar:
                yield list(part)
    except ValueError:  # a line of output, with a quotation mark of its own
        return
