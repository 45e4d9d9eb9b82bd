"""A start imports only the modules that it needs, because imports take time."""

import subprocess
import sys
from pathlib import Path

from tests.support.process import ServerProcess

IMPORTS = (sys.executable, "-X", "importtime", "-m", "backchannel")
"""The command line, with each module that it imports on standard error."""

SLOW = {
    "aio_pika": "the bus on RabbitMQ",
    "aiokafka": "the bus on Kafka",
    "alembic": "a database that has to be migrated",
    "asyncmy": "a database on MariaDB",
    "asyncpg": "a database, or the bus, on PostgreSQL",
    "backchannel.cli.chat": "the command `chat`",
    "backchannel_client": "the command `chat`",
    "httpx": "link previews, and responders that ask others",
    "nats": "the bus on NATS",
    "obstore": "files in an object store",
    "PIL": "the process that inspects files",
    "pydantic.v1": "nothing here: Litestar's plugin for Pydantic has it",
    "pymongo": "a database on MongoDB",
    "redis": "the bus on Redis",
    "textual": "the full screen of `chat`",
    "tinytag": "the process that inspects files",
}
"""The packages that a server on SQLite has no use for, and their use."""

HEAVY = {
    "backchannel.app": "the server",
    "backchannel.settings": "the settings",
    "cryptography": "certificates and tokens",
    "litestar": "the web application",
    "sqlalchemy": "databases",
    "uvicorn": "the HTTP server",
}
"""The packages that only some commands need, and their use."""


def imported(log: str) -> set[str]:
    """The modules and packages of a log of imports."""
    lines = [line for line in log.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


def test_version_imports_no_server_modules() -> None:
    answer = subprocess.run([*IMPORTS, "--version"], capture_output=True, text=True, check=True)
    modules = imported(answer.stderr)
    assert "backchannel.cli.main" in modules
    assert modules & (SLOW.keys() | HEAVY.keys()) == set()


def test_a_server_on_sqlite_starts_without_modules_for_other_databases(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, IMPORTS)
    try:
        server.start()
        server.stop()
        server.log.write_bytes(b"")  # the first start made the database
        server.start()
    finally:
        server.close()
    modules = imported(server.log.read_text())
    assert "backchannel.app" in modules
    assert modules & SLOW.keys() == set()
