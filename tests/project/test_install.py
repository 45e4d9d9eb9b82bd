"""The systemd unit and the page that installs it, as far as they can be tried without root."""

import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from backchannel.settings import load

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "systemd" / "backchannel.service"
WORKERS = UNIT.parent / "workers.conf"
PAGE = (ROOT / "docs" / "install.md").read_text("utf-8")
SECRET = "6b1f0d9a8c7e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f00"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def unit() -> ConfigParser:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNIT)
    return parser


def test_the_unit_and_the_page_agree() -> None:
    service = unit()["Service"]
    program, command, option, settings = service["ExecStart"].split()
    assert (command, option) == ("serve", "--config")
    assert f"{program} user add ada --config {settings}" in PAGE
    assert f"Write this into `{settings}`" in PAGE
    assert f"--home-dir {service['WorkingDirectory']} " in PAGE
    assert service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"
    assert f"nologin {service['User']}\n" in PAGE


def test_the_settings_of_the_page_are_valid_and_need_a_secret(tmp_path: Path) -> None:
    (block,) = blocks("toml")
    settings = tmp_path / "backchannel.toml"
    settings.write_text(block.replace("the output of: openssl rand -hex 32", SECRET))
    loaded = load(config=settings, environment={})
    assert loaded.settings.production
    assert str(loaded.settings.data_dir).startswith(unit()["Service"]["WorkingDirectory"])


def test_every_file_named_on_the_page_exists() -> None:
    for path in re.findall(r"(?:requirements|deploy)/[\w./-]+", PAGE):
        assert (ROOT / path).is_file(), path


def test_the_workers_drop_in_starts_the_same_command() -> None:
    workers = WORKERS.read_text("utf-8")
    assert f"ExecStart=\nExecStart={unit()['Service']['ExecStart']} --workers 0\n" in workers


@pytest.mark.parametrize("added", ["", WORKERS.read_text("utf-8")], ids=["alone", "workers"])
def test_systemd_takes_the_unit(tmp_path: Path, added: str) -> None:
    """Needs systemd; the tests above do not."""
    if shutil.which("systemd-analyze") is None:
        return
    copied = tmp_path / UNIT.name
    # The drop-ins of the unit are in the folder where systemd reads them.
    text = UNIT.read_text("utf-8").replace("\n[Install]", f"{added}\n[Install]")
    text = text.replace("/opt/backchannel/bin/backchannel", sys.executable)
    copied.write_text(
        text.replace("User=backchannel", "User=root").replace("Group=backchannel\n", "")
    )
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", copied],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    complaints = [line for line in result.stderr.splitlines() if UNIT.name in line]
    assert complaints == []
