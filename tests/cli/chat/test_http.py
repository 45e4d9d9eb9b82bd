"""What goes wrong between the client and a server is told so that a user can act on it."""

import socket
import ssl
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backchannel.cli.chat.http import Exchange, Refused, Request, Server
from backchannel.settings.self_signed import make_certificate

LOGIN = Request("POST", "/v1/login", b"{}", patience=5)


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
def test_a_server_that_does_not_speak_http(answer: bytes) -> None:
    with answering(answer, plain) as port:
        url = f"http://127.0.0.1:{port}"
        with pytest.raises(ConnectionError, match=f"try --server https://127.0.0.1:{port}"):
            Exchange(Server(url)).carry_out(LOGIN)


def test_http_to_a_server_that_speaks_tls(
    encrypted: Callable[[socket.socket], socket.socket],
) -> None:
    with answering(b"", encrypted) as port:
        url = f"http://127.0.0.1:{port}"
        with pytest.raises(ConnectionError, match=f"try --server https://127.0.0.1:{port}"):
            Exchange(Server(url)).carry_out(LOGIN)


def test_https_to_a_server_that_speaks_http() -> None:
    with answering(http("400 Bad Request"), plain) as port:
        url = f"https://127.0.0.1:{port}"
        context = ssl.create_default_context()
        with pytest.raises(ConnectionError, match=f"try --server http://127.0.0.1:{port}"):
            Exchange(Server(url, context)).carry_out(LOGIN)


def test_S20_a_certificate_that_is_not_trusted(
    encrypted: Callable[[socket.socket], socket.socket],
) -> None:
    with answering(b"", encrypted) as port:
        url = f"https://127.0.0.1:{port}"
        with pytest.raises(ConnectionError, match="name its file with --trust"):
            Exchange(Server(url, ssl.create_default_context())).carry_out(LOGIN)


def test_no_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(ConnectionError, match="cannot be reached: Connection refused"):
        Exchange(Server(f"http://127.0.0.1:{port}")).carry_out(LOGIN)


def test_S6_a_redirect_is_not_followed() -> None:
    """It could lead the token to another server."""
    moved = http("301 Moved", "", "Location: https://elsewhere.example/v1/login")
    with (
        answering(moved, plain) as port,
        pytest.raises(Refused, match="redirects to https://elsewhere"),
    ):
        Exchange(Server(f"http://127.0.0.1:{port}")).carry_out(LOGIN)


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_busy_server_is_no_refusal(status: int) -> None:
    busy = http(f"{status} Busy", '{"detail":"later"}')
    with answering(busy, plain) as port, pytest.raises(ConnectionError, match="later"):
        Exchange(Server(f"http://127.0.0.1:{port}")).carry_out(LOGIN)


def test_an_error_that_is_no_json() -> None:
    with answering(http("404 Not Found", "<html>"), plain) as port:
        with pytest.raises(Refused, match="the server says: Not Found") as refused:
            Exchange(Server(f"http://127.0.0.1:{port}")).carry_out(LOGIN)
        assert refused.value.answer == 404
