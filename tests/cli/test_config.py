"""The settings, shown and checked."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from backchannel.settings import Settings, SettingsError
from backchannel.settings.certificates import make_certificate

Invoke = Callable[..., Result]

SECRET = "6b1f0d9a8c7e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f00"


def test_show_names_the_value_and_its_source(invoke: Invoke, folder: Path) -> None:
    (folder / "backchannel.toml").write_text("[limits]\nsockets_per_user = 8\n")
    (folder / ".env").write_text("PORT=8000\n")
    shown = invoke("config", "show").stdout.splitlines()
    assert ["port", "8000", "PORT", "(.env)"] in [line.split() for line in shown]
    assert ["limits.sockets_per_user", "8", "limits.sockets_per_user", "(backchannel.toml)"] in [
        line.split() for line in shown
    ]
    assert ["host", "127.0.0.1", "default"] in [line.split() for line in shown]


def test_show_can_leave_the_defaults_out(invoke: Invoke, folder: Path) -> None:
    (folder / ".env").write_text("PORT=8000\n")
    assert invoke("config", "show", "--changed").stdout == "port  8000  PORT (.env)\n"


def test_S19_show_masks_secrets(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_SECRET", SECRET)
    shown = invoke("config", "show").stdout
    assert SECRET not in shown
    assert "(set, hidden)" in shown


def test_check_prints_settings_ok(invoke: Invoke) -> None:
    assert invoke("config", "check").stdout == "settings OK\n"


def test_a_misspelt_variable_is_reported_and_ignored(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKCHANNEL_PROT", "8000")
    result = invoke("config", "check")
    assert result.stderr == (
        "backchannel: warning: BACKCHANNEL_PROT (environment): there is no such setting; "
        "did you mean BACKCHANNEL_PORT?\n"
    )


@pytest.mark.parametrize(
    ("certificate", "private_key"),
    [("good", None), (None, "good"), ("good", "garbage"), ("garbage", "good"), ("good", "other")],
)
def test_check_refuses_a_certificate_that_serve_would_refuse(
    invoke: Callable[..., Result], folder: Path, certificate: str | None, private_key: str | None
) -> None:
    pair, other = make_certificate("localhost"), make_certificate("localhost")
    contents = {"garbage": (b"garbage", b"garbage"), "good": pair, "other": other}
    paths = (Settings().tls.certificate, Settings().tls.private_key)
    for number, (path, kind) in enumerate(zip(paths, (certificate, private_key), strict=True)):
        if kind is not None:
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_bytes(contents[kind][number])
    result = invoke("config", "check", code=1)
    assert isinstance(result.exception, SettingsError)


def test_check_creates_no_files(invoke: Callable[..., Result], folder: Path) -> None:
    invoke("config", "check")
    assert list(folder.iterdir()) == []


UNUSABLE_FOR_A_SERVER = {
    "BACKCHANNEL_ENVIRONMENT": "production",
    "BACKCHANNEL_CORS_ORIGINS": "*",
    "BACKCHANNEL_RESPONDER_KIND": "webhook",
    "BACKCHANNEL_WORKERS": "2",
}
"""Settings with which no server starts: what they lack is given to the service alone."""

WITHOUT_A_SECRET: tuple[tuple[str, ...], ...] = (
    ("user", "list"),
    ("user", "disable", "ada"),
    ("user", "enable", "ada"),
    ("user", "invite"),
    ("user", "export", "ada", "--to", "ada.zip"),
    ("report", "list"),
    ("migrate",),
    ("backup", "saved"),
    ("backup", "saved", "--verify"),
    ("restore", "saved", "--yes"),
    ("copy", "--from", "sqlite:///data/backchannel.db", "--to", "sqlite:///copied/copy.db"),
    ("config", "show"),
)


def test_S19_a_command_asks_only_for_the_settings_that_it_uses(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in UNUSABLE_FOR_A_SERVER.items():
        monkeypatch.setenv(name, value)
    refused = invoke("config", "check", code=1).exception
    assert isinstance(refused, SettingsError)
    assert {each.name for each in refused.problems} == {
        "BACKCHANNEL_JWT_SECRET",
        "BACKCHANNEL_CORS_ORIGINS",
        "BACKCHANNEL_RESPONDER_URL",
        "BACKCHANNEL_RESPONDER_KEY",
        "BACKCHANNEL_WORKERS",
    }
    (folder / "copied").mkdir()
    invoke("user", "add", "ada", given="correct horse battery\n")
    for arguments in WITHOUT_A_SECRET:
        invoke(*arguments)
    assert not (folder / "data/token.key").exists()
    receipt = folder / "receipt.json"
    receipt.write_text(
        '{"id": "a", "requested_at": "2026-11-26T00:00:00Z",'
        ' "completed_at": "2026-11-26T00:00:00Z", "signature": "a",'
        ' "erased": {"messages": 0}}'
    )
    signing: tuple[tuple[str, ...], ...] = (
        ("user", "delete", "ada", "--yes"),
        ("user", "receipt", str(receipt)),
        ("queue", "list"),
    )
    for arguments in signing:
        refused = invoke(*arguments, code=1).exception
        assert isinstance(refused, SettingsError), arguments
        assert [each.name for each in refused.problems] == ["BACKCHANNEL_JWT_SECRET"]


def test_S19_a_backup_says_whether_the_key_is_in_it(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoke("user", "add", "ada", given="correct horse battery\n")
    assert "the secret (jwt_secret) is not in it" in invoke("backup", "without").output
    (folder / "data/token.key").write_bytes(b"k" * 32)
    assert "token.key is in it" in invoke("backup", "with").output
    monkeypatch.setenv("JWT_SECRET", SECRET)
    assert "the secret (jwt_secret) is not in it" in invoke("backup", "set").output


def test_show_lists_what_keeps_the_server_from_starting(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKCHANNEL_ENVIRONMENT", "production")
    shown = invoke("config", "show")
    assert "warning: BACKCHANNEL_JWT_SECRET" in shown.stderr
    assert ["environment", "production"] in [line.split()[:2] for line in shown.stdout.splitlines()]
