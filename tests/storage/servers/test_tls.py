"""Connections to database servers over TLS, and again after a kill."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import asyncpg
import pytest

from backchannel.storage import CannotOpen
from backchannel.storage.opening import open_storage
from tests.storage.people import make_pair
from tests.storage.servers.test_durability import SERVERS, Instance, until_read, until_stored
from tests.support import mariadb
from tests.support.certificates import make_certificate

pytestmark = [pytest.mark.service, pytest.mark.slow]

VERIFIED = {
    "postgresql": "?sslmode=verify-full&sslrootcert={}",
    "mariadb": "?ssl-mode=VERIFY_IDENTITY&ssl-ca={}",
}
OPTIONS = {
    "postgresql": ("-cssl=on", "-cssl_cert_file={0}", "-cssl_key_file={0}"),
    "mariadb": ("--ssl-cert={0}", "--ssl-key={0}"),
}
OWNERS = {"postgresql": "postgres", "mariadb": "mysql"}


class Encrypted(NamedTuple):
    kind: str
    instance: Instance
    certificate: Path

    def url(self, certificate: Path) -> str:
        return self.instance.url + VERIFIED[self.kind].format(certificate)

    async def cipher(self) -> str:
        """The cipher of a connection like those of the storage."""
        if self.kind == "mariadb":
            driver = await mariadb.connected(self.url(self.certificate))
            ((_, found),) = await driver.fetch("SHOW STATUS LIKE 'Ssl_cipher'")
            driver.terminate()
            return str(found)
        session = await asyncpg.connect(self.url(self.certificate))
        used = await session.fetchval("SELECT cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        await session.close()
        return str(used)


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Encrypted]:
    kind: str = request.param
    if SERVERS[kind].binaries() is None:
        pytest.skip(f"no programs of {kind} are installed")
    # The servers run as another user, who may not enter pytest's folders.
    with tempfile.TemporaryDirectory(prefix="backchannel-tls-") as folder:
        certificate = make_certificate(Path(folder))
        shutil.chown(folder, OWNERS[kind])
        shutil.chown(certificate, OWNERS[kind])
        certificate.chmod(0o600)
        options = (each.format(certificate) for each in OPTIONS[kind])
        with SERVERS[kind].instance(*options) as running:
            yield Encrypted(kind, running, certificate)


@pytest.fixture(autouse=True)
def patient() -> None:
    """Use the limits of the product: an outage must be noticed."""


async def test_messages_are_stored_over_tls(server: Encrypted, tmp_path: Path) -> None:
    storage = await open_storage(server.url(server.certificate), serving=True)
    pair = await make_pair(storage)
    await until_stored(storage, pair, "before")
    assert "AES" in await server.cipher() or "CHACHA" in await server.cipher()
    await asyncio.to_thread(server.instance.kill)
    await asyncio.to_thread(server.instance.start)
    await until_stored(storage, pair, "after")
    assert [each.body for each in await until_read(storage, pair)] == ["before", "after"]
    await storage.close()
    with pytest.raises(CannotOpen, match="certificate verify failed") as refusal:
        await open_storage(server.url(make_certificate(tmp_path)))
    assert "\n" not in str(refusal.value)
