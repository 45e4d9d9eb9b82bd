"""The programs in the README of the TypeScript client, run unchanged."""

import asyncio
import re
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.sdk.typescript import MODULES, SDK, compile_sdk, node
from tests.support.native import Person, register
from tests.support.process import ServerProcess, server_process

pytestmark = [pytest.mark.service, pytest.mark.slow]

ADDRESS = "http://localhost:3000"
PASSWORD = "correct horse battery"


def programs() -> list[str]:
    return re.findall(r"```js\n(.*?)```", (SDK / "README.md").read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("readme")
    compile_sdk(made)
    return made


@pytest.fixture(scope="module")
def server(folder: Path) -> Generator[ServerProcess]:
    with server_process(folder) as running:
        yield running


@pytest.fixture(scope="module")
def ada(server: ServerProcess) -> Person:
    asyncio.run(register(server.address, "grace"))
    return asyncio.run(register(server.address, "ada", password=PASSWORD))


def run(folder: Path, program: str, address: str, until: str) -> str:
    """Run a program of the README until it has printed a line; return its output."""
    file = folder / "program.mjs"
    file.write_text(program.replace(ADDRESS, address) + '\nconsole.log("the end");\n')
    database = MODULES / "fake-indexeddb" / "auto" / "index.mjs"
    command = [*node(), "--no-warnings", "--import", database.as_uri(), file.name]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        printed = []
        for line in process.stdout:
            printed.append(line)
            if until in line:
                break
        process.kill()
    assert printed
    assert until in printed[-1], printed
    return "".join(printed)


def test_the_first_program_in_the_readme_sends_and_receives(
    folder: Path, server: ServerProcess, ada: Person
) -> None:
    printed = run(folder, programs()[0], server.address, f"{ada.id}: Half past eight?")
    assert "conversations: " in printed


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("number", range(1, len(programs())))
def test_the_other_programs_in_the_readme_run(
    folder: Path, server: ServerProcess, number: int
) -> None:
    run(folder, programs()[number], server.address, "the end")
