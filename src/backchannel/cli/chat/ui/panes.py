"""The list of conversations, and the messages of the one that is shown: widgets and their text.

No text of a message can imitate the client's own output.
"""

from datetime import datetime
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from backchannel.cli.chat.text import described, one_line, printable
from backchannel.cli.chat.ui.block import Block
from backchannel.cli.chat.ui.model import Chat, Chats
from backchannel_client import Message, Outgoing

QUOTED = 60
"""Characters of a message that are enough to recognise it."""
NO_ANSWER = {"failure": "there is no answer: ", "cut": "the answer was cut off: "}


class ChatList(OptionList):
    """Conversations with their unread counts, the latest first."""

    def show(self, chats: Chats) -> None:
        """Draw the list; the shown conversation is highlighted."""
        listed = chats.listed
        with self.prevent(OptionList.OptionHighlighted):
            self.set_options(Option(chat_line(chat), id=chat.id) for chat in listed)
            ids = [chat.id for chat in listed]
            if chats.shown in ids:
                self.highlighted = ids.index(chats.shown)


class Timeline(OptionList):
    """Messages, the newest at the bottom, and below them those that wait to be sent."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "app.reply", "Reply"),
        Binding("e", "app.edit", "Edit"),
        Binding("d", "app.delete", "Delete"),
        Binding("plus,t", "app.react", "React"),
        Binding("o", "app.save_files", "Save files"),
        Binding("s", "app.send_again", "Send again"),
    ]

    def __init__(self, id: str) -> None:  # noqa: A002 - as all widgets call it
        super().__init__(id=id)
        self._messages: dict[str, Message] = {}
        self._waiting: dict[str, Outgoing] = {}

    @property
    def chosen(self) -> Message | None:
        """The highlighted message."""
        return self._messages.get(self._chosen_id)

    @property
    def chosen_waiting(self) -> Outgoing | None:
        """The highlighted message, if it has not been sent."""
        return self._waiting.get(self._chosen_id)

    @property
    def is_at_end(self) -> bool:
        return self.scroll_offset.y >= self.max_scroll_y - 1

    def show(self, chat: Chat, chats: Chats, *, to_end: bool) -> None:
        """Draw the messages; stay where the user is, or go `to_end`."""
        chosen = self._chosen_id
        self._messages = {f"m{seq}": message for seq, message in sorted(chat.messages.items())}
        self._waiting = {f"w{item.client_id}": item for item in chats.waiting(chat)}
        options: list[Option] = []
        before: Message | None = None
        for key, message in self._messages.items():
            options.append(Option(message_block(message, before, chat, chats), id=key))
            before = message
        options += [Option(waiting_block(item), id=key) for key, item in self._waiting.items()]
        with self.prevent(OptionList.OptionHighlighted):
            self.set_options(options)
            keys = [*self._messages, *self._waiting]
            choosing = self.screen.focused is self and chosen in keys
            if choosing:
                self.highlighted = keys.index(chosen)
        if to_end and not choosing:
            self.call_after_refresh(self.scroll_end, animate=False)

    def on_focus(self) -> None:
        if self.highlighted is None:
            self.action_last()

    def go_to_end(self) -> None:
        """Highlight the last message."""
        self.screen.set_focus(self)
        self.action_last()

    def go_to(self, seq: int) -> None:
        """Highlight a message that is shown."""
        keys = list(self._messages)
        if f"m{seq}" in keys:
            self.highlighted = keys.index(f"m{seq}")
            self.scroll_to_highlight()

    @property
    def _chosen_id(self) -> str:
        if self.highlighted is None:
            return ""
        return self.get_option_at_index(self.highlighted).id or ""


def chat_line(chat: Chat) -> Text:
    """A conversation in the list: presence, title, unread count."""
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append("● " if chat.online else "○ ", "green" if chat.online else "dim")
    line.append(one_line(chat.title), "bold" if chat.unread else "")
    if chat.unread:
        line.append("  ")
        line.append(f" {chat.unread} ", "bold reverse")
    if chat.is_typing:
        line.append("  …", "italic")
    return line


def message_block(message: Message, before: Message | None, chat: Chat, chats: Chats) -> Block:
    """A message: its sender and time, the message it answers, its text, files and reactions.

    The head is left out if the sender and the minute are those of the message `before`.
    """
    own = message.sender_id == chats.own_id
    block = Block()
    if before is None or _heading(before) != _heading(message) or message.reply_to:
        block.head = _head(message.created_at, chats.name(message.sender_id), own=own)
    if message.reply_to and not message.deleted_at:
        block.add(f"│ {quoted(chat, message.reply_to, chats)}", "dim")
    if message.deleted_at:
        block.add("deleted", "dim italic")
    elif message.body:
        block.add(printable(NO_ANSWER.get(message.kind, "") + message.body))
    for file in message.files:
        block.add(f"+ {described(file)}", "cyan")
    if message.edited_at and not message.deleted_at:
        block.append("  edited", "dim italic")
    if own:
        block.append(f"  {_mark(message, chat)}", "dim")
    if message.reactions:
        chosen = (f"{one_line(emoji)} {len(ids)}" for emoji, ids in message.reactions.items())
        block.add("   ".join(chosen), "yellow")
    return block


def waiting_block(item: Outgoing) -> Block:
    """A message that the server has not acknowledged."""
    moment = datetime.fromtimestamp(item.created_at / 1_000).astimezone().isoformat()
    head = _head(moment, "you", own=True)
    if item.failed:
        head.append(f" not sent: {one_line(item.failed.detail)}", "red")
    else:
        head.append(" waiting", "dim italic")
    block = Block(head)
    if item.body:
        block.add(printable(item.body), "dim")
    for file in item.files:
        block.add(f"+ {described(file)}", "dim cyan")
    return block


def quoted(chat: Chat, seq: int, chats: Chats) -> str:
    """The beginning of a message, to recognise it by."""
    message = chat.messages.get(seq)
    if message is None:
        return f"message {seq}"
    text = one_line(message.body) or "a file"
    return f"{one_line(chats.name(message.sender_id))}: {text[:QUOTED]}"


def _head(created_at: str, sender: str, *, own: bool) -> Text:
    moment = datetime.fromisoformat(created_at).astimezone()
    today = moment.date() == datetime.now().astimezone().date()
    block = Text()
    block.append(one_line(sender), "bold green" if own else "bold cyan")
    block.append(f"  {moment:%H:%M}" if today else f"  {moment:%Y-%m-%d %H:%M}", "dim")
    return block


def _heading(message: Message) -> tuple[str, str]:
    """The sender and the minute."""
    return message.sender_id, message.created_at[:16]


def _mark(message: Message, chat: Chat) -> str:
    if message.seq <= chat.their_read:
        return "✓✓ read"
    return "✓✓" if message.seq <= chat.their_delivered else "✓"
