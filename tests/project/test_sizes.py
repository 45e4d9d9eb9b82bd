"""No function is longer than 40 lines and no file longer than 300, except the named ones."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_LINES = 40
MOST_LINES_OF_A_FILE = 300
LONG_FUNCTIONS = {
    "serve": "the options of the command, each with its help",
    "test_refusals_do_not_affect_the_rest_of_the_batch": "a batch with a draft of each kind",
    "test_S6_the_log_shows_refusals_and_no_secrets": "one story of one server",
}
LONG_FILES: dict[str, str] = {}


def _files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [name for name in listed.stdout.split() if (ROOT / name).exists()]


def _long_functions() -> Iterator[str]:
    for name in _files():
        for node in ast.walk(ast.parse((ROOT / name).read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MOST_LINES:
                    yield node.name


def test_functions_are_short() -> None:
    assert not set(_long_functions()) - set(LONG_FUNCTIONS)


def test_files_are_short() -> None:
    long = {
        name
        for name in _files()
        if len((ROOT / name).read_text().splitlines()) > MOST_LINES_OF_A_FILE
    }
    assert not long - set(LONG_FILES)
