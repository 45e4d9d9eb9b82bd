"""Whole servers and clients on simulated time keep every guarantee under faults."""

import secrets
import subprocess
import sys
from collections import Counter

import pytest

from backchannel.checker import journal
from tests.simulation.run import again, simulate

SEEDS = 160
AT_ONCE = 20
CHANCE = 20
MANY = 5_000


def must_be_sound(seed: int) -> None:
    outcome = simulate(seed)
    verdict = outcome.check()
    assert verdict.conclusive, again(seed)
    assert not outcome.troubles, again(seed)
    assert not verdict.findings, again(seed)


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_R1_R2_R3_R4_R5_R6_R7_hold_in_every_run(first: int) -> None:
    for seed in range(first, first + AT_ONCE):
        must_be_sound(seed)


def test_R5_random_seeds_pass() -> None:
    for _ in range(CHANCE):
        must_be_sound(secrets.randbits(40))


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
def test_R5_thousands_of_random_seeds_pass() -> None:
    for _ in range(MANY):
        must_be_sound(secrets.randbits(40))


def test_the_seeds_reach_every_kind_of_record_and_ending() -> None:
    """The seeds reach each kind of response, path and ending."""
    seen = Counter[str]()
    for seed in range(SEEDS // 2):
        for record in simulate(seed).records:
            seen[type(record).__name__] += 1
            match record:
                case journal.Fail(code=code):
                    seen[code] += 1
                case journal.Reset(reason=reason):
                    seen[reason] += 1
                case journal.Deliver(source=source):
                    seen[source] += 1
                case journal.DeliverReceipt(mark=mark):
                    seen[mark] += 1
                case _:
                    pass
    wanted = {"Invoke", "Ok", "Unknown", "Change", "Resume", "History", "Finish"}
    wanted |= {"overloaded", "unavailable", "fresh", "too_old", "too_many"}
    wanted |= {"live", "sync", "reply", "delivered", "read"}
    assert wanted <= set(seen)


def test_a_seed_determines_the_run() -> None:
    """Also in another process, where sets have another order."""
    shown = {_digests(hash_seed) for hash_seed in ("0", "1")}
    assert len(shown) == 1
    assert len(set(shown.pop().splitlines())) == 5


def _digests(hash_seed: str) -> str:
    command = [sys.executable, "-m", "tests.simulation", "--runs", "5", "--digest"]
    done = subprocess.run(
        command, env={"PYTHONHASHSEED": hash_seed}, capture_output=True, text=True, check=True
    )
    return done.stdout
