"""Profiles of hypothesis, and where the real data sets lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A deadline measures the machine, not the code; `ci` finds the same examples at every run, and more of them.
settings.register_profile("dev", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("dev"), max_examples=100, derandomize=True, database=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "dev"))


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data sets: SOJOURN_DATA, else ../shared/data beside the repository. Skips the test where there is none."""
    named = os.environ.get("SOJOURN_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the real data sets are not here: {folder} is no folder; set SOJOURN_DATA")
    return folder
