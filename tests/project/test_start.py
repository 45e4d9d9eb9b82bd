"""What the server does not need must not keep it from being ready."""

import subprocess
import sys

UNNEEDED = {"httpx", "PIL", "tinytag", "alembic"}


def test_nothing_slow_is_imported_that_is_not_asked_for() -> None:
    command = "import sys, backchannel.app; print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", command], capture_output=True, check=True)
    assert UNNEEDED & set(answer.stdout.decode().split()) == set()
