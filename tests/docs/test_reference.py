"""The reference at `/docs`, in a real browser."""

import re
import subprocess

import pytest

from tests.docs.conftest import Documents
from tests.support.chromium import PROGRAM, QUIET

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium here"),
]


def shown(documents: Documents, query: str = "") -> str:
    """The page's HTML once its scripts have run."""
    assert PROGRAM is not None
    profile = f"--user-data-dir={documents.folder / 'profile'}"
    url = f"{documents.address}/docs{query}"
    command = [PROGRAM, *QUIET, profile, "--virtual-time-budget=20000", "--dump-dom", url]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=90).stdout


def test_the_page_shows_every_operation_and_every_frame(documents: Documents) -> None:
    html = shown(documents)
    for methods in documents.openapi["paths"].values():
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in html
    for name in documents.asyncapi["components"]["messages"]:
        assert f'id="frame-{name}"' in html
    headings = re.findall(r"<h2>(.*?)</h2>", html)
    assert headings == ["Native API", "WebSocket", "Compatible APIs", "Operation"]
    assert "curl '" in html
    assert 'href="/docs/protocol"' in html
    assert 'href="/docs/getting-started"' in html
    assert re.search(r'<p id="status"[^>]*></p>', html)


def test_a_search_shows_its_results_or_that_there_are_none(documents: Documents) -> None:
    assert "Nothing matches “zebra crossing”." in shown(documents, "?search=zebra%20crossing")
    found = shown(documents, "?search=reactions%20put")
    assert "Nothing matches" not in found
    assert re.search(r'<details id="addReaction">', found)
    assert re.search(r'<details id="getMe" hidden="">', found)
