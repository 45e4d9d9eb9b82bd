"""An outside judge of the code: bandit, whose findings are those that have been looked at."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REVIEWED = {
    ("B104", "cli/address.py"): "compares with an address, listens on none",
    ("B104", "settings/model.py"): "the example of a setting",
    ("B105", "settings/catalogue.py"): "the name of a setting",
    ("B105", "storage/mongodb/accounts.py"): "an erased account has no hash, so no password fits",
    ("B106", "storage/sql/accounts.py"): "an erased account has no hash, so no password fits",
    ("B311", "responders/requests.py"): "spreads retries",
    ("B311", "storage/mongodb/database.py"): "spreads retries",
    ("B311", "storage/sql/postgresql/database.py"): "spreads retries",
    ("B311", "transports/websocket/drain.py"): "spreads reconnects",
    ("B608", "storage/sql/postgresql/texts.py"): "joins constants of the program",
    ("B608", "storage/sql/sqlite/copying.py"): "names of tables that the program holds",
    ("B608", "storage/sql/sqlite/texts.py"): "joins constants of the program",
}


@pytest.mark.slow
def test_what_bandit_finds_has_been_looked_at() -> None:
    command = [sys.executable, "-m", "bandit", "--quiet", "--recursive", "src", "--format=json"]
    report = subprocess.run(command, cwd=ROOT, capture_output=True, check=False).stdout
    results = json.loads(report)["results"]
    found = {
        (each["test_id"], each["filename"].removeprefix("src/backchannel/")) for each in results
    }
    assert found == REVIEWED.keys()


@pytest.mark.slow
def test_the_judge_finds_a_weakness(tmp_path: Path) -> None:
    (tmp_path / "weak.py").write_text("import subprocess\nsubprocess.run('ls', shell=True)\n")
    command = [sys.executable, "-m", "bandit", "--quiet", "weak.py", "--format=json"]
    judged = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert judged.returncode == 1
    assert b"B602" in judged.stdout
