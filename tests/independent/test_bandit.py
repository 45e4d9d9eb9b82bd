"""An independent check of the code: bandit has only findings that have been reviewed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REVIEWED = {
    ("B104", "cli/options.py"): "compares with an address, listens on none",
    ("B104", "settings/model.py"): "the example of a setting",
    ("B105", "settings/catalogue.py"): "the name of a setting",
    ("B105", "settings/load.py"): "the reason why a setting is refused",
    ("B105", "storage/mongodb/accounts.py"): "an erased account has no hash, so no password fits",
    ("B106", "storage/sql/accounts.py"): "an erased account has no hash, so no password fits",
    ("B311", "brokers/kafka/channel.py"): "chooses a partition",
    ("B311", "brokers/link.py"): "spreads retries",
    ("B311", "responders/requests.py"): "spreads retries",
    ("B311", "storage/mongodb/store.py"): "spreads retries",
    ("B311", "storage/sql/servers/database.py"): "spreads retries",
    ("B311", "transports/websocket/close.py"): "spreads reconnects",
    ("B608", "storage/sql/mysql/index.py"): "joins constants and literals, which are escaped",
    ("B608", "storage/sql/mysql/migrating.py"): "joins constants of the program",
    ("B608", "storage/sql/mysql/statements.py"): "joins constants and literals, which are escaped",
    ("B608", "storage/sql/postgresql/statements.py"): "joins constants of the program",
    ("B608", "storage/sql/sqlite/copying.py"): "names of tables that the program holds",
    ("B608", "storage/sql/sqlite/statements.py"): "joins constants of the program",
}


@pytest.mark.slow
def test_bandit_reports_only_reviewed_findings() -> None:
    command = [sys.executable, "-m", "bandit", "--quiet", "--recursive", "src", "--format=json"]
    report = subprocess.run(command, cwd=ROOT, capture_output=True, check=False).stdout
    results = json.loads(report)["results"]
    found = {
        (each["test_id"], each["filename"].removeprefix("src/backchannel/")) for each in results
    }
    assert found == REVIEWED.keys()


@pytest.mark.slow
def test_bandit_reports_a_weak_example(tmp_path: Path) -> None:
    (tmp_path / "weak.py").write_text("import subprocess\nsubprocess.run('ls', shell=True)\n")
    command = [sys.executable, "-m", "bandit", "--quiet", "weak.py", "--format=json"]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert checked.returncode == 1
    assert b"B602" in checked.stdout
