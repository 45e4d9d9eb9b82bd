"""An independent test for injection: sqlmap tries each parameter of the HTTP API, and of frames."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.independent.frame_bridge import described, frame_bridge, frames
from tests.independent.sample_data import GENEROUS, create_sample_data
from tests.support.process import server_process

PROGRAM = Path(sys.executable).with_name("sqlmap")
WORKERS = 4
"""sqlmap mostly waits: it looks at each page twice, half a second apart."""
QUICK = ("--level=1", "--risk=1", "--technique=BEU")
"""Techniques that do not wait for a slow database."""
DEEP = (
    f"--level={os.environ.get('NIGHTLY_LEVEL', '3')}",
    "--risk=2",
    "--technique=BEUSTQ",
    "--time-sec=2",
)
TIMEOUT = {QUICK: 300, DEEP: 5_000}
"""Seconds after which sqlmap is ended: nobody else would while it runs in a thread."""

Json = dict[str, Any]


def examples(known: Mapping[str, str]) -> Json:
    """Values that exist: sqlmap compares the responses to changed values with theirs."""
    return {
        "conversation_id": known["conversation"],
        "session_id": known["key"],
        "file_id": known["file"],
        "seq": 1,
        "limit": 20,
        "q": "One",
        "after": "a",
        "search": "gr",
        **dict.fromkeys(("user", "username", "with", "to", "receiver"), "grace"),
        **dict.fromkeys(("receiver_id", "receiverId"), "grace"),
        **dict.fromkeys(("user_id", "sender_id", "senderId", "identifier"), "tester"),
    }


def exemplified(document: Json, values: Json) -> Json:
    """The paths of an OpenAPI document with these examples, without the logout routes."""
    paths = {path: each for path, each in document["paths"].items() if "/logout" not in path}
    for operation in (each for path in paths.values() for each in path.values()):
        for parameter in operation.get("parameters", ()):
            parameter["example"] = values.get(parameter["name"], "1")
        for content in operation.get("requestBody", {}).get("content", {}).values():
            if isinstance(content["example"], dict):  # only JSON bodies have fields to try
                content["example"] |= {
                    name: values[name] for name in content["example"] if name in values
                }
    return paths


def run_sqlmap(address: str, document: Json, folder: Path, *options: str, token: str = "") -> str:
    """Try all parameters of an OpenAPI document; return the output of sqlmap."""
    (folder / "openapi.json").write_text(json.dumps(document), "utf-8")
    command = [str(PROGRAM), "--openapi=openapi.json", f"--openapi-base={address}", *options]
    command += ["--batch", "--ignore-stdin", "--disable-coloring", "--flush-session"]
    command += ["--ignore-code=*", "--dbms=SQLite", f"--output-dir={folder / 'output'}"]
    command += [f"--header=Authorization: Bearer {token}"] if token else []
    timeout = TIMEOUT[options]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=True, timeout=timeout
    )
    return done.stdout


def run_in_parts(address: str, document: Json, folder: Path, *options: str, token: str) -> str:
    """Like `run_sqlmap`, several at a time."""
    paths = list(document["paths"].items())

    def part(number: int) -> str:
        subfolder = folder / f"part-{number}"
        subfolder.mkdir()
        some = {**document, "paths": dict(paths[number::WORKERS])}
        return run_sqlmap(address, some, subfolder, *options, token=token)

    with ThreadPoolExecutor(WORKERS) as pool:
        return "".join(pool.map(part, range(WORKERS)))


def injectable(output: str) -> list[str]:
    return re.findall(r"^Parameter: (.+)$", output, re.MULTILINE)


def confirmed(ask: Callable[[Path], str], folder: Path) -> str:
    """The output of sqlmap; it is run once more if it suspects something.

    It compares responses, and one that differs by chance looks like an injection. A real injection
    is found each time.
    """
    output = ""
    for attempt in ("first", "second"):
        subfolder = folder / attempt
        subfolder.mkdir()
        output = ask(subfolder)
        if not injectable(output):
            break
    return output


def cleared(output: str) -> int:
    """The number of parameters in which sqlmap found no injection."""
    return output.count("does not seem to be injectable")


def fields(document: Json) -> int:
    """The number of parameters and fields that have an example in a document."""
    count = 0
    for operation in (each for path in document["paths"].values() for each in path.values()):
        count += len(operation.get("parameters", ()))
        content = operation.get("requestBody", {}).get("content", {})
        count += len(content.get("application/json", {}).get("example", ()))
    return count


def assert_no_parameter_is_injectable(folder: Path, *options: str) -> None:
    with server_process(folder, **GENEROUS) as server:
        known = create_sample_data(server.address)
        document = httpx.get(f"{server.address}/docs/openapi.json").json()
        document["paths"] = exemplified(document, examples(known))

        def ask(subfolder: Path) -> str:
            return run_in_parts(server.address, document, subfolder, *options, token=known["token"])

        output = confirmed(ask, folder)
    assert injectable(output) == []
    assert cleared(output) >= fields(document) * 0.9, output


def assert_no_frame_is_injectable(folder: Path, *options: str) -> None:
    with server_process(folder, **GENEROUS) as server:
        known = create_sample_data(server.address)
        document = described(frames(known))
        with frame_bridge(server.socket_address, known["token"]) as address:
            output = confirmed(
                lambda subfolder: run_sqlmap(address, document, subfolder, *options), folder
            )
    assert injectable(output) == []
    # sqlmap skips fields called `token`, which it takes for protection against forgery
    assert cleared(output) >= fields(document) - 2, output


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_S24_no_parameter_is_injectable(tmp_path: Path) -> None:
    assert_no_parameter_is_injectable(tmp_path, *QUICK)


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.timeout(400)
def test_S24_no_field_of_a_frame_is_injectable(tmp_path: Path) -> None:
    assert_no_frame_is_injectable(tmp_path, *QUICK)


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.timeout(5_400)
def test_S24_no_parameter_is_injectable_at_higher_levels(tmp_path: Path) -> None:
    assert_no_parameter_is_injectable(tmp_path, *DEEP)


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.timeout(5_400)
def test_S24_no_field_of_a_frame_is_injectable_at_higher_levels(tmp_path: Path) -> None:
    assert_no_frame_is_injectable(tmp_path, *DEEP)


class Careless(BaseHTTPRequestHandler):
    """Inserts a parameter into a statement without escaping."""

    def do_GET(self) -> None:
        given = parse_qs(urlsplit(self.path).query)["id"][0]
        try:
            with sqlite3.connect(":memory:") as database:
                database.execute("CREATE TABLE item AS SELECT 1 AS id, 'one' AS name")
                statement = f"SELECT name FROM item WHERE id = {given}"  # noqa: S608 - the point
                body = json.dumps(database.execute(statement).fetchall()).encode()
        except sqlite3.Error as error:
            body = str(error).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


CARELESS = {
    "openapi": "3.1.0",
    "info": {"title": "Careless", "version": "1"},
    "paths": {
        "/item": {
            "get": {
                "parameters": [{"name": "id", "in": "query", "example": "1"}],
                "responses": {"200": {"description": "An item"}},
            }
        }
    },
}


@pytest.mark.slow
def test_sqlmap_reports_an_injectable_example(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Careless) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        output = run_sqlmap(f"http://127.0.0.1:{server.server_port}", CARELESS, tmp_path, *QUICK)
        server.shutdown()
    assert injectable(output) == ["id (GET)"], output
