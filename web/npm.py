"""Runs npm in this folder with the Node.js that `build.py` finds."""

import os
import sys

from build import WEB, CannotBuild, find_node


def main() -> None:
    """Become npm with the arguments given."""
    try:
        node = find_node()
    except CannotBuild as problem:
        sys.exit(str(problem))
    path = os.pathsep.join([node.folder, os.environ.get("PATH", os.defpath)])
    os.chdir(WEB)
    os.execve(node.npm[0], [*node.npm, *sys.argv[1:]], {**os.environ, "PATH": path})  # noqa: S606


if __name__ == "__main__":
    main()
