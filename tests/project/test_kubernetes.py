"""The Kubernetes manifests, as far as they can be checked without a cluster."""

import secrets
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from backchannel.app.config import GRACE
from backchannel.http.monitoring import PROBES
from backchannel.settings import load

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
SECRETS = {
    "jwt-secret": secrets.token_hex(32),
    "database-url": "postgresql://backchannel:secret@database/backchannel",
}


def parsed(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text("utf-8"))
    return found


@pytest.fixture
def pod() -> dict[str, Any]:
    found: dict[str, Any] = parsed("deployment.yaml")["spec"]["template"]
    return found


@pytest.fixture
def server(pod: dict[str, Any]) -> dict[str, Any]:
    (found,) = pod["spec"]["containers"]
    assert isinstance(found, dict)
    return found


def variables(server: dict[str, Any]) -> dict[str, str]:
    """The environment that the cluster would give to the server."""
    generated = {
        each["name"]: each["literals"]
        for each in parsed("kustomization.yaml")["configMapGenerator"]
    }
    found: dict[str, str] = {}
    for source in server["envFrom"]:
        found.update(each.split("=", 1) for each in generated[source["configMapRef"]["name"]])
    for each in server["env"]:
        reference = each["valueFrom"]["secretKeyRef"]
        assert reference["name"] == "backchannel"
        found[each["name"]] = SECRETS[reference["key"]]
    return found


def test_all_manifests_are_applied() -> None:
    resources = parsed("kustomization.yaml")["resources"]
    assert sorted([*resources, "kustomization.yaml"]) == sorted(
        each.name for each in FOLDER.iterdir()
    )


def test_several_servers_start_with_their_settings(
    server: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in variables(server).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BACKCHANNEL_ENVIRONMENT", "production")
    loaded = load({"data_dir": tmp_path, "host": "0.0.0.0"}).settings  # noqa: S104
    assert loaded.joined
    assert loaded.storage_url == SECRETS["database-url"]
    shared = [each["mountPath"] for each in server["volumeMounts"] if each["name"] == "files"]
    for path in (loaded.files_url.removeprefix("file://"), str(loaded.uploads_dir)):
        assert path.startswith(f"{shared[0]}/"), "all servers must reach it"


def test_the_probes_are_those_of_the_server(server: dict[str, Any]) -> None:
    paths = {
        server[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")
    }
    assert paths == PROBES
    assert server["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert server["livenessProbe"]["httpGet"]["path"] == "/healthz", "not the database's state"


def test_a_server_has_time_to_stop_and_no_rights(
    pod: dict[str, Any], server: dict[str, Any]
) -> None:
    assert pod["spec"]["terminationGracePeriodSeconds"] > 2 * GRACE
    assert pod["spec"]["enableServiceLinks"] is False
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert server["securityContext"]["readOnlyRootFilesystem"] is True
    assert server["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    mounted = {each["name"] for each in server["volumeMounts"]}
    assert mounted == {each["name"] for each in pod["spec"]["volumes"]}


def test_the_manifests_name_each_other(pod: dict[str, Any], server: dict[str, Any]) -> None:
    labels = pod["metadata"]["labels"]
    assert parsed("deployment.yaml")["spec"]["selector"]["matchLabels"] == labels
    assert parsed("disruption.yaml")["spec"]["selector"]["matchLabels"] == labels
    service = parsed("service.yaml")["spec"]
    assert service["selector"] == labels
    assert [each["targetPort"] for each in service["ports"]] == [
        each["name"] for each in server["ports"]
    ]
    (image,) = parsed("kustomization.yaml")["images"]
    assert image["name"] == server["image"]
    claims = [
        each["persistentVolumeClaim"]["claimName"]
        for each in pod["spec"]["volumes"]
        if "persistentVolumeClaim" in each
    ]
    assert claims == [parsed("files.yaml")["metadata"]["name"]]
    assert parsed("files.yaml")["spec"]["accessModes"] == ["ReadWriteMany"]
