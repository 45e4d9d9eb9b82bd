"""S17: an archive can be unpacked on every system."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.domain.files import ARCHIVE_NAME_BYTES, archive_name

RESERVED = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{device}{digit}" for device in ("com", "lpt") for digit in "0123456789¹²³"
}


@pytest.mark.parametrize(
    ("name", "archived"),
    [
        ("Cat.jpg", "Cat.jpg"),
        ("größe.txt", "größe.txt"),
        ("12:30?.txt", "12_30_.txt"),
        ('a<b>|"c*.txt', "a_b___c_.txt"),
        ("notes. . .", "notes"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("Com1 .tar.gz", "_Com1 .tar.gz"),
        ("LPT²", "_LPT²"),
        ("console.log", "console.log"),
        ("...", "_"),
        ("..", "_"),
        ("é" * 180 + ".pdf", "é" * 73 + ".pdf"),
        ("x" * 180, "x" * 150),
        ("x." + "y" * 170, "x." + "y" * 148),
        ("🚀" * 60, "🚀" * 37),
    ],
)
def test_S17_archive_names_are_valid_on_every_system(name: str, archived: str) -> None:
    assert archive_name(name) == archived


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_S17_any_name_becomes_a_valid_archive_name(name: str) -> None:
    archived = archive_name(name)
    assert 0 < len(archived.encode()) <= ARCHIVE_NAME_BYTES + 1
    assert not re.search(r'[\x00-\x1f\x7f<>:"/\\|?*]', archived)
    assert archived == archived.rstrip(". ")
    assert archived.partition(".")[0].strip().lower() not in RESERVED
    assert archive_name(archived) == archived
