"""Every rule finds what the simulator planted for it, through a whole run (the short form of ``make prove-rules``)."""

from __future__ import annotations

from pathlib import Path

from tests.proof.rules import embedded, holds, page, proofs


def test_each_rule_finds_each_planted_case_and_nothing_on_a_clean_log(tmp_path: Path) -> None:
    planted, clean = proofs(tmp_path, events=30_000, seed=4, through=embedded)
    assert holds(planted, clean), page(planted, clean)
    assert not any(proof.unplanned for proof in planted), page(planted, clean)
