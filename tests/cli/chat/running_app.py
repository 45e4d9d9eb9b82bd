"""The full screen of one user, driven by its keys, and another user with a client."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from backchannel.cli.chat.ui.app import ChatApp
from backchannel.cli.chat.ui.dialogs import Ask, Choose, Confirm
from backchannel.cli.chat.ui.drafts import Drafts
from backchannel.cli.chat.ui.preferences import Preferences
from backchannel_client import (
    BackchannelClient,
    Draft,
    FileOutbox,
    Message,
)
from tests.sdk.conftest import Notes, own_id, register
from tests.support.process import ServerProcess

TIMEOUT = 1_800
"""Looks, each of which waits for 50 ms."""


@dataclass
class RunningApp:
    """A user at the screen, and another user with a client."""

    app: ChatApp
    pilot: Pilot[str]
    grace: BackchannelClient
    received: Notes
    """The messages that reached the other user."""

    async def until(self, look: Callable[[], object]) -> None:
        for _ in range(TIMEOUT):
            if look():
                return
            await self.pilot.pause(0.05)
        raise TimeoutError(self.seen)

    async def dialog(self, kind: type[Ask | Choose | Confirm]) -> None:
        """Wait until a dialog accepts typed text."""
        await self.until(lambda: isinstance(self.app.screen, kind) and self.app.screen.is_active)
        if kind is not Confirm:
            await self.until(lambda: self.app.screen.focused)

    async def type(self, text: str) -> None:
        self.app.chat_screen.composer.insert(text)
        await self.pilot.press("enter")

    @property
    def messages(self) -> list[Message]:
        chat = self.app.chat_screen.shown
        return [chat.messages[seq] for seq in sorted(chat.messages)] if chat else []

    @property
    def texts(self) -> list[str]:
        return [message.body for message in self.messages]

    @property
    def seen(self) -> str:
        """The messages as they are drawn."""
        timeline = self.app.chat_screen.timeline
        options = (timeline.get_option_at_index(each) for each in range(timeline.option_count))
        return "\n".join(str(option.prompt) for option in options)


@asynccontextmanager
async def running_app(
    server: ServerProcess, folder: Path, peer: str | None = "grace", count: int = 0
) -> AsyncGenerator[RunningApp]:
    """Ada at the screen, with `count` unread messages from Grace."""
    async with BackchannelClient(server.address) as ada, BackchannelClient(server.address) as grace:
        await register(ada, "ada", display_name="Ada Lovelace")
        await register(grace, "grace", display_name="Grace Hopper")
        received = Notes()
        grace.connect(None, received)
        for number in range(count):
            await grace.deliver(Draft(own_id(ada), f"number {number}"))
        await ada.keep_outbox(FileOutbox(folder / "outbox"))
        preferences = Preferences(folder / "chat.json")
        drafts = Drafts(folder / "drafts")
        app = ChatApp(ada, server.address, preferences, drafts, folder / "downloads", peer)
        async with app.run_test(size=(100, 30)) as pilot:
            each = RunningApp(app, pilot, grace, received)
            await each.until(lambda: app.chat_screen.shown)
            yield each
