"""The staging of uploads."""

import shutil
from pathlib import Path

from backchannel.files.local import LocalStaging


async def test_a_folder_that_was_deleted_while_the_server_runs_is_created_again(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "uploads"
    staging = LocalStaging(folder)
    await staging.append("one", 0, b"lost")
    shutil.rmtree(folder)
    await staging.sweep(before=0)
    assert await staging.size("one") == 0
    await staging.append("two", 0, b"kept")
    assert await staging.size("two") == 4
