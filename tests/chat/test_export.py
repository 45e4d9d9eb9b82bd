"""S22: an export is a stream of small pieces, and a truncated one does not open."""

import asyncio
import io
import json
import secrets
import threading
import zipfile
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from backchannel.chat import attachments, export, invitations
from backchannel.chat.chunks import WRITE
from backchannel.chat.core import Core
from backchannel.chat.export import Entries, archived
from backchannel.chat.messages import draft, send
from backchannel.domain.errors import NotFound, Overloaded, Throttled
from backchannel.domain.files import BLOCK
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.messages import Draft
from backchannel.domain.users import FirstMessages, PrivacyPatch
from backchannel.security.throttle import Limit
from tests.support.clock import ManualClock
from tests.support.core import make_core, make_user
from tests.support.steps import measured_steps

PIECE = bytes(range(256)) * 256


async def pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield PIECE


async def entries() -> Entries:
    yield "README.txt", pieces(1)
    yield "files/größe/film.mp4", pieces(200)


async def test_S22_an_archive_comes_in_small_pieces() -> None:
    chunks = [chunk async for chunk in archived(entries())]
    assert max(map(len, chunks)) < 2 * WRITE
    with zipfile.ZipFile(io.BytesIO(b"".join(chunks))) as archive:
        assert archive.testzip() is None
        assert archive.read("files/größe/film.mp4") == PIECE * 200


async def test_S22_a_truncated_archive_does_not_open() -> None:
    whole = b"".join([chunk async for chunk in archived(entries())])
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(whole[: len(whole) // 2]))


async def test_S22_exports_are_throttled_per_user(tmp_path: Path) -> None:
    async with make_core(tmp_path, limits={"export:user": Limit(1, 60)}) as core:
        ada, bob = await make_user(core, "ada"), await make_user(core, "bob")
        await export.export_own(core, ada.id)
        with pytest.raises(Throttled):
            await export.export_own(core, ada.id)
        await export.export_own(core, bob.id)
        with pytest.raises(NotFound):
            await export.export_own(core, "nobody")


async def test_S22_an_export_has_message_requests(tmp_path: Path) -> None:
    async with make_core(tmp_path) as core:
        bob, cyd = await make_user(core, "bob"), await make_user(core, "cyd")
        patch = PrivacyPatch(first_messages=FirstMessages.REQUESTS)
        await core.storage.change_privacy(bob.id, patch, at=0)
        for body, sender in (("pending", await make_user(core, "ada")), ("declined", cyd)):
            await send(core, draft(sender.id, bob.id, body))
        declined = direct_conversation_id(bob.id, cyd.id)
        await core.storage.answer_request(bob.id, declined, accepted=False, at=0)
        whole = b"".join([chunk async for chunk in await export.export(core, bob.id)])
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        conversations = archive.read("conversations.jsonl").splitlines()
        messages = archive.read("messages.jsonl").splitlines()
        profile = json.loads(archive.read("profile.json"))
    assert [json.loads(each)["request"] for each in conversations] == ["pending", "declined"]
    assert [json.loads(each)["body"] for each in messages] == ["pending", "declined"]
    assert profile["privacy"]["first_messages"] == "requests"


async def test_S22_an_export_has_all_unfinished_uploads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PAGE", 2)
    async with make_core(tmp_path) as core:
        ada = await make_user(core, "ada")
        begun = {
            (await attachments.create_upload(core, ada.id, name=f"{number}.txt", size=1)).id
            for number in range(5)
        }
        whole = b"".join([chunk async for chunk in await export.export(core, ada.id)])
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        lines = archive.read("uploads.jsonl").splitlines()
    assert {json.loads(line)["id"] for line in lines} == begun
    assert len(lines) == 5


async def test_S22_an_export_has_the_invitations(tmp_path: Path) -> None:
    async with make_core(tmp_path) as core:
        ada = await make_user(core, "ada")
        core.policy = replace(core.policy, users_invite=True)
        made = await invitations.invite(core, ada.id, uses=2, days=1)
        whole = b"".join([chunk async for chunk in await export.export(core, ada.id)])
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        (kept,) = map(json.loads, archive.read("invitations.jsonl").splitlines())
    assert (kept["code"], kept["uses"]) == (made.code, 2)


async def test_S22_a_conversation_that_changes_during_the_export_is_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PAGE", 1)
    clock = ManualClock()
    async with make_core(tmp_path, clock=clock) as core:
        ada = await make_user(core, "ada")
        peers = [(await make_user(core, name)).id for name in ("bob", "eve", "kim")]
        for peer in peers:
            await send(core, draft(peer, ada.id, "hello"))
            clock.advance(1)
        pages = export._conversation_pages(core, ada.id)
        exported = [await anext(pages)]
        await send(core, draft(peers[0], ada.id, "now it is the newest one"))
        exported += [page async for page in pages]
    assert [each.peer_id for page in exported for each in page] == [peers[2], peers[1], peers[0]]


async def test_S22_a_lost_file_content_does_not_affect_the_rest_of_the_export(
    tmp_path: Path,
) -> None:
    async with make_core(tmp_path) as core:
        ada = await make_user(core, "ada")
        whole, missing, beginning, rest = [
            await _stored(core, ada.id, name) for name in ("a.txt", "b.txt", "c.txt", "CON: d.txt")
        ]
        _file(tmp_path, missing).unlink()
        _flip(_file(tmp_path, beginning), 7)
        _flip(_file(tmp_path, rest), BLOCK + 7)
        pieces = [piece async for piece in await export.export(core, ada.id)]
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.testzip() is None
        listed = {each["id"]: each for each in map(json.loads, archive.open("files.jsonl"))}
        held = [name for name in archive.namelist() if name.startswith("files/")]
        assert sorted(held) == [listed[whole]["path"], listed[rest]["path"]]
        assert archive.read(listed[whole]["path"]) == CONTENT
        assert archive.read(listed[rest]["path"]) == CONTENT[:BLOCK]
    assert [bool(listed[each]["damage"]) for each in (whole, missing, beginning, rest)] == [
        False,
        True,
        True,
        True,
    ]
    assert listed[rest]["path"] == f"files/{rest}/CON_ d.txt"
    assert listed[rest]["name"] == "CON: d.txt"


CONTENT = b"words \n" * (BLOCK // 5)


async def _stored(core: Core, user_id: str, name: str) -> str:
    async def chunks() -> AsyncIterator[bytes]:
        yield CONTENT

    upload = await attachments.create_upload(
        core, user_id, name=name, size=len(CONTENT), media_type="text/plain"
    )
    return (await attachments.store(core, upload, chunks())).id


def _file(tmp_path: Path, file_id: str) -> Path:
    (found,) = (tmp_path / "files").rglob(file_id)
    return found


def _flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


async def test_S22_a_user_has_one_export_at_a_time(tmp_path: Path) -> None:
    async with make_core(tmp_path) as core:
        ada, bob = await make_user(core, "ada"), await make_user(core, "bob")
        first = await export.export_own(core, ada.id)
        await anext(first)
        with pytest.raises(Overloaded, match="under way"):
            await anext(await export.export_own(core, ada.id))
        await anext(await export.export_own(core, bob.id))
        assert [piece async for piece in first] == []
        await anext(await export.export_own(core, ada.id))


async def test_R13_an_export_takes_no_long_steps_on_the_loop(tmp_path: Path) -> None:
    async with make_core(tmp_path) as core:
        ada, bob = await make_user(core, "ada"), await make_user(core, "bob")
        conversation = direct_conversation_id(ada.id, bob.id)
        bodies = [secrets.token_hex(30_000) for _ in range(100)]
        drafts = [Draft(conversation, ada.id, bob.id, body[:9], body) for body in bodies]
        await core.storage.append(drafts, at=1)
        with measured_steps() as steps:
            assert len([piece async for piece in await export.export(core, ada.id)]) > 3
        assert steps.longest < 0.03, steps


async def test_S22_an_aborted_export_keeps_its_turn_until_its_piece_is_packed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, gate = threading.Event(), threading.Event()
    order: list[str] = []
    crc32 = zlib.crc32

    def slow(data: bytes, value: int = 0) -> int:
        begun.set()
        gate.wait(20)
        order.append("packed")
        return crc32(data, value)

    @asynccontextmanager
    async def turn() -> AsyncIterator[None]:
        try:
            yield
        finally:
            order.append("turn over")

    monkeypatch.setattr("zipfile.crc32", slow)

    async def read() -> None:
        async for _ in archived(entries(), turn):
            pass

    task = asyncio.create_task(read())
    await asyncio.to_thread(begun.wait, 20)
    task.cancel()
    asyncio.get_running_loop().call_soon(gate.set)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert order == ["packed", "turn over"]
