"""Dialects reach data through use cases: they use only the parts of the core for dialects."""

import ast
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import backchannel
from backchannel.chat.core import Core

SOURCE = Path(backchannel.__file__).parent
FOLDERS = ("dialects", "http")
ALLOWED = {"policy", "clock", "directory", "previews"}
"""The operator's choices, the time, and services whose methods are use cases."""
FORBIDDEN = {field.name for field in fields(Core)} - ALLOWED


def bypasses(source: str) -> Iterator[str]:
    """The uses of parts of the core that are not for dialects, as `line: name`."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Attribute) or node.attr not in FORBIDDEN:
            continue
        owner = node.value
        name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
        if name.lstrip("_") == "core":
            yield f"{node.lineno}: {node.attr}"


def test_dialects_use_only_use_cases() -> None:
    found = {
        str(path.relative_to(SOURCE)): names
        for folder in FOLDERS
        for path in (SOURCE / folder).rglob("*.py")
        if (names := list(bypasses(path.read_text())))
    }
    assert found == {}


def test_access_around_the_use_cases_is_found() -> None:
    source = "core.storage.users([])\nself._core.bus\nconnections.core.policy\nbox.storage"
    assert sorted(bypasses(source)) == ["1: storage", "2: bus"]
