"""The checker finds the fault of each faulty server, and nothing else."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.checker.verdict import FindingKind
from tests.checker.mutants import AUTO_ACK, MUTANTS, Mutant
from tests.checker.strategies import DIALECTS, GeneratedHistory, histories
from tests.checker.test_honest import found

NUMBERED = tuple(each for each in DIALECTS if each.positions)
UNNUMBERED = tuple(each for each in DIALECTS if not each.positions)


def name_of(value: object) -> str:
    return value.__name__ if callable(value) and hasattr(value, "__name__") else str(value)


@pytest.mark.parametrize(("kind", "mutant"), MUTANTS, ids=name_of)
@given(histories(NUMBERED), st.integers(0, 1 << 30))
def test_each_violated_guarantee_is_found(
    kind: FindingKind, mutant: Mutant, history: GeneratedHistory, seed: int
) -> None:
    assert set(found(mutant(history, Random(seed)))) == {kind}


@pytest.mark.parametrize(("kind", "mutant"), AUTO_ACK, ids=name_of)
@given(histories(UNNUMBERED), st.integers(0, 1 << 30))
def test_each_violated_guarantee_is_found_without_positions(
    kind: FindingKind, mutant: Mutant, history: GeneratedHistory, seed: int
) -> None:
    assert set(found(mutant(history, Random(seed)))) == {kind}
