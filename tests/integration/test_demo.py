"""The demo through Kafka: it says that both ways agree, and leaves nothing running and no topic behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from infra.kafka.broker import listens
from jobs.cli import main
from jobs.kafka.settings import read_settings
from jobs.kafka.tools.admin import admin


def test_the_demo_through_kafka_says_what_the_embedded_run_says(broker: Any, environment: dict[str, str], tmp_path: Path) -> None:
    if broker.kind == "substitute":
        pytest.skip("it deletes no topics")
    arguments = ["demo", "--kafka", "--events", "5000", "--to", str(tmp_path / "demo")]
    for read in ("5,000 events read = 4", "10,000 events read = 4"):  # again: everything falls out as copies
        shown = CliRunner().invoke(main, arguments, env=environment)
        assert shown.exit_code == 0, shown.output
        assert read in shown.stdout
        assert "pure tables are equal, row for row" in shown.stdout
        assert "worker-1, worker-2, mart told to end, and ended in order" in shown.stderr
        assert (tmp_path / "demo" / "logs" / "worker-2.log").exists()
    with admin(read_settings(environment).connection) as client:
        assert [name for name in client.list_topics() if name.startswith("sojourn-demo-")] == []


def test_a_command_gets_a_broker_of_its_own_that_ends_with_it(apache: object) -> None:
    program = "import os, sys; print(os.environ['KAFKA_BOOTSTRAP_SERVERS']); sys.exit(7)"
    done = subprocess.run([sys.executable, "-m", "infra.kafka", "--port", "0", "--", sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 7, done.stderr
    assert not listens(int(done.stdout.rpartition(":")[2]))
