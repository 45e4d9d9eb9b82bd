"""The look of conversations and messages; no text can pretend to be anything else."""

from datetime import datetime

from rich.text import Text

from backchannel.cli.chat.text import described, harmless, one_line
from backchannel.cli.chat.ui.model import Chat, Chats
from backchannel_client import Message, Outgoing

QUOTED = 60
"""Characters of a message that are enough to recognise it."""
NO_ANSWER = {"failure": "there is no answer: ", "cut": "the answer was cut off: "}


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


def message_block(message: Message, before: Message | None, chat: Chat, chats: Chats) -> Text:
    """A message: who and when, what it answers, its text, files and reactions.

    The head is left out where the sender and the minute are those of the message `before`.
    """
    own = message.sender_id == chats.own_id
    block = Text()
    if before is None or _heading(before) != _heading(message) or message.reply_to:
        block = _head(message.created_at, chats.name(message.sender_id), own=own)
        block.append("\n")
    if message.reply_to and not message.deleted_at:
        block.append(f"  │ {quoted(chat, message.reply_to, chats)}\n", "dim")
    if message.deleted_at:
        block.append("  deleted", "dim italic")
    elif message.body:
        block.append(_indented(NO_ANSWER.get(message.kind, "") + message.body))
    for number, file in enumerate(message.files):
        block.append("\n" if number or message.body else "")
        block.append(f"  + {described(file)}", "cyan")
    if message.edited_at and not message.deleted_at:
        block.append("  edited", "dim italic")
    if own:
        block.append(f"  {_mark(message, chat)}", "dim")
    if message.reactions:
        chosen = (f"{one_line(emoji)} {len(ids)}" for emoji, ids in message.reactions.items())
        block.append(f"\n  {'   '.join(chosen)}", "yellow")
    return block


def waiting_block(item: Outgoing) -> Text:
    """A message that the server has not acknowledged."""
    moment = datetime.fromtimestamp(item.created_at / 1_000).astimezone().isoformat()
    block = _head(moment, "you", own=True)
    if item.failed:
        block.append(f" not sent: {one_line(item.failed.detail)}", "red")
    else:
        block.append(" waiting", "dim italic")
    block.append(f"\n{_indented(item.body)}", "dim")
    for file in item.files:
        block.append(f"\n  + {described(file)}", "dim cyan")
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


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in harmless(text).split("\n"))
