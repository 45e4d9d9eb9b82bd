"""Options and fixtures of all tests."""

import os
import re
import signal
from collections.abc import Generator
from functools import cache
from typing import Any

import httpx
import pytest
import websockets.asyncio.client
import websockets.sync.client
from hypothesis import HealthCheck, settings
from xdist.remote import Producer

from tests.support.engines import DATABASES, SQLITE
from tests.support.scheduling import BATCH, SmallBatches
from tests.support.turns import Kind, Turn

# The time for generating depends on how busy the machine is, and not on the code. The nightly
# run tries more examples: `--hypothesis-profile=thorough`.
settings.register_profile(
    "quick", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=1_000)
settings.load_profile("quick")

# By default, httpx waits five seconds and websockets ten; there is no setting for all
# clients.
for step in ("connect", "read", "write", "pool"):
    setattr(httpx._config.DEFAULT_TIMEOUT_CONFIG, step, 60)
_openings: list[Any] = [
    websockets.asyncio.client.connect.__init__,
    websockets.sync.client.connect,
]
for opening in _openings:
    opening.__kwdefaults__ |= {"open_timeout": 60, "ping_timeout": 60}

# Each client reads all certificates of the system, which takes longer than most of its requests.
httpx._transports.default.create_ssl_context = cache(httpx.create_ssl_context)  # type: ignore[attr-defined]  # it has no setting

# A shell starts its background jobs with Ctrl-C ignored, and `nohup` with the end of the terminal
# ignored; processes that they start inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

pytest_plugins = ["pytester"]

_turn = Turn()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine",
        default=SQLITE,
        choices=list(DATABASES),
        help="the database of the tests in tests/dialects",
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> SmallBatches:
    config.option.maxschedchunk = BATCH
    return SmallBatches(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Give a test its turn, at which its time limit begins."""
    kind = _kind(item)
    _turn.take(kind)
    try:
        return (yield)
    finally:
        if kind is Kind.SHARED or nextitem is None or _kind(nextitem) is not kind:
            _turn.end()


def _kind(item: pytest.Item) -> Kind:
    marked = (kind for kind in (Kind.ALONE, Kind.TIMED) if item.get_closest_marker(kind.value))
    return next(marked, Kind.SHARED)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a skipped `service` test in CI, which must provide every service."""
    report = yield
    service = item.get_closest_marker("service") is not None
    if report.skipped and service and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} needs its service, and CI must have it: {report.longrepr}"
    return report


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.option.reruns:
        for item in filter(_is_of_a_guarantee, items):
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun="^TimeoutError"))
    _order(items)


def _is_of_a_guarantee(item: pytest.Item) -> bool:
    """True for a test of delivery or security: its failure counts, unless it ran out of time."""
    return re.match(r"test_[RS]\d", item.name) is not None


def _order(items: list[pytest.Item]) -> None:
    """Put tests with a browser last, and tests marked `alone` and `timed` together at both ends.

    Playwright keeps an event loop in its thread, so no other loop can run there. A worker keeps its
    turn from one test that is not shared to the next of its kind.
    """
    kinds = list(Kind)

    def rank_of(item: pytest.Item) -> tuple[bool, int]:
        in_browser = "browser" in getattr(item, "fixturenames", ())
        rank = kinds.index(_kind(item))
        return in_browser, rank if in_browser else -rank

    items.sort(key=rank_of)
