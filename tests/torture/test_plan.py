"""The plan of a run: it follows from its seed, and contains every fault."""

from itertools import pairwise

import pytest

from torture.faults.catalogue import FAULTS
from torture.plan import DIALECTS, WARM_UP, NoRoom, Plan, make_plan

KINDS = [fault.kind for fault in FAULTS.values() if fault.for_one]
SHORTEST = WARM_UP + sum(kind.seconds for kind in KINDS)


def plan_of(seed: int, *, seconds: float = 60.0, users: int = 16, rate: float = 50.0) -> Plan:
    return make_plan(seed, seconds=seconds, users=users, rate=rate, kinds=KINDS)


def test_a_seed_determines_the_plan() -> None:
    assert plan_of(7) == plan_of(7)
    assert plan_of(7).digest == plan_of(7).digest
    assert list(plan_of(7).lines()) == list(plan_of(7).lines())
    assert plan_of(7).digest != plan_of(8).digest


@pytest.mark.parametrize("seconds", [SHORTEST, 60.0])
@pytest.mark.parametrize("seed", range(10))
def test_every_kind_of_fault_is_planned_and_none_overlaps(seed: int, seconds: float) -> None:
    plan = plan_of(seed, seconds=seconds)
    assert {planned.fault for planned in plan.faults} == {each.name for each in KINDS}
    assert plan.faults[0].at >= WARM_UP
    for one, next_one in pairwise(plan.faults):
        assert one.at + one.seconds <= next_one.at + 1e-6
    assert plan.faults[-1].at + plan.faults[-1].seconds <= plan.seconds + 1e-6


def test_every_fault_hits_existing_devices() -> None:
    plan = plan_of(1)
    for planned in plan.faults:
        assert len(set(planned.victims)) == len(planned.victims) >= 2
        assert set(planned.victims) <= set(range(len(plan.devices)))


def test_the_traffic_is_as_asked_for() -> None:
    plan = plan_of(3, seconds=200, rate=50)
    assert plan.messages == pytest.approx(200 * 50, rel=0.2)
    assert {device.dialect for device in plan.devices} == set(DIALECTS)
    assert len({device.name for device in plan.devices}) == len(plan.devices)
    for burst in plan.bursts:
        assert plan.devices[burst.device].user != burst.to, "no user writes to the same user"


def test_senders_and_receivers_are_peers() -> None:
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
    assert plan.faults == ()
    assert plan.bursts
