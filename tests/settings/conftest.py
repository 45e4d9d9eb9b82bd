"""Settings are read in an otherwise empty folder."""

from collections.abc import Callable
from pathlib import Path

import pytest

from backchannel.settings import SettingsError, load


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def refused() -> Callable[..., list[str]]:
    """The error lines for an environment."""

    def refuse(**environment: str) -> list[str]:
        with pytest.raises(SettingsError) as caught:
            load(environment=environment)
        return str(caught.value).splitlines()

    return refuse
