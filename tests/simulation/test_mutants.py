"""The checker must detect a broken server, and find nothing against an intact one."""

from functools import cache

import pytest

from tests.simulation.mutants import MUTANTS, Break
from tests.simulation.run import simulate

SEEDS = 120
"""Within so many seeds a mutant must be found; most are in the first few."""


@cache
def is_clean(seed: int) -> bool:
    return simulate(seed).check().clean


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_broken_server_is_detected(mutant: Break) -> None:
    for seed in range(SEEDS):
        assert is_clean(seed), "the server as it is, with the same seed"
        with mutant():
            found = simulate(seed).check().totals
        if MUTANTS[mutant] & found.keys():
            return
    pytest.fail(f"{mutant.__name__} went unnoticed")
