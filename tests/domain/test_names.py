"""Names: invisible characters, look-alikes and reserved names."""

import unicodedata

import pytest

from backchannel.domain.accounts import (
    check_display_name,
    check_registration,
    check_username,
    require_unreserved,
)
from backchannel.domain.characters import look_alike_key, mixes_scripts
from backchannel.domain.errors import Invalid
from backchannel.domain.files import check_file_name

INVISIBLE = [
    "\u3164",  # Hangul filler
    "\uffa0",
    "\u115f",
    "\u1160",
    "\u2800",  # Braille blank
    "\ufffc",  # object replacement character
    "\u034f",  # combining grapheme joiner
    "\ufe0f",  # variation selectors
    "\ufe00",
    "\U000e0100",
    "\U000e0061",  # tags
    "\U000e0001",
    "\u202e",  # bidi controls
    "\u2066",
    "\u200e",
    "\u061c",
    "\u200b",
    "\u200c",
    "\u200d",
    "\u2060",
    "\u00ad",
    "\ufeff",
    "\u17b5",
    "\u180e",
    "\u180b",
    "\U0001d173",
    "\U0001d159",
    "\u2028",
    "\0",
    "\x1b",
    "\ud800",
]


@pytest.mark.parametrize("invisible", INVISIBLE, ids=ascii)
@pytest.mark.parametrize("name", ["ada{}", "{}ada", "a{}da", "{}", "{0}{0}"])
def test_names_with_invisible_characters_are_refused(name: str, invisible: str) -> None:
    with pytest.raises(Invalid):
        check_username(name.format(invisible))
    with pytest.raises(Invalid):
        check_display_name(name.format(invisible))


@pytest.mark.parametrize(
    "name",
    [
        "می\u200cخواهم",  # Persian
        "क्\u200dष",  # Devanagari
        "ශ්\u200dරී",  # Sinhala
        "👨\u200d👩\u200d👧 The Smiths",
        "❤️ Ann",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f Bob",
        "葛\U000e0100城",  # an ideographic variant
        "Seán Ó Súilleabháin",
        "山田 太郎",
        "ada/grace",
    ],
)
def test_display_names_and_file_names_keep_joiners_that_their_script_needs(name: str) -> None:
    assert check_display_name(name) == name
    file_name = name.replace("/", "") + ".txt"
    assert check_file_name(file_name) == file_name


@pytest.mark.parametrize(
    "name", ["a\u200db", "ada\u200c", "\u200dada", "می\u200c", "م\u200d\u200dن", "م\u200ca"]
)
def test_other_joiners_are_refused_and_removed_from_file_names(name: str) -> None:
    with pytest.raises(Invalid):
        check_display_name(name)
    assert "\u200c" not in check_file_name(name)
    assert "\u200d" not in check_file_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "a" + "\u0301" * 63,
        "a\u0323\u0323da",
        "a\u0300\u0301\u0302\u0303\u0304da",
        "\xe1\u0300\u0302\u0303\u0304da",  # the first mark is part of the letter
        "ก" + "\u0e49" * 8,
        "ཀ" + "\u0f71\u0f72" * 3,
        "ada\u20dd\u20dd",
    ],
    ids=ascii,
)
def test_more_than_four_combining_marks_are_refused(name: str) -> None:
    with pytest.raises(Invalid, match="more than four marks"):
        check_username(name)
    with pytest.raises(Invalid, match="more than four marks"):
        check_display_name(name)


@pytest.mark.parametrize("name", ["Nguyễn Thị Bảo", "กิ๊ก", "שָׁלוֹם", "क्षि", "Ṩṩ", "é̩̌"])
def test_display_names_keep_the_combining_marks_of_their_script(name: str) -> None:
    assert check_display_name(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("ada", "аԁа"),  # Cyrillic
        ("ada", "ADA"),
        ("ADA", "аԁа"),
        ("bob", "ВОВ"),
        ("paypal", "раураӏ"),
        ("mary", "rnary"),
        ("hello", "heIlo"),
        ("bill", "bi11"),
        ("ada", "ɑdɑ"),
        ("ada", "ada\u3164"),
        ("o-o", "o‐o"),
        ("ada lovelace", "ada  lovelace"),
        ("sosa", "ѕоѕа"),
    ],
)
def test_look_alikes_have_one_key(name: str, other: str) -> None:
    assert look_alike_key(name) == look_alike_key(other)


@pytest.mark.parametrize(
    ("name", "other"),
    [("ada", "adä"), ("ada", "ada_"), ("person1", "person2"), ("иван", "ivan"), ("山田", "山口")],
)
def test_names_that_look_different_have_different_keys(name: str, other: str) -> None:
    assert look_alike_key(name) != look_alike_key(other)


@pytest.mark.parametrize(
    ("name", "mixed"),
    [
        ("ada", False),
        ("аda", True),
        ("adα", True),
        ("иван-42", False),
        ("太郎たろうタロー", False),
        ("kim김", False),
        ("김たろう", True),
        ("adaסא", True),
        ("ʻokina", False),
    ],
)
def test_mixed_scripts_are_refused(name: str, mixed: bool) -> None:  # noqa: FBT001
    assert mixes_scripts(name) is mixed
    if mixed:
        with pytest.raises(Invalid, match="mix letters"):
            check_username(name)
    else:
        assert check_username(name) == name


@pytest.mark.parametrize(
    "name", ["a/b", "/", "a\\b", "..", ".", "...", "a?b", "a#b", "a%2Fb", "\u0301da", "a@b"]
)
def test_usernames_are_a_part_of_paths(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_username(name)
    assert refused.value.field == "username"


RESERVED = ["admin", "Admin", "System", "Deleted user", "deleted-user", "sуstem", "adrnin", "ROOT"]


@pytest.mark.parametrize("name", RESERVED)
def test_reserved_names_are_only_given_by_operators(name: str) -> None:
    password = "mist over the harbour"
    faults = check_registration(username=name, email=None, password=password)
    assert [fault.field for fault in faults] == ["username"]
    faults = check_registration(username="ada", email=None, password=password, display_name=name)
    assert [fault.field for fault in faults] == ["display_name"]
    assert not check_registration(
        username="ada", email=None, password=password, display_name=name, by_operator=True
    )


@pytest.mark.parametrize("name", ["administer", "Systematic", "rooted", "ada"])
def test_names_that_only_begin_with_a_reserved_one_are_allowed(name: str) -> None:
    require_unreserved(name, field="username")
