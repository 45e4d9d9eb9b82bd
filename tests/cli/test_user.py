"""The accounts, from the command line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.testing import Result

from backchannel.cli.user import group
from backchannel.domain.errors import ChatError, Invalid, UsernameTaken
from backchannel.storage import CannotOpen

Invoke = Callable[..., Result]

PASSWORD = "correct horse battery"


@pytest.fixture
def ada(invoke: Invoke) -> str:
    invoke("user", "add", "ada", given=PASSWORD + "\n")
    return "ada"


def refusal(result: Result) -> ChatError:
    """The one line that `main` would print."""
    assert isinstance(result.exception, ChatError)
    return result.exception


def test_an_account_is_added_and_listed(invoke: Invoke, ada: str) -> None:
    invoke("user", "add", "grace", "--email", "grace@example.org", given=PASSWORD + "\n")
    listed = [line.split() for line in invoke("user", "list").stdout.splitlines()]
    assert [(line[0], line[2]) for line in listed] == [(ada, "active"), ("grace", "active")]
    assert "grace" not in invoke("user", "list", "--search", "ad").stdout


def test_an_account_is_disabled_and_enabled(invoke: Invoke, ada: str) -> None:
    invoke("user", "disable", ada)
    assert " disabled 20" in invoke("user", "list").stdout
    invoke("user", "enable", ada)
    assert " active" in invoke("user", "list").stdout


def test_a_password_is_set(invoke: Invoke, ada: str) -> None:
    result = invoke("user", "password", ada, given="another horse battery\n")
    assert result.stdout == f"the password of {ada} has been set; all its logins have ended\n"


def test_S8_a_weak_password_is_refused(invoke: Invoke) -> None:
    assert isinstance(refusal(invoke("user", "add", "ada", given="short\n", code=1)), Invalid)


def test_a_taken_name_is_refused(invoke: Invoke, ada: str) -> None:
    result = invoke("user", "add", ada.upper(), given=PASSWORD + "\n", code=1)
    assert isinstance(refusal(result), UsernameTaken)


def test_S6_a_password_is_never_an_argument() -> None:
    from typer.main import get_command  # noqa: PLC0415

    for command in ("add", "password"):
        inner = getattr(get_command(group), "commands")[command]  # noqa: B009
        assert not [each.name for each in inner.params if "password" in (each.name or "")]


def test_the_data_folder_is_private(ada: str, folder: Path) -> None:
    assert (folder / "data").stat().st_mode & 0o077 == 0


def test_migrating_twice_changes_nothing(invoke: Invoke, ada: str) -> None:
    assert invoke("migrate").stdout == invoke("migrate").stdout


COMMANDS = [
    ["user", "list"],
    ["user", "disable", "ada"],
    ["user", "enable", "ada"],
    ["user", "password", "ada"],
    ["user", "export", "ada", "--to", "a.zip"],
    ["user", "delete", "ada", "--yes"],
    ["migrate"],
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda words: " ".join(words[:2]))
def test_a_folder_without_a_database_is_refused_and_not_made(
    invoke: Invoke, folder: Path, arguments: list[str]
) -> None:
    result = invoke(*arguments, "--data-dir", "typo", given=PASSWORD + "\n", code=1)
    assert isinstance(result.exception, CannotOpen)
    assert f"there is no database at {folder / 'typo'}" in str(result.exception)
    assert not (folder / "typo").exists()


def test_user_add_creates_a_database_only_for_a_valid_account(invoke: Invoke, folder: Path) -> None:
    invoke("user", "add", "ada", given="short\n", code=1)
    assert not (folder / "data").exists()
    result = invoke("user", "add", "ada", given=PASSWORD + "\n")
    assert f"there is no database at {folder / 'data'}" in result.stderr
    assert "making one" not in invoke("user", "add", "grace", given=PASSWORD + "\n").stderr


def test_wide_characters_do_not_shift_the_columns(invoke: Invoke) -> None:
    for name in ("\u674e\u96f7", "ada", "\u30a2\u30c0"):
        invoke("user", "add", name, given=PASSWORD + "\n")
    lines = invoke("user", "list").stdout.splitlines()
    assert len({cell_len(line.partition("01")[0]) for line in lines}) == 1


def test_an_empty_list_says_so(invoke: Invoke) -> None:
    invoke("user", "add", "ada", given=PASSWORD + "\n")
    assert invoke("user", "list", "--search", "zz").stdout == "no account has such a name\n"
    invoke("user", "delete", "ada", "--yes")
    assert invoke("user", "list").stdout == "there are no accounts yet\n"


def test_an_operator_invites(invoke: Invoke) -> None:
    assert "there is no database at" in str(invoke("user", "invite", code=1).exception)
    invoke("user", "add", "ada", given=PASSWORD + "\n")
    made = invoke("user", "invite", "--uses", "2")
    assert "registration is open" in made.stderr
    link = made.stdout.strip()
    assert link.startswith("http://localhost:3000/sign-up?invitation=")
    assert len(link.partition("=")[2]) >= 22
    assert isinstance(refusal(invoke("user", "invite", "--days", "0", code=1)), Invalid)


def test_a_closed_server_refuses_invitations(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoke("user", "add", "ada", given=PASSWORD + "\n")
    monkeypatch.setenv("BACKCHANNEL_REGISTRATION", "closed")
    assert "closed" in refusal(invoke("user", "invite", code=1)).text
