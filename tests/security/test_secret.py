"""The secret that signs tokens."""

import stat
from pathlib import Path

import pytest

from backchannel.security.secret import FILE_NAME, SecretRefused, secret_from, weakness

GOOD = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
WEAK = [
    "secret",
    "your_jwt_secret",
    "a" * 64,
    "0123" * 16,
    "your-256-bit-secret-your-256-bit-secret",
    "CHANGE-ME-change-me-0123456789-abcdefgh",
    "this is just an example of a long secret",
    "your_super_secret_jwt_key_for_production",
    GOOD[:31],
]


@pytest.mark.parametrize("weak", WEAK)
def test_S19_production_refuses_a_weak_secret_and_never_prints_it(
    weak: str, tmp_path: Path
) -> None:
    with pytest.raises(SecretRefused) as refusal:
        secret_from(weak, tmp_path, production=True)
    text = str(refusal.value)
    assert "\n" not in text
    assert weak not in text
    assert "JWT_SECRET" in text
    assert "openssl" in text


@pytest.mark.parametrize("missing", [None, ""])
def test_S19_production_refuses_a_missing_secret(missing: str | None, tmp_path: Path) -> None:
    secret_from(None, tmp_path, production=False)
    with pytest.raises(SecretRefused, match="JWT_SECRET is missing"):
        secret_from(missing, tmp_path, production=True)


def test_a_good_secret_is_used_as_it_is(tmp_path: Path) -> None:
    assert weakness(GOOD.encode()) is None
    assert secret_from(GOOD, tmp_path, production=True) == GOOD.encode()
    assert secret_from(GOOD, tmp_path, production=False) == GOOD.encode()
    assert not list(tmp_path.iterdir())


def test_a_made_secret_is_kept_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    made = secret_from(None, folder, production=False)
    assert len(made) == 32
    assert weakness(made) is None
    assert secret_from(None, folder, production=False) == made
    assert stat.S_IMODE((folder / FILE_NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [each.name for each in folder.iterdir()] == [FILE_NAME]
    assert secret_from(None, tmp_path / "other", production=False) != made


def test_two_processes_that_start_at_once_use_one_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = secret_from(None, tmp_path, production=False)
    # The other process looked before the file existed.
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert secret_from(None, tmp_path, production=False) == made
    assert [each.name for each in tmp_path.iterdir()] == [FILE_NAME]


def test_S19_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    secret_from(None, tmp_path, production=False)
    (tmp_path / FILE_NAME).chmod(0o644)
    with pytest.raises(SecretRefused, match="chmod 600"):
        secret_from(None, tmp_path, production=False)


def test_a_damaged_secret_is_refused(tmp_path: Path) -> None:
    secret_from(None, tmp_path, production=False)
    (tmp_path / FILE_NAME).write_bytes(b"short")
    with pytest.raises(SecretRefused, match="damaged"):
        secret_from(None, tmp_path, production=False)


def test_a_short_secret_of_a_tutorial_works_in_development(tmp_path: Path) -> None:
    key = secret_from("secret", tmp_path, production=False)
    assert len(key) == 32
    assert key != secret_from("another", tmp_path, production=False)
