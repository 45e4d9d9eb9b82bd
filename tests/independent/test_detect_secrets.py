"""An independent check of the tree: detect-secrets has only reviewed findings."""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("src", "docs", ".ci", "README.md", "SECURITY.md", "Makefile", "pyproject.toml")
TRIED = ("tests", "benchmarks", "torture")
NOT_OURS = (
    "node_modules",
    "web_client/built/",
    "benchmarks/bin/",
    "_cache/",
    ".lock",
    "-lock.json",
    ".pyc",
)
"""Files that packages and tools make, and hashes of them."""

REVIEWED = {
    ("README.md", "Secret Keyword"): "the password of an example",
    ("docs/databases.md", "Basic Auth Credentials"): "the password of an example",
    ("docs/getting-started.md", "Secret Keyword"): "the password of an example",
    ("docs/install.md", "Secret Keyword"): "how to make a secret",
    ("docs/settings.md", "Basic Auth Credentials"): "the password of an example",
    ("src/backchannel/brokers/kafka/clients.py", "Basic Auth Credentials"): "an example",
    ("src/backchannel/dialects/native/client_frames.py", "JSON Web Token"): "an example",
    ("src/backchannel/settings/bus.py", "Basic Auth Credentials"): "an example",
    ("src/backchannel/settings/catalogue.py", "Secret Keyword"): "the name of a setting",
    ("src/backchannel/settings/load.py", "Secret Keyword"): "the reason of a refusal",
    ("src/backchannel/settings/model.py", "Basic Auth Credentials"): "an example",
    ("src/backchannel/settings/values.py", "Basic Auth Credentials"): "an example",
    ("src/backchannel/storage/sql/mysql/address.py", "Basic Auth Credentials"): "an example",
}
REVIEWED_IN_TESTS = {
    ("tests/brokers/conftest.py", "Basic Auth Credentials"): "the guest of RabbitMQ",
    ("tests/brokers/test_kafka.py", "Basic Auth Credentials"): "an address to be taken apart",
    ("tests/nodes/test_refusals.py", "Basic Auth Credentials"): "is not printed",
    ("tests/cli/test_config.py", "Hex High Entropy String"): "a key that must not be printed",
    ("tests/cli/test_serve.py", "Hex High Entropy String"): "a key for a server of a test",
    ("tests/project/test_install.py", "Hex High Entropy String"): "a key for a server of a test",
    ("tests/project/test_kubernetes.py", "Basic Auth Credentials"): "the secret of a test",
    ("tests/previews/test_addresses.py", "Basic Auth Credentials"): "an address to be refused",
    ("tests/security/test_secret.py", "Base64 High Entropy String"): "a key to be validated",
    ("tests/security/test_secret.py", "Hex High Entropy String"): "a key to be validated",
    ("tests/settings/test_files.py", "Basic Auth Credentials"): "an address to be refused",
    ("tests/settings/test_refusals.py", "Basic Auth Credentials"): "an address to be refused",
    ("tests/settings/test_refusals.py", "Hex High Entropy String"): "a key that is not printed",
    ("tests/settings/test_responder.py", "Basic Auth Credentials"): "an address to be refused",
    ("tests/storage/mongodb/test_opening.py", "Basic Auth Credentials"): "is not printed",
    ("tests/storage/servers/test_opening.py", "Basic Auth Credentials"): "is not printed",
    ("tests/storage/sqlite/test_opening.py", "Basic Auth Credentials"): "an address to be refused",
    ("tests/telemetry/test_logs.py", "JSON Web Token"): "a token that must not be logged",
    ("torture/cluster.py", "Basic Auth Credentials"): "the guest of RabbitMQ",
    ("tests/transports/test_handshake.py", "Base64 High Entropy String"): "the nonce of RFC 6455",
}

Finding = tuple[str, str]


def scan(root: Path, files: Iterable[str], *options: str) -> set[Finding]:
    """The findings of detect-secrets, each with its file and kind."""
    command = [sys.executable, "-m", "detect_secrets", "scan", "--no-verify", *options, *files]
    output = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout
    results = json.loads(output)["results"]
    return {(file, each["type"]) for file, found in results.items() for each in found}


def below(folders: Iterable[str]) -> list[str]:
    paths = [path for folder in folders for path in (ROOT / folder, *(ROOT / folder).rglob("*"))]
    names = [str(path.relative_to(ROOT)) for path in paths if path.is_file()]
    return [name for name in names if not any(each in name for each in NOT_OURS)]


@pytest.mark.slow
def test_no_unreviewed_secret_is_in_the_shipped_files() -> None:
    assert scan(ROOT, below(OURS)) == REVIEWED.keys()


@pytest.mark.slow
def test_no_unreviewed_secret_is_in_the_tests() -> None:
    # the keyword alone is no finding there: many variables of tests are called `password`
    found = scan(ROOT, below(TRIED), "--disable-plugin", "KeywordDetector")
    assert found == REVIEWED_IN_TESTS.keys()


@pytest.mark.slow
def test_detect_secrets_reports_a_leaked_example(tmp_path: Path) -> None:
    key = "ghp_" + "x1Y2z3" * 6
    (tmp_path / "leak.py").write_text(f"TOKEN = '{key}'\n")
    assert ("leak.py", "GitHub Token") in scan(tmp_path, ["leak.py"])
