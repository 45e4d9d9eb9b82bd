"""Each lock is complete: it installs without a resolver, whatever is released later."""

import re
import tomllib
from collections.abc import Collection, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
RUNTIME = PROJECT["project"]["dependencies"] + [each for extra in EXTRAS.values() for each in extra]
GROUPS = PROJECT["dependency-groups"]
PYTHONS = ["3.11.2", "3.12.1", "3.13.0"]
SETS = {
    "runtime": (["runtime"], RUNTIME),
    "build": (["build"], GROUPS["build"]),
    "dev": (["dev"], RUNTIME + GROUPS["build"] + GROUPS["dev"]),
    "generator": (["generator"], GROUPS["generator"]),
    "peers": (["dev", "peers"], GROUPS["peers"]),
}
"""Of each lock: the locks that are installed by then, and the requirements they must satisfy."""
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)(?: *; *([^\\]+))?", re.MULTILINE)


def pins(lock: str, python: str) -> dict[str, Version]:
    """The versions by name that pip installs from a lock with this Python on Linux."""
    text = (ROOT / "requirements" / f"{lock}.lock").read_text("utf-8")
    return {
        canonicalize_name(name): Version(version)
        for name, version, marker in PINNED.findall(text)
        if applies(Requirement(f"{name}; {marker}" if marker.strip() else name), python)
    }


def applies(requirement: Requirement, python: str, extra: str = "") -> bool:
    """Evaluate a requirement's marker for this Python on Linux, and for one extra or none."""
    if requirement.marker is None:
        return True
    environment = {"python_version": python.rpartition(".")[0], "python_full_version": python}
    return requirement.marker.evaluate({**environment, "extra": extra})


def unsatisfied(
    roots: Collection[Requirement], locked: dict[str, Version], python: str
) -> Iterator[str]:
    """Each requirement, including those of extras, that a lock does not satisfy."""
    waiting, seen = list(roots), set[str]()
    while waiting:
        requirement = waiting.pop()
        if str(requirement) in seen or not applies(requirement, python):
            continue
        seen.add(str(requirement))
        version = locked.get(canonicalize_name(requirement.name))
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            yield f"{requirement} (locked: {version})"
            continue
        for extra in ("", *requirement.extras):
            waiting.extend(needs(requirement.name, extra, python))


@cache
def needs(name: str, extra: str, python: str) -> list[Requirement]:
    """The requirements of an installed package, or of one of its extras, without markers."""
    try:
        lines = requires(name) or []
    except PackageNotFoundError:
        return []  # installed by `make bench-peers` only: the nightly test checks it
    needed = [each for each in map(Requirement, lines) if applies(each, python, extra)]
    for each in needed:
        each.marker = None
    return needed


def requirements(lines: Collection[str | dict[str, str]]) -> list[Requirement]:
    return [Requirement(line) for line in lines if isinstance(line, str)]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", SETS)
def test_a_lock_file_satisfies_all_requirements(name: str, python: str) -> None:
    locks, roots = SETS[name]
    locked = {key: version for lock in locks for key, version in pins(lock, python).items()}
    assert list(unsatisfied(requirements(roots), locked, python)) == []


@pytest.mark.parametrize("name", ["runtime", "dev"])
def test_a_missing_requirement_in_a_lock_file_is_found(name: str) -> None:
    _, roots = SETS[name]
    locked = pins(name, PYTHONS[0])
    for missing in locked:
        rest = {key: version for key, version in locked.items() if key != missing}
        assert list(unsatisfied(requirements(roots), rest, PYTHONS[0])) != [], (
            f"{missing} is not needed"
        )


def test_each_package_is_locked_with_hashes_and_without_an_address() -> None:
    for path in (ROOT / "requirements").glob("*.lock"):
        text = path.read_text("utf-8")
        assert "://" not in text
        for block in re.split(r"\n(?=\S)", text.strip()):
            assert "--hash=sha256:" in block, f"{path.name}: {block.splitlines()[0]}"


def test_make_installs_locks_without_a_resolver() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    installs = [line for line in makefile.splitlines() if "pip" in line and " install" in line]
    assert len(installs) == 1, "every installation uses $(INSTALL)"
    assert "--no-deps" in installs[0]
    assert makefile.count("$(INSTALL) ") == makefile.count("--require-hashes") + 1  # the project
