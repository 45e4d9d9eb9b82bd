"""The settings, shown and checked."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from backchannel.settings import Settings, SettingsError
from backchannel.settings.self_signed import make_certificate

Invoke = Callable[..., Result]

SECRET = "6b1f0d9a8c7e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f00"


def test_show_names_the_value_and_its_place(invoke: Invoke, folder: Path) -> None:
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


def test_check_says_when_all_is_well(invoke: Invoke) -> None:
    assert invoke("config", "check").stdout == "settings OK\n"


def test_a_misspelt_variable_is_told_and_ignored(
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


def test_check_leaves_nothing_behind(invoke: Callable[..., Result], folder: Path) -> None:
    invoke("config", "check")
    assert list(folder.iterdir()) == []
