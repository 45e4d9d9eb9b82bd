"""The application: one account's client, and its actions on messages and files."""

import contextlib
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from backchannel.cli.chat.errors import explained
from backchannel.cli.chat.saving import free_path
from backchannel.cli.chat.text import one_line
from backchannel.cli.chat.ui.dialogs import Ask, Choice, Choose, Confirm
from backchannel.cli.chat.ui.drafts import Drafts
from backchannel.cli.chat.ui.model import Chats
from backchannel.cli.chat.ui.preferences import Preferences
from backchannel.cli.chat.ui.screen import ChatScreen
from backchannel_client import (
    ApiError,
    BackchannelClient,
    ConnectionState,
    Draft,
    FileInfo,
    Message,
    MessageRefused,
    OutboxChanged,
    Outgoing,
    Presence,
    StateChanged,
    Typing,
)

USERS = 50


class ChatApp(App[str]):
    """One account's conversations. Its result says why it ended, None if the user left."""

    CSS_PATH = "app.tcss"
    TITLE = "Backchannel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n", "new_chat", "New chat"),
        Binding("ctrl+f", "search", "Search"),
        Binding("ctrl+o", "send_file", "Send file"),
    ]

    def __init__(
        self,
        client: BackchannelClient,
        url: str,
        preferences: Preferences,
        drafts: Drafts,
        downloads: Path,
        peer: str | None = None,
    ) -> None:
        super().__init__()
        self._client = client
        self._url = url
        self._preferences = preferences
        self._downloads = downloads
        self._peer = peer
        self._leaving = False
        tokens = client.tokens.current
        own_id = tokens.user.id if tokens else ""
        self.chats = Chats(client, own_id, self._chat_changed)
        self.chat_screen = ChatScreen(client, self.chats, url, drafts)

    async def on_mount(self) -> None:
        if self._preferences.theme in self.available_themes:
            self.theme = self._preferences.theme
        self.theme_changed_signal.subscribe(self, lambda theme: self._preferences.keep(theme.name))
        await self.push_screen(self.chat_screen)
        client = self._client
        client.on(StateChanged, self._state_changed)
        client.on(OutboxChanged, lambda _: self._chat_changed(self.chats.shown or ""))
        client.on(MessageRefused, self._message_refused)
        client.on(Presence, self.chats.take_presence)
        client.on(Typing, self.chats.take_typing)
        client.connect(None, self.chats)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The commands of the palette."""
        yield from super().get_system_commands(screen)  # pyright: ignore[reportUnknownMemberType]  # Textual names no result of `Screen`
        yield SystemCommand("Log out", "End this login and leave", self.action_log_out)
        yield SystemCommand("Block", "Receive nothing more from this user", self.action_block)
        yield SystemCommand("Unblock", "Receive from this user again", self.action_unblock)

    async def action_log_out(self) -> None:
        """End the login; unsent messages stay on disk."""
        with contextlib.suppress(ApiError):
            await self._client.logout()
        self.exit()

    async def action_block(self) -> None:
        await self._set_blocked(blocked=True)

    async def action_unblock(self) -> None:
        await self._set_blocked(blocked=False)

    async def _set_blocked(self, *, blocked: bool) -> None:
        chat = self.chat_screen.shown
        if chat is not None and not chat.is_session:
            with self._showing_errors():
                await self._client.api.set_blocked(chat.peer_id, blocked=blocked)
                state = "blocked" if blocked else "no longer blocked"
                self.notify(f"{one_line(chat.title)} is {state}", markup=False)

    def exit(self, *args: Any, **options: Any) -> None:
        """End the application, as in Textual. The screen shows no changes from then on."""
        if not self._leaving and self.chat_screen.is_mounted:
            self.chat_screen.keep_draft()
        self._leaving = True
        super().exit(*args, **options)

    def _chat_changed(self, conversation_id: str) -> None:
        if self._leaving or not self.chat_screen.is_mounted:
            return
        self.chat_screen.chat_changed(conversation_id)
        if conversation_id == "" and self.chats.shown is None:  # the list has arrived
            self.run_worker(self._show_first(), exclusive=True)

    def _state_changed(self, change: StateChanged) -> None:
        if self._leaving:
            return
        if change.state is ConnectionState.STOPPED:
            self.exit(change.reason)
            return
        if change.state is not ConnectionState.CONNECTING:
            offline = change.state is ConnectionState.OFFLINE
            reason = explained(self._url, change.error) if change.error else change.reason
            self.chat_screen.connection = f"not connected: {one_line(reason)}" if offline else ""
        self.chat_screen.draw_state()

    def _message_refused(self, refused: MessageRefused) -> None:
        if not self._leaving:
            self.chat_screen.show_error(refused.refusal.detail)

    async def _show_first(self) -> None:
        """Show the requested conversation, or the latest one."""
        if self._peer is None:
            if self.chats.listed:
                await self.chat_screen.show_chat(self.chats.listed[0])
            return
        with self._showing_errors():
            user = await self._client.api.user(self._peer)
            await self.chat_screen.show_chat(self.chats.chat_with(user))

    @contextlib.contextmanager
    def _showing_errors(self) -> Generator[None]:
        """Show errors of the server and the disk."""
        try:
            yield
        except ApiError as error:
            self.chat_screen.show_error(explained(self._url, error))
        except OSError as error:
            self.chat_screen.show_error(f"{error.filename}: {error.strerror}")

    # ------------------------------------------------------------- the chosen message

    def action_reply(self) -> None:
        if (message := self._chosen()) is not None:
            self.chat_screen.reply(message)

    def action_edit(self) -> None:
        if (message := self._chosen(own=True)) is not None:
            self.chat_screen.edit(message)

    def action_delete(self) -> None:
        """Delete a message, or discard one that was not sent."""
        self.run_worker(self._delete(self.chat_screen.timeline.chosen_waiting))

    async def _delete(self, waiting: Outgoing | None) -> None:
        message = None if waiting else self._chosen(own=True)
        if waiting is None and message is None:
            return
        if await self.push_screen_wait(Confirm("Delete this message?")):
            with self._showing_errors():
                if waiting is not None:
                    await self._client.discard(waiting.client_id)
                elif message is not None:
                    await self._client.delete(message)

    async def action_send_again(self) -> None:
        waiting = self.chat_screen.timeline.chosen_waiting
        if waiting is not None:
            await self._client.retry(waiting.client_id)

    def action_react(self) -> None:
        if (message := self._chosen()) is not None:
            self.run_worker(self._react(message))

    def action_save_files(self) -> None:
        if (message := self._chosen()) is not None:
            for file in message.files:
                self.run_worker(self._save(file))

    def _chosen(self, *, own: bool = False) -> Message | None:
        """The highlighted message; with `own`, shows an error unless it is the user's."""
        message = self.chat_screen.timeline.chosen
        if message is None or message.deleted_at:
            return None
        if own and message.sender_id != self.chats.own_id:
            self.chat_screen.show_error("only the sender of a message can change it")
            return None
        return message

    async def _react(self, message: Message) -> None:
        """React, or take the same reaction back."""
        emoji = await self.push_screen_wait(Ask("React with an emoji", "👍"))
        if emoji is not None:
            active = self.chats.own_id not in message.reactions.get(emoji, [])
            with self._showing_errors():
                await self._client.api.react(
                    message.conversation_id, message.seq, emoji, active=active
                )

    # --------------------------------------------------------------------------- files

    def action_send_file(self) -> None:
        self.run_worker(self._send_file())

    async def _send_file(self) -> None:
        chat = self.chat_screen.shown
        named = await self.push_screen_wait(Ask("Send which file?")) if chat else None
        if chat is None or named is None:
            return
        path = Path(named).expanduser()  # noqa: ASYNC240 - reads no file
        with self._showing_errors():
            file = await self._client.files.upload(
                path, progress=lambda done, size: self._progress(path.name, done, size)
            )
            session = chat.id if chat.is_session else None
            await self.chat_screen.send(
                Draft(chat.peer_id, "", conversation_id=session, files=[file])
            )
        self._progress("", 0, 0)

    async def _save(self, file: FileInfo) -> None:
        with self._showing_errors():
            target = free_path(self._downloads, file.name)
            await self._client.files.download(
                file, target, progress=lambda done, size: self._progress(file.name, done, size)
            )
            self.notify(one_line(f"saved as {target}"), markup=False)
        self._progress("", 0, 0)

    def _progress(self, name: str, done: int, size: int) -> None:
        percent = f"{100 * done // size} %" if size else ""
        self.chat_screen.transfer = f"{one_line(name)} {percent}" if name else ""
        self.chat_screen.draw_state()

    def action_new_chat(self) -> None:
        self.run_worker(self._new_chat())

    async def _new_chat(self) -> None:
        user_id = await self.push_screen_wait(Choose("Chat with", self._find_users))
        if user_id is not None:
            with self._showing_errors():
                user = await self._client.api.user(user_id)
                await self.chat_screen.show_chat(self.chats.chat_with(user))

    def action_search(self) -> None:
        self.run_worker(self._search())

    async def _search(self) -> None:
        chosen = await self.push_screen_wait(Choose("Search all messages", self._find_messages))
        if chosen is not None:
            conversation_id, _, seq = chosen.rpartition(":")
            if conversation_id in self.chats:
                await self.chat_screen.show_chat(self.chats[conversation_id], int(seq))

    async def _find_users(self, words: str) -> Sequence[Choice]:
        page = await self._client.api.users(words or None, limit=USERS)
        return [
            Choice(user.id, one_line(f"{user.display_name}  {user.username}"))
            for user in page.items
            if user.id != self.chats.own_id
        ]

    async def _find_messages(self, words: str) -> Sequence[Choice]:
        page = await self._client.api.search(words, order="newest") if words else None
        return [
            Choice(
                f"{hit.conversation_id}:{hit.seq}",
                one_line(f"{self.chats.name(hit.sender_id)}: {hit.snippet.text}"),
            )
            for hit in (page.items if page else [])
        ]
