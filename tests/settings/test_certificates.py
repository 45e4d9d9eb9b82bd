"""The certificate of HTTPS."""

import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest

from backchannel.settings import Settings, SettingsError, load
from backchannel.settings.certificates import certificate_files, expiry, server_context


def settings(**options: object) -> Settings:
    named = {name.replace("__", "."): value for name, value in options.items()}
    return load(named, environment={}).settings


def test_no_certificate_means_plain_http() -> None:
    assert certificate_files(settings()) is None


def test_certificate_files_at_the_default_paths_are_used(folder: Path) -> None:
    made = certificate_files(settings(tls__mode="self-signed"))
    assert made is not None
    (folder / "certificate").mkdir()
    made.certificate.rename(folder / "certificate" / "certificate.crt")
    with pytest.raises(SettingsError, match=r"private\.key: no such file"):
        certificate_files(settings())
    made.private_key.rename(folder / "certificate" / "private.key")
    found = certificate_files(settings())
    assert found is not None
    server_context(found)
    assert certificate_files(settings(tls__mode="off")) is None


def test_a_named_file_that_is_missing_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"my\.crt: no such file; name the right one"):
        certificate_files(settings(tls__certificate="my.crt"))


def test_an_invalid_certificate_is_refused(folder: Path) -> None:
    (folder / "a.crt").write_text("nonsense")
    (folder / "a.key").write_text("nonsense")
    files = certificate_files(settings(tls__certificate="a.crt", tls__private_key="a.key"))
    assert files is not None
    with pytest.raises(SettingsError, match=r"a\.crt: cannot be used with a\.key"):
        server_context(files)


def test_a_self_signed_certificate_is_kept_and_private() -> None:
    first = certificate_files(settings(tls__mode="self-signed"))
    assert first is not None
    content = first.certificate.read_bytes()
    again = certificate_files(settings(tls__mode="self-signed"))
    assert again == first
    assert first.certificate.read_bytes() == content
    assert expiry(first.certificate).year >= 2026
    assert stat.S_IMODE(first.private_key.stat().st_mode) == 0o600
    assert stat.S_IMODE(first.private_key.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("version", "cipher", "accepted"),
    [
        (ssl.TLSVersion.TLSv1_3, None, True),
        (ssl.TLSVersion.TLSv1_2, "ECDHE+AESGCM", True),
        (ssl.TLSVersion.TLSv1_2, "ECDHE+AES256+SHA384:!AESGCM:!AESCCM", False),
    ],
)
def test_S20_only_modern_tls(
    version: ssl.TLSVersion, cipher: str | None, *, accepted: bool
) -> None:
    files = certificate_files(settings(tls__mode="self-signed"))
    assert files is not None
    client = ssl.create_default_context(cafile=str(files.certificate))
    client.minimum_version = client.maximum_version = version
    if cipher:
        client.set_ciphers(cipher)
    assert handshake(server_context(files), client) is accepted


def handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> bool:
    """True if the client accepts the server's certificate."""
    near, far = socket.socketpair()

    def answer() -> None:
        try:
            server.wrap_socket(far, server_side=True).close()
        except OSError:
            far.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        client.wrap_socket(near, server_hostname="localhost").close()
    except OSError:
        return False
    else:
        return True
    finally:
        near.close()
        thread.join()
