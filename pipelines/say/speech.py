"""What a rule says of itself to whoever is alerted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipelines.judge.rule import Rule
from schemas.errors import RuleError

FEED_SILENT = "feed_silent"
SENTENCES: Mapping[str, str] = {
    FEED_SILENT: "A feed that the journey map expects is silent: what it would tell is unknown.",
    "pipeline_behind": "The pipeline is behind: events wait to be read, so what holds now is not known yet.",
    "dead_letters_many": "An unusual share of what comes in can't be read.",
    "mart_stale": "No snapshot was published for a long time.",
}
"""Of what is watched beside the rules."""


@dataclass(frozen=True)
class Speech:
    """A rule's sentence, its runbook if it names one, and how much its breaches weigh."""

    sentence: str
    runbook: str | None = None
    weight: float = 1.0


def speeches(rules: Iterable[Rule]) -> dict[str, Speech]:
    """Return what each rule says of itself, and what is said of feeds and of the pipeline.

    Raises:
        RuleError: the weight in a header is none.
    """
    own = {name: Speech(sentence) for name, sentence in SENTENCES.items()}
    return own | {rule.name: Speech(rule.says, rule.header.get("runbook") or None, _weight(rule)) for rule in rules}


def _weight(rule: Rule) -> float:
    text = rule.header.get("severity", "1")
    try:
        weight = float(text)
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= 1000:
        raise RuleError(f"the rule {rule.name}: severity: {text!r} is not allowed; allowed: a weight from 0 to 1000, 1 where nothing is said")
    return weight
