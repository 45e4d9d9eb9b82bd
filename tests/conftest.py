"""What holds for all tests."""

import os
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

# How long generating takes says how busy the machine is, and nothing about the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

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
