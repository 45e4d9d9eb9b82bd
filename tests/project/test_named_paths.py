"""Each path and module that documents, comments and docstrings name exists."""

import re
import subprocess
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
SOURCES = (".py", ".ts", ".tsx", ".sql")
CODE = re.compile(r"`([^`\s]+)`")
PATH = re.compile(r"[\w.+-]+(?:/[\w.+-]+)*/?")
MODULE = re.compile(r"(?:backchannel|backchannel_client|tests|torture|benchmarks)(?:\.\w+)+")


@cache
def tracked() -> frozenset[str]:
    """The files of the repository and their folders."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    files = [PurePosixPath(name) for name in listed.stdout.splitlines()]
    return frozenset(str(path) for file in files for path in (file, *file.parents))


@cache
def endings() -> frozenset[str]:
    """Every ending of every path, with and without the suffix of a source file."""
    found: set[str] = set()
    for name in tracked():
        parts = name.split("/")
        for first in range(len(parts)):
            ending = "/".join(parts[first:])
            found.add(ending)
            if ending.endswith(SOURCES):
                found.add(ending.rsplit(".", 1)[0])
    return frozenset(found)


@cache
def folders() -> frozenset[str]:
    """The names of the folders that hold sources."""
    files = (PurePosixPath(name) for name in tracked() if name.endswith(SOURCES))
    return frozenset(part for file in files for part in file.parts[:-1])


def named(text: str) -> set[str]:
    """The paths of sources and the modules that a document names as code."""
    found: set[str] = set()
    for code in CODE.findall(text):
        if MODULE.fullmatch(code) and not code.endswith((".toml", ".db")):
            found.add(code.replace(".", "/"))
            continue
        path = code.split("::")[0]
        if not PATH.fullmatch(path):
            continue
        of_sources = "/" in path.rstrip("/") and path.split("/")[0] in folders()
        if of_sources or path.endswith(SOURCES):
            found.add(path.rstrip("/"))
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: Path(each).name)
def test_every_path_named_in_a_document_exists(document: Path | str) -> None:
    text = (ROOT / document).read_text("utf-8")
    missing = {path for path in named(text) if path not in endings() and not member(path)}
    assert missing == set()


def member(path: str) -> bool:
    """True for a name inside a module, such as a class."""
    module, _, name = path.rpartition("/")
    return bool(module) and name.isidentifier() and f"{module}.py" in endings()


def test_paths_are_distinguished_from_other_names() -> None:
    text = "`chat/send`, `text/html`, `nowhere.py`, `backchannel.toml`, `sqlite:///path/to/file.db`"
    assert named(text) == {"chat/send", "nowhere.py"}


PACKAGE = ROOT / "src" / "backchannel"
REFERENCE = re.compile(r"`([a-z]\w*(?:\.\w+)+)`")


def missing_references(text: str) -> set[str]:
    """The names in a text, such as `domain.messages.is_full`, that no module has."""
    layers = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    references = {each for each in REFERENCE.findall(text) if each.split(".")[0] in layers}
    return {each for each in references if not exists(each.split("."))}


def exists(parts: list[str]) -> bool:
    """True for a module or package, and for a name that occurs in one."""
    for length in range(len(parts), 0, -1):
        path = PACKAGE.joinpath(*parts[:length])
        modules = list(path.glob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
        if modules and modules[0].is_file():
            text = "\n".join(each.read_text("utf-8") for each in modules)
            return all(re.search(rf"\b{name}\b", text) for name in parts[length:])
    return False


def test_every_module_named_in_a_source_exists() -> None:
    sources = [ROOT / name for name in tracked() if name.endswith(".py")]
    missing = {
        str(path.relative_to(ROOT)): names
        for path in sources
        if path != Path(__file__) and (names := missing_references(path.read_text("utf-8")))
    }
    assert missing == {}


def test_missing_modules_are_found() -> None:
    text = "`domain.messages.is_full`, `ports.storage.Storage`, `domain.pages`, `app.core.missing`"
    assert missing_references(text) == {"domain.pages", "app.core.missing"}
