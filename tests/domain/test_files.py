"""S16, S17: names are only shown, and names that look like paths are refused."""

import pytest

from backchannel.domain.errors import Invalid
from backchannel.domain.files import NAME_LIMIT, check_file_name
from backchannel.domain.media_types import clean_media_type, is_shown


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "../../etc/passwd",
        "/etc/passwd",
        "a/b",
        "..\\x",
        "C:\\x.exe",
        "a\0.jpg",
        "x.jpg\0.exe",
    ],
)
def test_S17_paths_are_refused_as_file_names(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_file_name(name)
    assert refused.value.field == "name"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Cat.jpg", "Cat.jpg"),
        (" Cat.jpg ", "Cat.jpg"),
        ("u\u0308ber.txt", "über.txt"),
        ("Screenshot 3.04\u202fPM.png", "Screenshot 3.04 PM.png"),
        ("photo\u202egnp.exe", "photognp.exe"),
        ("a\u200b\u2066b\ufeff.txt", "ab.txt"),
        ("a\r\nSet-Cookie: x.txt", "a  Set-Cookie: x.txt"),
        ("a\x1b[31m.txt", "a[31m.txt"),
        ("<img src=x onerror=alert(1)>.png", "<img src=x onerror=alert(1)>.png"),
        ("猫.jpg", "猫.jpg"),
        ("\ud800.jpg", ".jpg"),
        ("\u202e", "file"),
        ("   ", "file"),
        ("..\u200b", ".."),
    ],
)
def test_S16_misleading_file_names_are_shown_harmlessly(name: str, shown: str) -> None:
    assert check_file_name(name) == shown


@pytest.mark.parametrize("ending", ["", ".jpeg", ".tar.gz"])
def test_a_long_name_keeps_its_ending(ending: str) -> None:
    shown = check_file_name("ä" * 500 + ending)
    assert len(shown) == NAME_LIMIT
    assert shown.endswith("." + ending.rpartition(".")[2] if ending else "ä")


@pytest.mark.parametrize(
    ("claimed", "clean"),
    [
        ("image/JPG", "image/jpeg"),
        ("text/plain; charset=utf-8", "text/plain"),
        ("", ""),
        ("nonsense", ""),
        ("a/b\r\nx: y", ""),
        ("-x/y", ""),
        ("a/" + "b" * 300, ""),
    ],
)
def test_a_claimed_media_type_is_cleaned_or_dropped(claimed: str, clean: str) -> None:
    assert clean_media_type(claimed) == clean


def test_S17_only_passive_media_types_are_shown_inline() -> None:
    for shown in ("image/jpeg", "image/png", "audio/ogg", "video/mp4"):
        assert is_shown(shown)
    for saved in (
        *("image/svg+xml", "text/html", "application/pdf", "application/xml", "text/plain"),
        *("application/octet-stream", "application/zip", "unheard/of", ""),
    ):
        assert not is_shown(saved)
