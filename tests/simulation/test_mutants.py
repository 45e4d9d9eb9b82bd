"""The checker must notice a server that is broken, and must not accuse one that is not."""

import pytest

from tests.simulation.mutants import MUTANTS, Break
from tests.simulation.run import simulate

SEEDS = 40
"""Within so many seeds a mutant must be found; most are in the first few."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_broken_server_is_found_out(mutant: Break) -> None:
    for seed in range(SEEDS):
        assert simulate(seed).judge().clean, "the server as it is, with the same seed"
        with mutant():
            found = simulate(seed).judge().totals
        if MUTANTS[mutant] & found.keys():
            return
    pytest.fail(f"{mutant.__name__} went unnoticed")
