"""An independent test of TLS: sslscan tries every version and every cipher suite."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from xml.etree import ElementTree as ET

import pytest

from backchannel.settings.certificates import make_certificate
from tests.support.process import server_process

PROGRAM = "sslscan"
AEAD = ("GCM", "CHACHA20", "CCM")

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(
        shutil.which(PROGRAM) is None,
        reason=f"SSLSCAN HAS NOT TESTED TLS: there is no {PROGRAM} here",
    ),
]


@dataclass(frozen=True)
class Scan:
    """The protocols and ciphers of a server."""

    versions: frozenset[str]
    suites: tuple[str, ...]
    renegotiation: bool
    heartbleed: bool

    @property
    def weak(self) -> list[str]:
        """Suites without forward secrecy or without authenticated encryption."""
        return [each for each in self.suites if not _is_strong(each)]


def _is_strong(suite: str) -> bool:
    return suite.startswith(("TLS_", "ECDHE-")) and any(name in suite for name in AEAD)


def scan(port: int) -> Scan:
    """Scan the server on a port of this machine."""
    command = [PROGRAM, "--no-colour", "--xml=-", f"127.0.0.1:{port}"]
    output = subprocess.run(command, capture_output=True, check=True, timeout=100).stdout
    result = ET.fromstring(output).find("ssltest")  # noqa: S314 - of our own making
    assert result is not None, output
    return Scan(
        versions=frozenset(
            f"{each.attrib['type']} {each.attrib['version']}"
            for each in result.iter("protocol")
            if each.attrib["enabled"] == "1"
        ),
        suites=tuple(each.attrib["cipher"] for each in result.iter("cipher")),
        renegotiation=any(each.attrib["supported"] == "1" for each in result.iter("renegotiation")),
        heartbleed=any(each.attrib["vulnerable"] == "1" for each in result.iter("heartbleed")),
    )


def test_S20_modern_tls_only(tmp_path: Path) -> None:
    with server_process(tmp_path, tls_mode="self-signed") as server:
        found = scan(server.port)
    assert found.versions == {"tls 1.2", "tls 1.3"}
    assert len(found.suites) >= 5
    assert found.weak == []
    assert not found.renegotiation
    assert not found.heartbleed


@contextmanager
def lax_server(folder: Path) -> Generator[int]:
    """The port of a TLS server that accepts old suites as well."""
    both = folder / "both.pem"
    both.write_bytes(b"".join(make_certificate("localhost")))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    context.set_ciphers("ALL:@SECLEVEL=0")

    def shake_hands() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            try:
                context.wrap_socket(connection, server_side=True).close()
            except OSError:
                connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=shake_hands, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def test_sslscan_reports_a_weak_suite(tmp_path: Path) -> None:
    with lax_server(tmp_path) as port:
        assert "ECDHE-ECDSA-AES256-SHA" in scan(port).weak
