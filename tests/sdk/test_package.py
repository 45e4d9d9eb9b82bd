"""The client is a separate package: it contains nothing of the server."""

import ast
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "sdk" / "python"
SERVER = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CLIENT = tomllib.loads((PACKAGE / "pyproject.toml").read_text("utf-8"))


def imported() -> set[str]:
    """The packages that the client imports, without the standard library."""
    found: set[str] = set()
    for path in (PACKAGE / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {each.name.partition(".")[0] for each in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names


def test_the_client_imports_only_its_dependencies() -> None:
    named = {Requirement(each).name for each in CLIENT["project"]["dependencies"]}
    assert imported() == {"backchannel_client", *named}


def test_the_server_ships_the_client_with_the_same_requirements() -> None:
    wheel = SERVER["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert "sdk/python/src/backchannel_client" in wheel
    assert set(CLIENT["project"]["dependencies"]) <= set(SERVER["project"]["dependencies"])
    assert CLIENT["project"]["version"] == SERVER["project"]["version"]
