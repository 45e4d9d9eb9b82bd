"""Where the server breaks its word, the right thing is found, and nothing else."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel.checker.verdict import Kind
from tests.checker.mutants import CURSORLESS, MUTANTS, Mutant
from tests.checker.test_honest import found
from tests.checker.worlds import DIALECTS, Told, told

NUMBERED = tuple(each for each in DIALECTS if each.positions)
UNNUMBERED = tuple(each for each in DIALECTS if not each.positions)


def name_of(value: object) -> str:
    return value.__name__ if callable(value) and hasattr(value, "__name__") else str(value)


@pytest.mark.parametrize(("kind", "mutant"), MUTANTS, ids=name_of)
@settings(max_examples=50, deadline=None)
@given(told(NUMBERED), st.integers(0, 1 << 30))
def test_a_broken_promise_is_found(kind: Kind, mutant: Mutant, history: Told, seed: int) -> None:
    assert set(found(mutant(history, Random(seed)))) == {kind}


@pytest.mark.parametrize(("kind", "mutant"), CURSORLESS, ids=name_of)
@settings(max_examples=50, deadline=None)
@given(told(UNNUMBERED), st.integers(0, 1 << 30))
def test_a_broken_promise_is_found_without_positions(
    kind: Kind, mutant: Mutant, history: Told, seed: int
) -> None:
    assert set(found(mutant(history, Random(seed)))) == {kind}
