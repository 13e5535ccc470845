"""Roles are bits on disk: their order is a promise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.roles import MEANINGS, ROLES, bit, names, union


def test_there_are_at_most_sixty_roles_each_with_a_meaning() -> None:
    assert len(ROLES) <= 60
    assert all(meaning.endswith(".") for meaning in MEANINGS.values())


def test_the_first_version_of_the_order_never_changes() -> None:
    assert ROLES[:20] == (
        *("contact", "machine", "human", "failure", "intent", "wait_opens", "wait_closes", "abandoned", "exit", "handoff"),
        *("human_sought", "human_reached", "answer_owed", "listened", "attempt", "answered", "progress", "resolved", "reopened", "terminal"),
    )
    assert {role: ROLES.index(role) for role in ("backstage", "purchase", "complaint", "recovery", "house")} == {
        "backstage": 20,
        "purchase": 31,
        "complaint": 40,
        "recovery": 43,
        "house": 54,
    }


@given(st.sets(st.sampled_from(ROLES)))
def test_a_set_of_roles_survives_its_bits(chosen: set[str]) -> None:
    assert set(names(union(chosen))) == chosen
    assert union(chosen) == sum(bit(role) for role in chosen)


def test_a_word_that_is_no_role_has_no_bit() -> None:
    with pytest.raises(KeyError):
        bit("wait_open")
