"""The documents are correct: the targets of their links and their commands exist."""

import re
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
import typer

from backchannel.cli.main import cli
from backchannel.settings.catalogue import paths_by_variable

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
CODE = re.compile(r"`([^`\n]+)`|^(\S*backchannel .+|make .+)$", re.MULTILINE)
VARIABLE = re.compile(r"BACKCHANNEL_[A-Z_]*[A-Z]")

pytestmark = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)


def test_links_have_targets(document: Path) -> None:
    targets = LINK.findall(document.read_text("utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_commands_exist(document: Path) -> None:
    codes = ("".join(groups).split() for groups in CODE.findall(document.read_text("utf-8")))
    assert [" ".join(words) for words in codes if not exists(words)] == []


def test_variables_exist(document: Path) -> None:
    names = set(VARIABLE.findall(document.read_text("utf-8")))
    assert names - set(paths_by_variable()) == set()


def exists(words: list[str]) -> bool:
    """True for a command of another program, and for a command that exists."""
    program, *arguments = [Path(words[0]).name, *words[1:]] if words else [""]
    names = [each for each in arguments if re.fullmatch(r"[a-z][a-z-]*", each)]
    if program == "make" and names:
        return names[0] in targets()
    if program == "backchannel" and names:
        inner = commands().get(names[0], set())
        return names[0] in commands() and (not inner or set(names[1:2]) <= inner)
    return True


@cache
def targets() -> set[str]:
    """The targets of `make`."""
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@cache
def commands() -> dict[str, set[str]]:
    """The commands, and the commands of each group."""
    outer = inner_commands(typer.main.get_command(cli))
    return {name: set(inner_commands(command)) for name, command in outer.items()}


def inner_commands(command: object) -> dict[str, object]:
    group = cast("Any", command)
    names = group.list_commands(None) if hasattr(command, "list_commands") else ()
    return {name: group.get_command(None, name) for name in names}
