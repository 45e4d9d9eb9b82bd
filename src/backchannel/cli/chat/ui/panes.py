"""The list of conversations, and the messages of the one that is shown."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from backchannel.cli.chat.ui.model import Chat, Chats
from backchannel.cli.chat.ui.rendering import chat_line, message_block, waiting_block
from backchannel_client import Message, Outgoing


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
    """Messages, the newest at the bottom, and below them what waits to be sent."""

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
            choosing = self.has_focus and chosen in keys
            if choosing:
                self.highlighted = keys.index(chosen)
        if to_end and not choosing:
            self.call_after_refresh(self.scroll_end, animate=False)

    def go_to_end(self) -> None:
        """Highlight the last message."""
        self.focus()
        self.action_last()

    def go_to(self, seq: int) -> None:
        """Highlight a message that is shown."""
        keys = list(self._messages)
        if f"m{seq}" in keys:
            self.focus()
            self.highlighted = keys.index(f"m{seq}")
            self.scroll_to_highlight()

    @property
    def _chosen_id(self) -> str:
        if self.highlighted is None:
            return ""
        return self.get_option_at_index(self.highlighted).id or ""
