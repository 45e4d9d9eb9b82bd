"""An independent test of the HTTP API: Schemathesis compares a server with its document."""

import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template
from threading import Thread

import httpx
import pytest

from tests.independent.sample_data import GENEROUS, create_sample_data
from tests.support.process import server_process

CONFIG = Path(__file__).with_name("schemathesis.toml")
ROOT = Path(__file__).parents[2]
HOOKS = "tests.independent.schemathesis_hooks"
REPORT = "report.ndjson"
PROMISE = {
    "openapi": "3.1.0",
    "info": {"title": "Promise", "version": "1"},
    "paths": {
        "/thing": {
            "get": {
                "security": [{"bearer": []}],
                "responses": {
                    "200": {"description": "A thing", "content": {"application/json": {}}},
                    "401": {"description": "No token"},
                },
            }
        }
    },
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
}


def run_schemathesis(address: str, folder: Path, *options: str) -> tuple[int, str]:
    """Run Schemathesis over the document at an address; return its exit code and output."""
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", CONFIG.name, "run"]
    command += [f"{address}/docs/openapi.json", "--no-color", "--generation-database=none"]
    command += ["--report-ndjson-path", REPORT, *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": HOOKS}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def succeeded(report: Path) -> set[str]:
    """The operations that have succeeded at least once."""
    found = set()
    for line in report.read_text("utf-8").splitlines():
        recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
        label = recorder.get("label", "")
        for exchange in recorder.get("interactions", {}).values():
            status = (exchange["response"] or {}).get("status_code", 0)
            if 200 <= status < 400 and label.startswith(exchange["request"]["method"] + " "):
                found.add(label)
    return found


def assert_conforms(folder: Path, *options: str) -> None:
    with server_process(folder, **GENEROUS) as server:
        known = {"address": server.address, **create_sample_data(server.address)}
        filled = Template(CONFIG.read_text("utf-8")).substitute(known)
        (folder / CONFIG.name).write_text(filled, "utf-8")
        code, output = run_schemathesis(server.address, folder, *options)
        document = httpx.get(f"{server.address}/docs/openapi.json").json()
    operations = sum(map(len, document["paths"].values()))
    assert code == 0, output
    assert f"Tested: {operations}\n" in output
    # a run that only ever gets refusals has tested little
    assert len(succeeded(folder / REPORT)) > operations * 2 / 3


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_server_conforms_to_its_openapi_document(tmp_path: Path) -> None:
    assert_conforms(tmp_path, "--seed=1", "--max-examples=6")


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.timeout(3_600)
def test_the_server_conforms_to_its_openapi_document_at_length(tmp_path: Path) -> None:
    assert_conforms(tmp_path, f"--max-examples={os.environ.get('NIGHTLY_EXAMPLES', '300')}")


class Liar(BaseHTTPRequestHandler):
    """A faulty application, without the JSON and the login that its document describes."""

    def do_GET(self) -> None:
        if self.path == "/docs/openapi.json":
            self._answer("application/json", json.dumps(PROMISE).encode())
        else:
            self._answer("text/html", b"<p>Hello</p>")

    def _answer(self, media_type: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.mark.slow
def test_schemathesis_reports_a_nonconforming_server(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Liar) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        (tmp_path / CONFIG.name).write_text(f'base-url = "{address}"\n', "utf-8")
        code, output = run_schemathesis(
            address, tmp_path, "--max-examples=1", "--header=Authorization: Bearer x"
        )
        server.shutdown()
    assert code == 1
    assert "Undocumented Content-Type" in output
    assert "API accepts requests without authentication" in output
