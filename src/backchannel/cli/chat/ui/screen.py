"""The chat screen: the conversations, the messages of one, and a line to write in."""

import time
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Paste
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static

from backchannel.cli.chat.errors import explained
from backchannel.cli.chat.text import one_line
from backchannel.cli.chat.ui.composer import Composer
from backchannel.cli.chat.ui.drafts import Drafts
from backchannel.cli.chat.ui.model import Chat, Chats
from backchannel.cli.chat.ui.panes import ChatList, Timeline, quoted
from backchannel_client import ApiError, BackchannelClient, Draft, Message

TYPING_EVERY = 5.0
LOOK_EVERY = 1.0


class ChatScreen(Screen[None]):
    """Shows `chats`, and sends the messages that are written."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("alt+up", "step(-1)", "Previous", show=False, priority=True),
        Binding("alt+down", "step(1)", "Next", show=False, priority=True),
        Binding("pageup", "scroll_back", "Earlier", priority=True),
        Binding("pagedown", "scroll_forward", "Later", show=False, priority=True),
        Binding("escape", "write", "Write", show=False),
    ]

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (50, "-wide")]  # noqa: RUF012 - as Textual declares it

    def __init__(self, client: BackchannelClient, chats: Chats, url: str, drafts: Drafts) -> None:
        super().__init__()
        self.chats = chats
        self.connection = "connecting …"
        self.transfer = ""
        """The progress of a file."""
        self._client = client
        self._url = url
        self._reply_to: int | None = None
        self._editing: Message | None = None
        self._typing_sent_at = 0.0
        self._drafts = drafts
        self._text_before_edit = ""

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield ChatList(id="chats")
            with Vertical():
                yield Static("", id="title", markup=False)
                yield Timeline(id="timeline")
                yield Static("", id="context", markup=False)
                yield Composer(id="composer")
                yield Static("", id="status", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        self.set_interval(LOOK_EVERY, self._look)
        self.set_focus(self.composer)
        self.draw()

    @property
    def composer(self) -> Composer:
        return self.query_one(Composer)

    @property
    def timeline(self) -> Timeline:
        return self.query_one(Timeline)

    @property
    def shown(self) -> Chat | None:
        """The conversation that is shown."""
        key = self.chats.shown
        return self.chats[key] if key is not None and key in self.chats else None

    # ------------------------------------------------------------------------- showing

    async def show_chat(self, chat: Chat, seq: int | None = None) -> None:
        """Show a conversation, at its end or at a message."""
        self._leave_message()
        self.keep_draft()
        typed = "" if self.chats.shown else self.composer.text  # while the list was awaited
        self.chats.shown = chat.id
        self.composer.write("\n".join(filter(None, (self._drafts.text(chat.id), typed))))
        self.set_focus(self.composer)
        try:
            if not chat.is_open:
                await self.chats.open(chat)
            if seq is not None:
                await self.chats.fetch_earlier(chat, back_to=seq)
        except ApiError as error:
            self.show_error(explained(self._url, error))
        self.draw(to_end=seq is None)
        if seq is not None:
            self.timeline.go_to(seq)
            self.set_focus(self.timeline)
        self.chats.mark_read(chat)

    def keep_draft(self) -> None:
        """Store the text being written. A message that is being edited is no draft."""
        if self.chats.shown is not None and self.query(Composer):  # it is removed first on exit
            text = self.composer.text if self._editing is None else self._text_before_edit
            self._drafts.keep(self.chats.shown, text)

    def _look(self) -> None:
        self.keep_draft()
        self.draw_state()

    def chat_changed(self, conversation_id: str) -> None:
        """Show a changed conversation; "" means that anything may have changed."""
        shown = self.shown
        if shown is not None and conversation_id in {"", shown.id}:
            self.chats.mark_read(shown)
        self.draw()

    def draw(self, *, to_end: bool = False) -> None:
        """Draw the current state; stay where the user is, or go `to_end`."""
        chat = self.shown
        self.query_one(ChatList).show(self.chats)
        self.draw_state()
        if chat is not None:
            at_end = to_end or self.timeline.is_at_end
            self.timeline.show(chat, self.chats, to_end=at_end)

    def draw_state(self) -> None:
        """Draw the area around the messages: the peer, their presence, and the current state."""
        chat = self.shown
        nothing = "No conversation yet: Ctrl-N starts one" if self.chats.is_loaded else ""
        title = one_line(chat.title) if chat else nothing
        if chat is not None and chat.online is not None:
            title += "  online" if chat.online else "  away"
        typing = f"{one_line(chat.title)} is typing …" if chat and chat.is_typing else ""
        waiting = sum(not item.failed for item in self._client.outbox) if self.connection else 0
        unsent = f"{waiting} message{'s' * (waiting > 1)} waiting" if waiting else ""
        parts = (unsent, self.connection, self.transfer, typing)
        context = self._about(chat)
        self.query_one("#title", Static).update(title)
        self.query_one("#context", Static).update(context)
        self.query_one("#context").display = bool(context)
        self.query_one("#status", Static).update("   ".join(filter(None, parts)))

    def show_error(self, text: str) -> None:
        """Show an error."""
        self.notify(one_line(text), severity="warning", markup=False)

    def _about(self, chat: Chat | None) -> str:
        if chat is not None and self._reply_to is not None:
            return f"Reply to {quoted(chat, self._reply_to, self.chats)}"
        if chat is not None and self._editing is not None:
            return f"Edit {quoted(chat, self._editing.seq, self.chats)}"
        return ""

    # ------------------------------------------------------------------------- writing

    def reply(self, message: Message) -> None:
        """Let the next text answer this message."""
        self._leave_message()
        self._reply_to = message.seq
        self.set_focus(self.composer)
        self.draw_state()

    def edit(self, message: Message) -> None:
        """Let the next text replace this message."""
        self._leave_message()
        self._editing, self._text_before_edit = message, self.composer.text
        self.composer.write(message.body)
        self.set_focus(self.composer)
        self.draw_state()

    async def send(self, draft: Draft) -> None:
        """Put a message into the outbox."""
        try:
            await self._client.send(draft)
        except OSError as error:
            self.show_error(f"not kept on disk until it is sent: {error}")
        self.draw(to_end=True)

    async def on_composer_submitted(self, event: Composer.Submitted) -> None:
        chat, editing, reply_to = self.shown, self._editing, self._reply_to
        if chat is None:
            self.composer.write(event.text)
            self.show_error("choose a conversation first: Ctrl-N starts one")
            return
        self._leave_message()
        if editing is not None:
            await self._change(editing, event.text)
            return
        session = chat.id if chat.is_session else None
        await self.send(Draft(chat.peer_id, event.text, conversation_id=session, reply_to=reply_to))
        self.keep_draft()

    def on_composer_left_upwards(self) -> None:
        self.timeline.go_to_end()

    def on_paste(self, event: Paste) -> None:
        """Insert text that is pasted while a list has the focus."""
        if not self.composer.has_focus:
            self.set_focus(self.composer)
            self.composer.insert(event.text)

    def on_composer_typed(self) -> None:
        chat, now = self.shown, time.monotonic()
        if chat is not None and now - self._typing_sent_at >= TYPING_EVERY:
            self._typing_sent_at = now
            self._client.typing(chat.id)

    async def _change(self, message: Message, body: str) -> None:
        try:
            await self._client.edit(message, body)
        except ApiError as error:
            self.edit(message)
            self.composer.write(body)
            self.show_error(explained(self._url, error))

    def _leave_message(self) -> None:
        """Make the next text a new message."""
        if self._editing is not None:
            self.composer.write(self._text_before_edit)
        self._reply_to = self._editing = None

    # ------------------------------------------------------------------------ choosing

    async def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        key = event.option.id
        if isinstance(event.option_list, ChatList) and key is not None and key in self.chats:
            await self.show_chat(self.chats[key])

    async def action_step(self, by: int) -> None:
        listed = [chat.id for chat in self.chats.listed]
        if listed:
            at = listed.index(self.chats.shown) if self.chats.shown in listed else 0
            await self.show_chat(self.chats[listed[(at + by) % len(listed)]])

    def action_write(self) -> None:
        self._leave_message()
        self.draw_state()
        self.set_focus(self.composer)

    def action_scroll_forward(self) -> None:
        """Scroll down a page."""
        self.timeline.scroll_page_down(animate=False)

    async def action_scroll_back(self) -> None:
        """Scroll up a page; at the top, fetch older messages.

        The focus stays: letters that are typed next must not become commands.
        """
        chat, timeline = self.shown, self.timeline
        if chat is None:
            return
        if timeline.scroll_offset.y > 0 or chat.reaches_back:
            timeline.scroll_page_up(animate=False)
            return
        oldest = chat.oldest
        try:
            await self.chats.fetch_earlier(chat)
        except ApiError as error:
            self.show_error(explained(self._url, error))
            return
        timeline.show(chat, self.chats, to_end=False)
        timeline.go_to(oldest)
