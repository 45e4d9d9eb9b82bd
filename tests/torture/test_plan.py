"""The plan of a run: it follows from its seed, and nothing is left out."""

from itertools import pairwise

import pytest

from torture.faults.catalogue import FAULTS
from torture.plan import CALM, DIALECTS, NoRoom, Plan, make_plan

KINDS = [fault.kind for fault in FAULTS.values()]
SHORTEST = CALM + sum(kind.seconds for kind in KINDS)


def plan_of(seed: int, *, seconds: float = 60.0, users: int = 16, rate: float = 50.0) -> Plan:
    return make_plan(seed, seconds=seconds, users=users, rate=rate, kinds=KINDS)


def test_a_seed_has_one_plan() -> None:
    assert plan_of(7) == plan_of(7)
    assert plan_of(7).digest == plan_of(7).digest
    assert list(plan_of(7).lines()) == list(plan_of(7).lines())
    assert plan_of(7).digest != plan_of(8).digest


@pytest.mark.parametrize("seconds", [SHORTEST, 60.0])
@pytest.mark.parametrize("seed", range(10))
def test_every_kind_of_fault_is_planned_and_none_overlaps(seed: int, seconds: float) -> None:
    plan = plan_of(seed, seconds=seconds)
    assert {strike.fault for strike in plan.strikes} == set(FAULTS)
    assert plan.strikes[0].at >= CALM
    for one, next_one in pairwise(plan.strikes):
        assert one.at + one.seconds <= next_one.at + 1e-6
    assert plan.strikes[-1].at + plan.strikes[-1].seconds <= plan.seconds + 1e-6


def test_every_strike_has_victims_that_exist() -> None:
    plan = plan_of(1)
    for strike in plan.strikes:
        assert len(set(strike.victims)) == len(strike.victims) >= 2
        assert set(strike.victims) <= set(range(len(plan.devices)))


def test_the_traffic_is_as_asked_for() -> None:
    plan = plan_of(3, seconds=200, rate=50)
    assert plan.messages == pytest.approx(200 * 50, rel=0.2)
    assert {device.dialect for device in plan.devices} == set(DIALECTS)
    assert len({device.name for device in plan.devices}) == len(plan.devices)
    for burst in plan.bursts:
        assert plan.devices[burst.device].user != burst.to, "nobody writes to oneself"


def test_everybody_knows_whom_they_write_to_and_hear_from() -> None:
    plan = plan_of(4)
    for burst in plan.bursts:
        sender = plan.devices[burst.device].user
        assert burst.to in plan.peers(sender)
        assert sender in plan.peers(burst.to)


def test_a_run_too_short_for_its_faults_is_refused() -> None:
    with pytest.raises(NoRoom, match="take longer"):
        plan_of(1, seconds=SHORTEST - 0.1)


def test_two_users_without_any_faults_have_a_plan() -> None:
    plan = make_plan(1, seconds=5, users=2, rate=10, kinds=[])
    assert plan.strikes == ()
    assert plan.bursts
