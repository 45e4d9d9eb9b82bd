"""Files over a pipe: sent from a path, and saved under a free name."""

from pathlib import Path

import pytest

from tests.cli.chat.conftest import Start

pytestmark = pytest.mark.slow


def test_files_are_sent_and_saved(
    talk: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes, folder = tmp_path / "my notes.txt", tmp_path / "downloads"
    notes.write_text("eggs, milk")
    monkeypatch.setenv("XDG_DOWNLOAD_DIR", str(folder))
    grace, king = talk("grace", "--with", "king"), talk("king", "--with", "grace")
    grace.wait_for("— king")
    king.type(f"/file {notes}")
    sent = king.wait_for("sent 1 file  ✓ stored")
    grace.wait_for("      + my notes.txt (text/plain, 10 B)")
    number = sent.split()[1]
    grace.type(f"/save {number}")
    grace.type(f"/save {number}")
    for name in ("my notes.txt", "my notes (2).txt"):
        grace.wait_for(f"saved as {folder / name}")
        assert (folder / name).read_text() == "eggs, milk"
    king.type("thank you")
    text = grace.wait_for("thank you").split()[1]
    assert king.leave() == (0, "")
    for other in (text, "999"):
        grace.type(f"/save {other}")
        grace.wait_for(f"message {other} has no files")
    assert grace.leave() == (1, "")
    assert sum("my notes.txt (text/plain" in line for line in king.lines) == 1
