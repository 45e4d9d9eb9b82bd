"""The turns of tests: which tests may run beside each other."""

import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pytest

from tests.support.turns import Kind, Turn

TOGETHER = {(Kind.SHARED, Kind.SHARED), (Kind.TIMED, Kind.TIMED)}
SOON = 0.2
FAR = 60.0


@pytest.mark.parametrize(("running", "next_one"), [*product(Kind, Kind)])
def test_a_test_waits_for_those_that_it_may_not_run_beside(
    running: Kind, next_one: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    first, second = Turn(), Turn()
    first.take(running)
    with ThreadPoolExecutor() as threads:
        taking: Future[None] = threads.submit(second.take, next_one)
        if (running, next_one) in TOGETHER:
            taking.result(FAR)
        else:
            with pytest.raises(TimeoutError):
                taking.result(SOON)
        first.end()
        taking.result(FAR)
    second.end()


def test_new_tests_wait_behind_one_that_waits_to_be_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    running, alone, new = Turn(), Turn(), Turn()
    running.take(Kind.SHARED)
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(alone.take, Kind.ALONE)
        with pytest.raises(TimeoutError):
            waiting.result(SOON)
        behind = threads.submit(new.take, Kind.SHARED)
        with pytest.raises(TimeoutError):
            behind.result(SOON)
        running.end()
        waiting.result(FAR)
        assert not behind.done()
        alone.end()
        behind.result(FAR)
    new.end()
