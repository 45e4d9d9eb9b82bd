"""Files are transferred completely over a connection that is cut in the middle."""

import os
from pathlib import Path

import pytest

from backchannel_client import ApiError, BackchannelClient, Draft
from tests.sdk.conftest import Enter, Notes, register
from tests.support import media
from tests.support.process import ServerProcess
from torture.proxy import Wire

SIZE = 3_000_000


class Cutter:
    """Cuts a wire after every so many bytes; records the progress."""

    def __init__(self, wire: Wire, every: int, times: int) -> None:
        self.seen: list[int] = []
        self._wire = wire
        self._every = every
        self._left = times
        self._next = every

    def __call__(self, done: int, size: int) -> None:
        assert size == SIZE
        self.seen.append(done)
        if done >= self._next and self._left:
            self._left -= 1
            self._next = done + self._every
            self._wire.cut()


async def test_R20_files_are_sent_and_fetched_over_a_line_that_is_cut(
    server: ServerProcess, tmp_path: Path
) -> None:
    content = os.urandom(SIZE)
    (tmp_path / "noise.bin").write_bytes(content)
    async with (
        Wire(server.port) as wire,
        BackchannelClient(f"http://{wire.address}") as ada,
        BackchannelClient(f"http://{wire.address}") as grace,
    ):
        await register(ada, "ada-of-files")
        grace_id = await register(grace, "grace-of-files")
        ada.connect(None, Notes())
        up = Cutter(wire, SIZE // 3, 2)
        file = await ada.files.upload(tmp_path / "noise.bin", progress=up)
        assert (file.name, file.size) == ("noise.bin", SIZE)
        assert up.seen[-1] == SIZE
        ack = await ada.deliver(Draft(grace_id, "", files=[file]))
        (message,) = (await grace.api.messages(ack.conversation_id)).items
        down = Cutter(wire, SIZE // 3, 2)
        target = await grace.files.download(message.files[0], tmp_path / "copy", progress=down)
        assert target.read_bytes() == content
        assert await grace.files.content(message.files[0]) == content
        assert not (tmp_path / "copy.part").exists()


async def test_an_upload_goes_on_in_another_process(enter: Enter, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("eggs, milk")
    ada, again = await enter(), await enter()
    file_id = await ada.files.create_upload("notes.txt", path.stat().st_size, "text/plain")
    assert ada.tokens.current is not None
    again.tokens.adopt(ada.tokens.current)
    seen: list[tuple[int, int]] = []
    await again.files.resume_upload(file_id, path, progress=lambda *each: seen.append(each))
    assert seen[0] == (0, 10)
    assert seen[-1] == (10, 10)


async def test_a_recording_keeps_its_waveform(enter: Enter, tmp_path: Path) -> None:
    path = tmp_path / "voice.wav"
    path.write_bytes(media.wav(1))
    ada, grace = await enter(), await enter()
    assert grace.tokens.current is not None
    grace_id = grace.tokens.current.user.id
    ada.connect(None, Notes())
    file = await ada.files.upload(path, waveform=bytes([0, 128, 255]))
    ack = await ada.deliver(Draft(grace_id, "", files=[file]))
    (message,) = (await grace.api.messages(ack.conversation_id)).items
    assert (message.files[0].waveform, message.files[0].duration) == ("AID/", 1_000)


async def test_a_file_refused_by_the_server_is_not_retried(enter: Enter, tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(b"\x7fELF" + bytes(200))
    ada = await enter()
    with pytest.raises(ApiError) as raised:
        await ada.files.upload(path)
    assert raised.value.status == 415
