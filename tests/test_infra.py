"""What infra says of Sojourn is so: files, commands, variables and figures that it names exist, and each file is well-formed by its own tool.

Validators are no part of the usual set-up, for one of them is large: ``pip install --group infra``; without them these tests skip.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import click
import pytest

from jobs.cli import main

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")

INFRA = Path(__file__).resolve().parents[1] / "infra"
COMPOSE = [INFRA / "compose.yaml", INFRA / "kafka" / "compose.yaml"]
MANIFESTS = INFRA / "kubernetes" / "sojourn.yaml"
FIGURE = re.compile(r"\bsojourn_[a-z_]+")


def _documents(path: Path) -> list[Any]:
    return [one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one is not None]


def _figures() -> set[str]:
    """Return the names under which Prometheus stores what workers and marts say of themselves."""
    pytest.importorskip("prometheus_client", reason="the distributed form is not installed: pip install '.[kafka]'")
    from jobs.kafka.mart_health import MartFigures
    from jobs.kafka.worker_health import WorkerFigures

    worker = SimpleNamespace(counters={}, records=0, size=0, rebalances=0, commits=0, commit_s=0.0, lanes={})
    loop = SimpleNamespace(folded=1, published=Path("mart-1.duckdb"), as_of_us=0)
    families = [*WorkerFigures(cast(Any, worker)).collect(), *MartFigures(cast(Any, loop)).collect()]
    return {family.name + ("_total" if family.type == "counter" else "") for family in families}


@pytest.mark.parametrize("name", ["grafana/dashboards/sojourn.json", "prometheus/rules.yaml"])
def test_each_figure_that_is_shown_or_watched_is_told(name: str) -> None:
    asked = set(FIGURE.findall((INFRA / name).read_text(encoding="utf-8")))
    assert asked
    assert asked <= _figures()


def test_each_panel_has_a_place_of_its_own_and_asks_for_something() -> None:
    panels = json.loads((INFRA / "grafana" / "dashboards" / "sojourn.json").read_text(encoding="utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}) == len(panels)
    assert all(target["expr"] for panel in panels for target in panel["targets"])


def _commands() -> Iterator[list[str]]:
    """Yield the words of each command that infra starts of ours."""
    for service in _documents(COMPOSE[0])[0]["services"].values():
        if service["image"] == "sojourn":
            yield service["command"]
    for document in _documents(MANIFESTS):
        if document["kind"] in ("StatefulSet", "Deployment"):
            yield from (container["args"] for container in document["spec"]["template"]["spec"]["containers"])


def test_each_command_is_one_of_ours_with_options_that_it_knows() -> None:
    commands = list(_commands())
    assert {words[0] for words in commands} == {"worker", "mart"}
    for words in commands:
        command = main.get_command(click.Context(main), words[0])
        assert command is not None
        options = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words[1:] if word.startswith("--")} <= options


def test_each_variable_that_is_set_for_us_is_read() -> None:
    pytest.importorskip("kafka", reason="the distributed form is not installed: pip install '.[kafka]'")
    from jobs.kafka.settings import read_settings, shown

    known = {*shown(read_settings({})), "SOJOURN_TOPIC_PREFIX", *(name for name in ("PYTHONUNBUFFERED", "PATH"))}
    services = [service for service in _documents(COMPOSE[0])[0]["services"].values() if service["image"] == "sojourn"]
    maps = [document["data"] for document in _documents(MANIFESTS) if document["kind"] == "ConfigMap"]
    image = re.findall(r"^ENV (.*)$", (INFRA / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for one in [*(service["environment"] for service in services), *maps] for name in one}
    named |= {word.partition("=")[0] for line in image for word in line.split()}
    assert named <= known


def test_each_file_that_a_container_is_given_is_here() -> None:
    for service in _documents(COMPOSE[0])[0]["services"].values():
        for volume in service.get("volumes", []):
            if volume.startswith("."):
                assert (INFRA / volume.split(":")[0]).exists()


def test_the_image_copies_what_is_there_and_runs_as_nobody_special() -> None:
    text = (INFRA / "Dockerfile").read_text(encoding="utf-8")
    for line in re.findall(r"^COPY (?!--)(.*)$", text, re.MULTILINE):
        assert all((INFRA.parent / word).exists() for word in line.split()[:-1])
    assert re.search(r"^USER (?!0\b|root\b)", text, re.MULTILINE)


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: str(path.relative_to(INFRA)))
def test_compose_files_are_of_the_specification(path: Path) -> None:
    compose = pytest.importorskip("compose_spec", reason="no validator: pip install --group infra")
    given = {name: part for name, part in _documents(path)[0].items() if not name.startswith("x-")}
    assert compose.ComposeSpecification.model_validate(given).services


def test_manifests_are_of_kubernetes_own_schema() -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="no validator: pip install --group infra")
    documents = _documents(MANIFESTS)
    assert {document["kind"] for document in documents} >= {"StatefulSet", "Deployment", "PodDisruptionBudget", "PersistentVolumeClaim"}
    for document in documents:
        validate.validate(document, "1.33", strict=True)
