"""ejabberd with its message archive (mod_mam), over XMPP."""

import os
import shutil
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import programs
from benchmarks.peers import xmpp_users
from benchmarks.peers.peer import MANY, Missing, Server
from benchmarks.peers.protocols import XMPP

LIBRARIES = "/usr/lib/x86_64-linux-gnu"
SCHEMA = Path("/usr/share/ejabberd/sql/lite.sql")
INSTALL = "ejabberd (Debian: apt-get install ejabberd erlang-p1-sqlite3)"
CONFIGURATION = """
hosts: [localhost]
loglevel: error
listen:
  - {{port: {port}, ip: "127.0.0.1", module: ejabberd_c2s, starttls: false, backlog: 4096}}
auth_method: sql
auth_password_format: plain
sql_type: sqlite
sql_database: "{folder}/ejabberd.sqlite"
modules:
  mod_disco: {{}}
  mod_mam: {{default: always, db_type: {archive}}}
  mod_offline: {{}}
  mod_roster: {{}}
  mod_stream_mgmt: {{}}
"""


@dataclass(frozen=True)
class Ejabberd:
    name: str = "ejabberd, archive in SQLite"
    kept: str = "synced"
    idle: int = MANY
    archive: str = "sql"

    @contextmanager
    def serve(self, folder: Path, clients: int) -> Generator[Server]:
        erlang = shutil.which("erl")
        if erlang is None or shutil.which("ejabberdctl") is None or not SCHEMA.exists():
            raise Missing(INSTALL)
        port = programs.free_port()
        configuration = folder / "ejabberd.yml"
        configuration.write_text(
            CONFIGURATION.format(folder=folder, port=port, archive=self.archive)
        )
        _make_database(folder / "ejabberd.sqlite", clients)
        # As ejabberdctl starts it, but as a child process and without distribution.
        command = [erlang, "-noinput", "+K", "true", "+P", "250000", "-mnesia", "dir"]
        command += [f'"{folder}/mnesia"', "-s", "ejabberd"]
        env = os.environ | {
            "ERL_LIBS": LIBRARIES,
            "EJABBERD_CONFIG_PATH": str(configuration),
            "EJABBERD_LOG_PATH": str(folder / "ejabberd.log"),
            "HOME": str(folder),
        }
        with programs.running(command, env=env) as pid:
            programs.wait_for_port(port, timeout=60)
            keys = xmpp_users.sasl_plain(folder, clients)
            yield Server(port, [*XMPP, f"--keys={keys}"], [pid])


def _make_database(file: Path, clients: int) -> None:
    with sqlite3.connect(file) as database:
        database.executescript(SCHEMA.read_text())
        users = ((f"u{number}", f"u{number}") for number in range(clients))
        database.executemany("INSERT INTO users (username, password) VALUES (?, ?)", users)
    database.close()
