"""S22 on the command line: export, deletion and the receipt, without a server."""

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from backchannel.cli import privacy
from backchannel.domain.errors import Damaged, Invalid, NotFound

Invoke = Callable[..., Result]

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def ada(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(privacy, "SERVER_SECONDS", 0.0)  # there is no server to wait for
    invoke("user", "add", "ada", "--email", "ada@example.org", given=PASSWORD + "\n")
    return "ada"


def test_S22_an_export_is_a_private_file(invoke: Invoke, ada: str, folder: Path) -> None:
    invoke("user", "export", ada, "--to", "ada.zip")
    assert (folder / "ada.zip").stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(folder / "ada.zip") as archive:
        assert json.loads(archive.read("profile.json"))["email"] == "ada@example.org"
    again = invoke("user", "export", ada, "--to", "ada.zip", code=1)
    assert isinstance(again.exception, Invalid)
    unknown = invoke("user", "export", "eve", "--to", "eve.zip", code=1)
    assert isinstance(unknown.exception, NotFound)
    assert not list(folder.glob("eve.zip*"))


def test_S22_an_export_that_fails_leaves_nothing(
    invoke: Invoke, ada: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: object) -> None:
        raise Damaged("the content of a file is missing")

    monkeypatch.setattr("backchannel.chat.export._uploads", damaged)
    failed = invoke("user", "export", ada, "--to", "ada.zip", code=1)
    assert isinstance(failed.exception, Damaged)
    assert not list(folder.glob("ada.zip*"))


def test_S22_a_deletion_asks_for_confirmation(invoke: Invoke, ada: str) -> None:
    invoke("user", "delete", ada, given="n\n", code=1)
    invoke("user", "delete", ada, given="", code=1)
    assert ada in invoke("user", "list").stdout


def test_S22_a_deletion_gives_a_receipt_that_can_be_checked(
    invoke: Invoke, ada: str, folder: Path
) -> None:
    receipt = invoke("user", "delete", ada, "--yes").stdout
    assert invoke("user", "list").stdout == "there are no accounts yet\n"
    (folder / "receipt.json").write_text(receipt)
    assert invoke("user", "receipt", "receipt.json").stdout.startswith("The receipt is genuine: ")
    genuine = json.loads(receipt)
    for moment in (genuine["requested_at"], genuine["completed_at"]):  # as the API shows it
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment)
    forgeries: list[dict[str, object]] = [
        {"id": "another"},
        {"completed_at": "2020-01-01T00:00:00Z"},
        {"erased": {**genuine["erased"], "messages": 7}},
        {"signature": "x" * 43},
        {"signature": "é"},
        {"completed_at": None},
    ]
    for forgery in forgeries:
        (folder / "forged.json").write_text(json.dumps({**genuine, **forgery}))
        refused = invoke("user", "receipt", "forged.json", code=1)
        assert isinstance(refused.exception, Invalid)
    invoke("user", "add", ada, given=PASSWORD + "\n")


def test_S22_a_user_cannot_be_deleted_twice(invoke: Invoke, ada: str) -> None:
    user_id = invoke("user", "list").stdout.split()[1]
    invoke("user", "delete", ada, "--yes")
    for name in (ada, user_id):
        for command in (["delete", name, "--yes"], ["disable", name], ["enable", name]):
            assert isinstance(invoke("user", *command, code=1).exception, NotFound)
