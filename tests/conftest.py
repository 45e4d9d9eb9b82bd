"""What holds for all tests."""

import os
import signal
from collections.abc import Generator

import httpx
import pytest
from hypothesis import HealthCheck, settings

# How long generating takes says how busy the machine is, and nothing about the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# Unless told otherwise httpx gives an answer five seconds; it has no setting for all clients.
httpx._config.DEFAULT_TIMEOUT_CONFIG.read = 60

# Where a shell runs the tests in its background, Ctrl-C is ignored, and below `nohup` the end of
# the terminal, also by what they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

pytest_plugins = ["pytester"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a skipped `service` test where CI has promised that its service is there."""
    report = yield
    service = item.get_closest_marker("service") is not None
    if report.skipped and service and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} needs its service, and CI must have it: {report.longrepr}"
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Try browsers last: Playwright keeps a loop in its thread, where no other can then run."""
    items.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))
