"""A private MongoDB server: started, killed, frozen, and started again on the same data."""

import atexit
import contextlib
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pymongo
import pytest
from bson.min_key import MinKey
from pymongo.errors import PyMongoError

from tests.support.process import TIMEOUT, free_port

NO_SCANS = "notablescan=1"
"""The server refuses each query for which there is no index."""


@cache
def program() -> Path | None:
    """`mongod`, from the path or from the package that `make test` installs."""
    known = shutil.which("mongod")
    if known is not None:
        return Path(known)
    found = find_spec("fiftyone")
    for location in (found and found.submodule_search_locations) or []:
        installed = Path(location) / "db" / "bin" / "mongod"
        if installed.exists():
            installed.chmod(installed.stat().st_mode | stat.S_IXUSR)
            return installed
    return None


class Mongod:
    """`mongod` over one folder; the only member of a replica set if `replicated`."""

    def __init__(self, folder: Path, *options: str, replicated: bool = False) -> None:
        """`options` are additional options of the program."""
        self.port = free_port()
        self._folder = folder
        self._options = options
        self._replicated = replicated
        self._tenants: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        """The URL of a database on this server."""
        return f"mongodb://127.0.0.1:{self.port}/{database}?directConnection=true"

    def start(self) -> None:
        """Start it and wait until it accepts writes."""
        found = program()
        if found is None:
            pytest.skip("there is no mongod: install it, or run make test on x86-64 Linux")
        data = self._folder / "db"
        data.mkdir(parents=True, exist_ok=True)
        command = [
            *(str(found), "--dbpath", str(data), "--port", str(self.port)),
            *("--bind_ip", "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25"),
            *("--setParameter", NO_SCANS, "--logpath", str(self._folder / "mongod.log")),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            *(("--replSet", "rs") if self._replicated else ()),
            *self._options,
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + TIMEOUT
        with self.client(seconds=1) as client:
            while True:
                with contextlib.suppress(PyMongoError):
                    hello = client.admin.command("hello")
                    if hello["isWritablePrimary"]:
                        return
                    if "setName" not in hello:
                        member = {"_id": 0, "host": f"127.0.0.1:{self.port}"}
                        client.admin.command("replSetInitiate", {"_id": "rs", "members": [member]})
                assert self._process is not None
                assert self._process.poll() is None, (self._folder / "mongod.log").read_text()
                assert time.monotonic() < until
                time.sleep(0.02)

    def empty_for(self, tenant: str, database: str) -> None:
        """Empty a database, unless this tenant was the last: new indexes take much longer."""
        if tenant == self._tenants.get(database):
            return
        self._tenants[database] = tenant
        with self.client() as client:
            for name in client[database].list_collection_names():
                if not name.endswith((".redo", ".schema")):
                    client[database][name].delete_many({"_id": {"$gte": MinKey()}})

    def client(self, *, seconds: float = TIMEOUT) -> pymongo.MongoClient[dict[str, Any]]:
        """A plain client of the driver, to read the database without the storage."""
        return pymongo.MongoClient(
            self.url("admin"), serverSelectionTimeoutMS=round(seconds * 1_000)
        )

    def kill(self) -> None:
        """Kill it with SIGKILL, so that it writes nothing more."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it, if it runs."""
        if self._process is not None:
            self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop it: it keeps its connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Continue it."""
        self._signal(signal.SIGCONT)

    def _end(self, number: int) -> None:
        self._signal(number)
        assert self._process is not None
        self._process.wait(TIMEOUT)
        self._process = None

    def _signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)


@cache
def shared(*, replicated: bool = False) -> Mongod:
    """The server of this test process, which ends with it; its tests use different databases."""
    folder = Path(tempfile.mkdtemp(prefix="mongod-"))
    server = Mongod(folder, replicated=replicated)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.stop)
    server.start()
    return server
