"""The code in docs/getting-started.md runs unchanged, against a real server."""

import re
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.docs.conftest import ROOT, run
from tests.docs.test_generated_clients import CONFIG
from tests.support.process import ServerProcess, server_process

PAGE = (ROOT / "docs" / "getting-started.md").read_text("utf-8")
ADDRESS = "http://localhost:3000"
HEARD = ["Lunch at noon?", "Or at one?", "I am in the yard."]


@pytest.fixture
def server(tmp_path: Path) -> Generator[ServerProcess]:
    with server_process(tmp_path) as running:
        yield running


def code(section: str, language: str) -> str:
    """All code of a section, as one script."""
    _, _, rest = PAGE.partition(f"\n## {section}\n")
    text = rest.partition("\n## ")[0]
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


def script(server: ServerProcess, section: str, language: str, name: str) -> Path:
    written = code(section, language)
    assert ADDRESS in written
    path = server.folder / name
    path.write_text(written.replace(ADDRESS, server.address), "utf-8")
    return path


@pytest.mark.service
def test_the_curl_example_runs(server: ServerProcess) -> None:
    said = run("bash", "-eu", script(server, "curl", "sh", "start.sh"))
    assert said.count('"access_token"') == 0
    assert said.count('"body":"Lunch at noon?"') == 3  # sent, listed, in the log
    assert '"more":false' in said


def test_the_python_example_runs(server: ServerProcess) -> None:
    said = run(sys.executable, script(server, "Python", "python", "start.py"))
    assert said.splitlines() == HEARD


@pytest.mark.service
def test_the_javascript_example_runs(server: ServerProcess) -> None:
    assert run("node", script(server, "JavaScript", "js", "start.mjs")).splitlines() == HEARD


def test_generators_are_configured_as_the_test_of_them_is() -> None:
    assert re.sub(r"\s+", "", code("Generated clients", "json")) == re.sub(
        r"\s+", "", str(CONFIG).replace("'", '"')
    )
