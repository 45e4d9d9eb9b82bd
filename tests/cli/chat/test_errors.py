"""Errors between the client and a server are reported so that a user can act on them."""

import socket
import ssl
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backchannel.cli.chat.errors import explained
from backchannel.settings.certificates import make_certificate
from backchannel_client import ApiError, BackchannelClient


async def error_line(url: str, tls: ssl.SSLContext | None = None) -> str:
    """The line that explains why a login has failed."""
    async with BackchannelClient(url, tls=tls) as client:
        with pytest.raises(ApiError) as raised:
            await client.login("ada", "mist over the harbour")
    return explained(url, raised.value)


@contextmanager
def answering(answer: bytes, wrap: Callable[[socket.socket], socket.socket]) -> Generator[int]:
    """A server that gives one answer; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            try:
                with wrap(connection) as wrapped:
                    wrapped.recv(65_536)
                    wrapped.sendall(answer)
            except OSError:
                connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def plain(connection: socket.socket) -> socket.socket:
    return connection


def http(status: str, body: str = "", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", body]
    return "\r\n".join(lines).encode()


@pytest.fixture
def encrypted(tmp_path: Path) -> Callable[[socket.socket], socket.socket]:
    for name, content in zip(("cert", "key"), make_certificate("localhost"), strict=True):
        (tmp_path / name).write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    return lambda connection: context.wrap_socket(connection, server_side=True)


@pytest.mark.parametrize("answer", [b"", b"\x15\x03\x01\x00\x02\x02\x50", b"220 mail ready\r\n"])
async def test_a_server_without_http_is_reported(answer: bytes) -> None:
    with answering(answer, plain) as port:
        line = await error_line(f"http://127.0.0.1:{port}")
    assert line.endswith(f"try --server https://127.0.0.1:{port}")


async def test_http_to_a_tls_server_is_reported(
    encrypted: Callable[[socket.socket], socket.socket],
) -> None:
    with answering(b"", encrypted) as port:
        line = await error_line(f"http://127.0.0.1:{port}")
    assert line.endswith(f"try --server https://127.0.0.1:{port}")


async def test_https_to_a_plain_http_server_is_reported() -> None:
    with answering(http("400 Bad Request"), plain) as port:
        line = await error_line(f"https://127.0.0.1:{port}", ssl.create_default_context())
    assert line.endswith(f"try --server http://127.0.0.1:{port}")


async def test_S20_an_untrusted_certificate_is_reported(
    encrypted: Callable[[socket.socket], socket.socket],
) -> None:
    with answering(b"", encrypted) as port:
        line = await error_line(f"https://127.0.0.1:{port}", ssl.create_default_context())
    assert "is not trusted" in line
    assert line.endswith("name its file with --trust")


async def test_an_unreachable_server_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert (await error_line(f"http://127.0.0.1:{port}")).endswith(
        "cannot be reached: Connection refused"
    )


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (socket.EAI_NONAME, "the name chat.invalid is not known"),
        (socket.EAI_AGAIN, "the name chat.invalid cannot be looked up: says the system"),
    ],
)
def test_an_unresolvable_name_is_reported(code: int, reason: str) -> None:
    error = socket.gaierror(code, "says the system")
    line = explained("https://chat.invalid", error)
    assert line == f"https://chat.invalid cannot be reached: {reason}"


async def test_S6_a_redirect_is_not_followed() -> None:
    """It could lead the token to another server."""
    moved = http("301 Moved", "", "Location: https://elsewhere.example/v1/login")
    with answering(moved, plain) as port:
        line = await error_line(f"http://127.0.0.1:{port}")
    assert "redirects to https://elsewhere.example/v1/login; name its address" in line


async def test_an_error_without_json_is_reported() -> None:
    with answering(http("404 Not Found", "<html>"), plain) as port:
        assert await error_line(f"http://127.0.0.1:{port}") == "the server says: Not Found"


async def test_another_kind_of_server_is_reported() -> None:
    with answering(http("200 OK", "<html>"), plain) as port:
        line = await error_line(f"http://127.0.0.1:{port}")
    assert line == "the server does not answer as a Backchannel server does"
