"""The names of Faust and aiokafka that we rely on though nobody promises them: this fails when one is gone, or is used and not listed."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("faust", reason="the distributed form is not installed: pip install '.[kafka]'")

import jobs.kafka
from jobs.kafka.transport import PRIVATE

MODULES = sorted(Path(jobs.kafka.__path__[0]).rglob("*.py"))


@pytest.mark.parametrize(("owner", "name"), [(owner, name) for owner, names in PRIVATE.items() for name in names])
def test_a_private_name_that_we_use_is_still_there(owner: type | ModuleType, name: str) -> None:
    if not hasattr(owner, name):  # then it belongs to instances
        assert name in {word for base in inspect.getmro(owner) for word in names_set_by(base)}


def names_set_by(owner: type) -> set[str]:
    """Return what a class annotates, and what its ``__init__`` names."""
    code = getattr(owner.__dict__.get("__init__"), "__code__", None)
    return {*inspect.get_annotations(owner), *(code.co_names if code is not None else ())}


def test_there_is_no_private_name_that_is_not_listed() -> None:
    listed = {name for names in PRIVATE.values() for name in names}
    used = {(file.name, name) for file in MODULES for name in foreign(ast.parse(file.read_text(encoding="utf-8")))}
    assert {name for _, name in used} >= {"_wait_next_records", "_isolation_level", "_consumer"}  # the look itself works
    assert {(file, name) for file, name in used if name not in listed} == set()


def foreign(tree: ast.Module) -> Iterator[str]:
    """Yield the names with one underscore that a module uses and does not itself make."""
    own = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    for thing in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        inherits = any(isinstance(base, ast.Attribute) for base in thing.bases)  # of faust or its driver
        for node in ast.walk(thing):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                own |= set() if inherits else {node.name}
                if inherits and private(node.name):
                    yield node.name
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                own.add(node.target.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name) and node.value.id == "self":
                own.add(node.attr)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and private(node.attr) and node.attr not in {*own, "_exit"}:  # that one is os's promise
            yield node.attr


def private(name: str) -> bool:
    """Say whether a name begins with one underscore."""
    return name.startswith("_") and not name.startswith("__")
