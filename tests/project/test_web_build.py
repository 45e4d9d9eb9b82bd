"""`web/build.py`: requirements, skipped builds and error messages."""

import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from backchannel.dialects.web_client.http import built_assets

ROOT = Path(__file__).parents[2]
PAGE = "backchannel/dialects/web_client/built/index.html.br"

built = pytest.mark.skipif(not built_assets(), reason="the web client is not built: make build-web")


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("web_build", ROOT / "web" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "web_build", module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("v18.20.4", False),
        ("v20.18.3", False),
        ("v20.19.0", True),
        ("v21.7.3", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.1.0", True),
        ("not a version", False),
    ],
)
def test_a_node_that_is_too_old_is_not_used(
    tools: ModuleType,
    tmp_path: Path,
    version: str,
    enough: bool,  # noqa: FBT001 - pytest names it
) -> None:
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\necho {version}\n")
    node.chmod(0o755)
    assert tools.is_new_enough(str(node)) is enough


def test_a_build_without_node_names_the_needed_version(
    tools: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(tools, "_packaged", lambda: None)
    with pytest.raises(tools.CannotBuild, match=r"Node\.js 20\.19 or newer is needed"):
        tools.find_node(may_install=False)


def test_the_client_is_rebuilt_only_if_a_source_changed(
    tools: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, stamp = tmp_path / "page.html", tmp_path / ".sources"
    source.write_text("one")
    monkeypatch.setattr(tools, "ROOT", tmp_path)
    monkeypatch.setattr(tools, "SOURCES", ("page.html",))
    monkeypatch.setattr(tools, "STAMP", stamp)
    stamp.write_text(tools.digest(tools.SOURCES))
    assert tools.build() is False
    source.write_text("two")
    monkeypatch.setattr(tools, "find_node", lambda: pytest.skip("it would be built now"))
    with pytest.raises(pytest.skip.Exception):
        tools.build()


def test_the_output_of_a_failed_tool_is_shown(tools: ModuleType) -> None:
    node = tools.Node(sys.executable, (sys.executable,), str(Path(sys.executable).parent))
    command = [sys.executable, "-c", "import sys; sys.exit('no space left')"]
    with pytest.raises(tools.CannotBuild, match="npm ci failed:\n  no space left"):
        tools._run(node, command, "npm ci")


def package(kind: str, source: Path, folder: Path, **environment: str) -> Path:
    """Build a `wheel` or an `sdist` of the source tree into the folder."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    variables = {**os.environ, **environment}
    subprocess.run(command, cwd=source, env=variables, check=True, capture_output=True)
    (made,) = folder.iterdir()
    return made


@built
def test_a_wheel_can_be_built_without_the_client(tmp_path: Path) -> None:
    wheel = package("wheel", ROOT, tmp_path, SKIP_WEB_CLIENT="1")
    names = zipfile.ZipFile(wheel).namelist()
    assert "backchannel/dialects/web_client/http.py" in names
    assert not [name for name in names if "/built/" in name]


@pytest.mark.slow
@built
def test_a_wheel_from_a_source_distribution_carries_the_client_without_node(tmp_path: Path) -> None:
    archive = package("sdist", ROOT, tmp_path / "sdist")
    subprocess.run(["tar", "xf", archive, "-C", tmp_path], check=True)
    (source,) = tmp_path.glob("backchannel-*")
    assert not (source / "web").exists()
    wheel = package("wheel", source, tmp_path / "wheel", PATH=str(tmp_path))
    assert PAGE in zipfile.ZipFile(wheel).namelist()


@pytest.mark.slow
@built
def test_a_wheel_carries_the_client(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run([*command, *options], check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert PAGE in names
    assert not [name for name in names if "node_modules" in name]
