"""A `service` test must not be skipped in CI."""

from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"
SKIPPING = """
    import pytest

    @pytest.mark.service
    def test_database():
        pytest.skip("no database here")

    def test_other():
        pytest.skip("not on this system")
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    # Otherwise the plugin of pytester would be loaded twice.
    source = CONFTEST.read_text("utf-8").replace('pytest_plugins = ["pytester"]', "")
    pytester.makeconftest(source)
    pytester.makeini("[pytest]\nmarkers =\n    service: needs a service\n")
    pytester.makepyfile(SKIPPING)
    return pytester


def test_a_skipped_service_test_fails_in_ci(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    result = project.runpytest_inprocess("-p", "no:xdist", "-p", "no:asyncio")
    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.fnmatch_lines(["*needs its service, and CI must have it*no database here*"])


def test_a_service_test_may_be_skipped_outside_ci(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    project.runpytest_inprocess("-p", "no:xdist", "-p", "no:asyncio").assert_outcomes(skipped=2)
