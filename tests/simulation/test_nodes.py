"""Two servers on one database, joined by a faulty bus, keep every guarantee."""

import secrets
from functools import cache

import pytest

from tests.simulation.mutants import Break
from tests.simulation.node_mutants import NODE_MUTANTS
from tests.simulation.run import again, simulate

SEEDS = 16
CHANCE = 4
MANY = 2_000
MUTANT_SEEDS = 60
"""Within so many seeds a mutant must be found; most are in the first few."""


def must_be_sound(seed: int) -> None:
    outcome = simulate(seed, servers=2)
    verdict = outcome.check()
    assert verdict.conclusive, again(seed, 2)
    assert not outcome.troubles, again(seed, 2)
    assert not verdict.findings, again(seed, 2)


def test_R1_R2_R3_R4_R5_R15_R17_hold_with_two_servers_and_a_faulty_bus() -> None:
    for seed in range(SEEDS):
        must_be_sound(seed)
    for _ in range(CHANCE):
        must_be_sound(secrets.randbits(40))


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
def test_R5_R15_thousands_of_random_seeds_with_two_servers_pass() -> None:
    for _ in range(MANY):
        must_be_sound(secrets.randbits(40))


def test_a_seed_determines_the_run_of_two_servers() -> None:
    assert simulate(3, servers=2).digest == simulate(3, servers=2).digest


@cache
def is_clean(seed: int) -> bool:
    return simulate(seed, servers=2).check().clean


@pytest.mark.parametrize("mutant", NODE_MUTANTS, ids=lambda mutant: mutant.__name__)
def test_servers_that_handle_the_bus_wrongly_are_detected(mutant: Break) -> None:
    for seed in range(MUTANT_SEEDS):
        with mutant():
            found = simulate(seed, servers=2).check().totals
        if NODE_MUTANTS[mutant] & found.keys():
            assert is_clean(seed), "the servers as they are, with the same seed"
            return
    pytest.fail(f"{mutant.__name__} went unnoticed")
