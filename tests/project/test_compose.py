"""The compose files, as far as they can be checked without a container engine."""

import re
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from backchannel.settings import Settings, load
from backchannel.storage.opening import ENGINES

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "deploy" / "compose").glob("*.yaml"))
NODES = ROOT / "deploy" / "compose" / "nodes"
SECRETS = {
    "BACKCHANNEL_JWT_SECRET": secrets.token_hex(32),
    "DATABASE_PASSWORD": secrets.token_hex(16),
}


def parsed(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    return found


def given(value: str) -> str:
    """The value as compose reads it: with the variables, or with their defaults."""
    return re.sub(
        r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda found: SECRETS.get(found[1], found[2]), value
    )


def test_each_kind_of_database_has_a_compose_file() -> None:
    schemes = {scheme.partition("+")[0] for scheme in ENGINES} - {"mysql"}
    assert {file.stem for file in FILES} == schemes


def settings_of(server: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of the server of a compose file; `folder` stands for its data folder."""
    monkeypatch.chdir(folder)
    for name, value in server["environment"].items():
        monkeypatch.setenv(name, given(value))
    monkeypatch.setenv("BACKCHANNEL_ENVIRONMENT", "production")
    return load({"data_dir": folder, "host": "0.0.0.0"}).settings  # noqa: S104


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_server_starts_with_its_settings(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = parsed(file)["services"]["server"]
    assert (file.parent / server["build"]["context"] / server["build"]["dockerfile"]).is_file()
    assert server["volumes"] == ["data:/data"]
    assert all(port.startswith("127.0.0.1:") for port in server["ports"])
    settings = settings_of(server, tmp_path, monkeypatch)
    assert settings.storage_url.startswith(file.stem)
    assert settings.allowed_hosts == ("localhost",)


def test_several_servers_share_what_they_must(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    compose = parsed(NODES / "nodes.yaml")
    services = compose["services"]
    server, balancer = services["server"], services["balancer"]
    assert (NODES / server["build"]["context"] / server["build"]["dockerfile"]).is_file()
    assert server["deploy"]["replicas"] == 2
    assert server["volumes"] == ["data:/data"], "all servers share files and uploads"
    assert "ports" not in server, "two servers cannot publish one port"
    assert all(port.startswith("127.0.0.1:") for port in balancer["ports"])
    assert services["database"] == {
        **parsed(ROOT / "deploy" / "compose" / "postgresql.yaml")["services"]["database"],
        "networks": ["inside"],
    }
    settings = settings_of(server, tmp_path, monkeypatch)
    assert settings.joined
    (network,) = compose["networks"]["inside"]["ipam"]["config"]
    assert [str(each) for each in settings.trusted_proxies] == [network["subnet"]]


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")
def test_haproxy_accepts_the_configuration_of_the_balancer() -> None:
    done = subprocess.run(
        ["haproxy", "-c", "-f", NODES / "haproxy.cfg"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "[WARNING]" not in done.stderr


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_services_have_health_checks_volumes_and_no_public_ports(file: Path) -> None:
    compose = parsed(file)
    for name, service in compose["services"].items():
        assert service["healthcheck"]["test"][0] == "CMD"
        assert service["restart"] == "unless-stopped"
        (volume,) = service["volumes"]
        assert volume.partition(":")[0] in compose["volumes"]
        passwords = [
            value
            for key, value in service["environment"].items()
            if "PASSWORD" in key and "RANDOM" not in key
        ]
        assert all(value.startswith("${DATABASE_PASSWORD:?") for value in passwords)
        if name != "server":
            assert "ports" not in service
            assert passwords
            assert ":" in service["image"], "an image without a version changes by itself"
            after = compose["services"]["server"]["depends_on"]
            assert after == {name: {"condition": "service_healthy"}}
