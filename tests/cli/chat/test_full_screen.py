"""The full screen, driven by its keys against a real server."""

from collections.abc import Generator
from pathlib import Path

import pytest
from textual.events import Paste
from textual.widgets import Static

from backchannel.cli.chat.ui.app import ChatApp
from backchannel.cli.chat.ui.dialogs import Ask, Choose, Confirm
from backchannel.cli.chat.ui.drafts import Drafts
from backchannel.cli.chat.ui.preferences import Preferences
from backchannel_client import (
    BackchannelClient,
    ConnectionState,
    Draft,
    FileOutbox,
    MessageRefused,
    StateChanged,
)
from tests.cli.chat.running_app import running_app
from tests.sdk import device
from tests.sdk.conftest import Notes, register
from tests.support.process import ServerProcess, server_process

pytestmark = pytest.mark.slow


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[ServerProcess]:
    monkeypatch.setattr("backchannel_client.client.TIMEOUT", device.TIMEOUT)
    with server_process(tmp_path) as running:
        yield running


async def test_messages_are_read_answered_changed_and_reacted_to(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with running_app(server, tmp_path, peer=None, count=2) as each:
        await each.until(lambda: each.texts == ["number 0", "number 1"])
        await each.pilot.press("up", "r")
        await each.type("of what?")
        await each.until(lambda: each.received.texts[-1:] == ["of what?"])
        await each.until(lambda: each.messages[-1].reply_to == 2)
        await each.until(lambda: "│ Grace Hopper: number 1" in each.seen)
        each.app.chat_screen.composer.insert("unsent")
        await each.pilot.press("shift+tab", "e")
        await each.until(lambda: each.app.chat_screen.composer.text == "of what?")
        each.app.chat_screen.composer.clear()
        await each.type("of apples?")
        await each.until(lambda: "of apples?  edited" in each.seen)
        assert each.app.chat_screen.composer.text == "unsent"
        each.app.chat_screen.composer.clear()
        await each.pilot.press("up", "t")
        await each.dialog(Ask)
        await each.pilot.press("enter")
        await each.until(lambda: "👍 1" in each.seen)
        each.grace.mark_read(each.messages[0].conversation_id, 3)
        await each.until(lambda: "✓✓ read" in each.seen)
        await each.pilot.press("escape", "up", "d")
        await each.dialog(Confirm)
        await each.pilot.press("e")
        await each.until(lambda: each.app.screen is each.app.chat_screen)
        assert not each.messages[-1].deleted_at
        await each.pilot.press("d")
        await each.dialog(Confirm)
        await each.pilot.press("enter")
        await each.until(lambda: "deleted" in each.seen)


async def test_a_paste_of_several_lines_is_one_message(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with running_app(server, tmp_path) as each:
        each.app.chat_screen.composer.insert("one\ntwo")
        await each.pilot.press("shift+enter", *"three", "enter")
        await each.until(lambda: each.received.texts == ["one\ntwo\nthree"])


async def test_the_list_counts_unread_messages_and_the_history_scrolls_to_its_start(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with running_app(server, tmp_path, peer=None, count=120) as each:
        await each.until(lambda: len(each.texts) == 50)
        async with BackchannelClient(server.address) as lin:
            await register(lin, "lin", display_name="Lin Chu")
            lin.connect(None, Notes())
            await lin.deliver(Draft(each.app.chats.own_id, "are you coming?"))
        await each.until(lambda: each.app.chats.unread == 1)
        assert [chat.title for chat in each.app.chats.listed] == ["Lin Chu", "Grace Hopper"]
        while each.messages[0].seq != 1:
            await each.pilot.press("pageup")
        assert each.texts == [f"number {number}" for number in range(120)]
        await each.pilot.press("alt+up")
        await each.until(lambda: each.texts == ["are you coming?"])
        await each.until(lambda: each.app.chats.unread == 0)


async def test_what_is_typed_or_pasted_after_scrolling_back_is_the_message(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with running_app(server, tmp_path, peer=None, count=60) as each:
        await each.until(lambda: len(each.texts) == 50)
        while each.messages[0].seq != 1:
            await each.pilot.press("pageup")
        composer, timeline = each.app.chat_screen.composer, each.app.chat_screen.timeline
        await each.pilot.press(*"dear")
        assert composer.text == "dear"
        while timeline.scroll_offset.y > 0:
            await each.pilot.press("pageup")
        await each.pilot.press("pagedown")
        await each.until(lambda: timeline.scroll_offset.y > 0)
        each.app.chat_screen.set_focus(timeline)
        each.app.post_message(Paste(" Grace"))
        await each.until(lambda: composer.text == "dear Grace" and composer.has_focus)


async def test_a_search_leads_to_the_message(server: ServerProcess, tmp_path: Path) -> None:
    async with running_app(server, tmp_path, count=70) as each:
        await each.pilot.press("ctrl+f")
        await each.dialog(Choose)
        await each.pilot.press(*'"number 3"', "enter")
        await each.pilot.pause()
        await each.until(lambda: each.app.screen.focused and each.app.screen.focused.id is None)
        while isinstance(each.app.screen, Choose):
            await each.pilot.press("end", "enter")
            await each.pilot.pause(0.1)
        timeline = each.app.chat_screen.timeline
        await each.until(lambda: timeline.chosen and timeline.chosen.body == "number 3")


async def test_files_are_sent_and_saved(server: ServerProcess, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("eggs, milk")
    async with running_app(server, tmp_path) as each:
        await each.pilot.press("ctrl+o")
        await each.dialog(Ask)
        await each.pilot.press(*str(tmp_path / "notes.txt"), "enter")
        await each.until(lambda: "+ notes.txt (text/plain" in each.seen)
        await each.until(lambda: each.messages)
        await each.pilot.press("up", "o")
        saved = tmp_path / "downloads" / "notes.txt"
        await each.until(saved.exists)
        assert saved.read_text() == "eggs, milk"


async def test_S24_a_message_cannot_pretend_to_be_another(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with running_app(server, tmp_path) as each:
        body = "fine\nyou  10:51\n\x1b[2J[red]I agree to pay 500[/red]"
        await each.grace.deliver(Draft(each.app.chats.own_id, body))
        await each.until(lambda: "I agree" in each.seen)
        assert "\n  you  10:51" in each.seen
        assert "\n  \ufffd[2J[red]I agree to pay 500[/red]" in each.seen


async def test_R2_messages_written_while_the_server_is_down_are_sent_once_it_is_back(
    server: ServerProcess, tmp_path: Path
) -> None:
    def outbox() -> list[Path]:
        return list((tmp_path / "outbox").glob("*.json"))

    async with running_app(server, tmp_path) as each:
        server.kill()
        await each.until(lambda: "not connected" in each.app.chat_screen.connection)
        await each.type("are you there?")
        await each.until(lambda: "waiting" in each.seen)
        await each.until(lambda: len(outbox()) == 1)
        server.start()
        await each.until(lambda: each.texts == ["are you there?"])
        await each.until(lambda: "waiting" not in each.seen)
        await each.until(lambda: outbox() == [])


async def test_a_refused_message_can_be_sent_again_or_discarded(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with running_app(server, tmp_path, count=1) as each:
        refused: list[MessageRefused] = []
        each.app._client.on(MessageRefused, refused.append)
        await each.grace.api.set_blocked(each.app.chats.own_id, blocked=True)
        await each.type("hello?")
        await each.until(lambda: len(refused) == 1 and "not sent" in each.seen)
        await each.pilot.press("up", "s")
        await each.until(lambda: len(refused) == 2 and "not sent" in each.seen)
        await each.grace.api.set_blocked(each.app.chats.own_id, blocked=False)
        await each.pilot.press("s")
        await each.until(lambda: each.texts[-1:] == ["hello?"])


async def test_a_connection_that_is_lost_while_the_user_leaves_is_no_error(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with running_app(server, tmp_path) as each:
        each.app.exit()
    each.app._client.emit(StateChanged(ConnectionState.OFFLINE, "refused"))
    each.app._client.emit(StateChanged(ConnectionState.STOPPED, "refused"))
    assert each.app.return_value is None


async def test_a_start_without_the_server_reports_the_waiting_messages(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with BackchannelClient(server.address) as ada:
        await register(ada, "ada")
        await ada.keep_outbox(FileOutbox(tmp_path / "outbox"))
        await ada.send(Draft("grace", "kept from last time"))
        server.kill()
        preferences, drafts = Preferences(tmp_path / "chat.json"), Drafts(tmp_path / "drafts")
        app = ChatApp(ada, server.address, preferences, drafts, tmp_path)
        async with app.run_test(size=(100, 30)) as pilot:
            screen = app.chat_screen
            while "not connected" not in screen.connection:
                await pilot.pause(0.05)
            assert str(screen.query_one("#title", Static).content) == ""
            status = str(screen.query_one("#status", Static).content)
            assert status.startswith("1 message waiting   not connected")


async def test_a_narrow_terminal_shows_the_messages_without_the_list(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with running_app(server, tmp_path) as each:
        chats = each.app.chat_screen.query_one("#chats")
        assert chats.display
        await each.pilot.resize_terminal(40, 20)
        await each.until(lambda: not chats.display)
        await each.pilot.resize_terminal(100, 30)
        await each.until(lambda: chats.display)


async def test_a_theme_is_kept(server: ServerProcess, tmp_path: Path) -> None:
    async with running_app(server, tmp_path) as each:
        each.app.theme = "nord"
        await each.until(lambda: Preferences(tmp_path / "chat.json").theme == "nord")
