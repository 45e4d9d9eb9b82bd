"""Prosody with its message archive (XEP-0313) in SQLite, over XMPP."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import programs
from benchmarks.peers import xmpp_users
from benchmarks.peers.peer import MANY, Missing, Server
from benchmarks.peers.protocols import XMPP

CONFIGURATION = """
run_as_root = true
data_path = "{folder}"
log = {{ error = "{folder}/prosody.err" }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
modules_enabled = {{ "saslauth", "disco", "roster", "mam", "smacks", "offline" }}
modules_disabled = {{ "s2s" }}
-- Every user who logs in exists: making and checking accounts is not what is measured.
authentication = "insecure"
insecure_open_authentication = "Yes please, I know what I'm doing!"
allow_unencrypted_plain_auth = true
c2s_require_encryption = false
network_settings = {{ tcp_backlog = 4096 }}
storage = "sql"
sql = {{ driver = "SQLite3", database = "{folder}/prosody.sqlite" }}
default_archive_policy = true
archive_expires_after = "never"
VirtualHost "localhost"
"""


@dataclass(frozen=True)
class Prosody:
    name: str = "Prosody, archive in SQLite"
    kept: str = "synced"
    idle: int = MANY

    @contextmanager
    def serve(self, folder: Path, clients: int) -> Iterator[Server]:
        program = shutil.which("prosody")
        if program is None:
            raise Missing("Prosody (Debian: apt-get install prosody lua-dbi-sqlite3)")
        port = programs.free_port()
        configuration = folder / "prosody.cfg.lua"
        configuration.write_text(CONFIGURATION.format(folder=folder, port=port))
        with programs.running([program, "--config", str(configuration), "-F"]) as pid:
            programs.wait_for_port(port, timeout=20)
            keys = xmpp_users.sasl_plain(folder, clients)
            yield Server(port, [*XMPP, f"--keys={keys}"], [pid])
