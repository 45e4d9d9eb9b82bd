"""Clients that generators make from the OpenAPI document work against a server."""

import json
import shutil
from pathlib import Path

import httpx
import pytest

from tests.docs.conftest import NPM, Documents, run

SCRIPT = Path(__file__).with_name("use_client.txt")
BYTES = "application/octet-stream"
CONFIG = {
    "content_type_overrides": dict.fromkeys(
        ["application/offset+octet-stream", "application/zip", "image/webp", "*/*"], BYTES
    )
}
"""Media types that openapi-python-client does not know are bytes."""
STRICT = ["--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck"]


@pytest.fixture(scope="module")
def address(documents: Documents) -> str:
    """A server with the user grace, to whom clients can write."""
    account = {"username": "grace", "password": "mist over the harbour"}
    httpx.post(f"{documents.address}/v1/register", json=account).raise_for_status()
    return documents.address


@pytest.mark.slow
@pytest.mark.service
def test_openapi_python_client_makes_one(
    documents: Documents, address: str, generator: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({**CONFIG, "post_hooks": []}), "utf-8")
    program = generator / "openapi-python-client"
    command: list[str | Path] = [program, "generate", "--meta", "none"]
    command += ["--path", documents.folder / "openapi.json", "--config", config]
    said = run(*command, "--output-path", tmp_path / "generated")
    assert "WARNING" not in said, said
    script = shutil.copy(SCRIPT, tmp_path / "use_client.py")
    answer = run(generator / "python", script, address, "ada", cwd=tmp_path)
    assert json.loads(answer) == [["hello"], "cursor"]


@pytest.mark.slow
@pytest.mark.service
def test_openapi_typescript_makes_one(
    documents: Documents, address: str, node_programs: Path, tmp_path: Path
) -> None:
    (tmp_path / "node_modules").symlink_to(NPM / "node_modules")
    types = tmp_path / "api.d.ts"
    run(node_programs / "openapi-typescript", documents.folder / "openapi.json", "--output", types)
    shutil.copy(NPM / "use_client.ts", tmp_path)
    run(node_programs / "tsc", *STRICT, "use_client.ts", cwd=tmp_path)
    answer = run("node", "use_client.js", address, "lin", cwd=tmp_path)
    assert json.loads(answer) == [["hello"], "cursor"]
