"""The input of a chat over a pipe: commands, and messages."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from backchannel.cli.chat.errors import Refused, explained
from backchannel.cli.chat.event_printer import EventPrinter
from backchannel.cli.chat.people import People
from backchannel.cli.chat.saving import downloads, free_path
from backchannel.cli.chat.text import QUIET, Lines, one_line
from backchannel_client import ApiError, BackchannelClient, Draft, User

HELP = """\
/with NAME          talk to a user, by username or display name
/people             list the users, and how many messages are unread
/history            show the messages before those shown so far
/search WORDS       find messages of this conversation
/reply N TEXT       answer message number N
/edit N TEXT        change your message number N
/delete N           delete your message number N
/react N EMOJI      react to message number N
/file PATH          send a file
/save N             save the files of message number N
/block NAME         receive nothing more from a user; /unblock NAME
/help               show this list
/quit               leave (or Ctrl-D)
Everything else is sent. To send a text that begins with "/", begin it with "//"."""


class Misused(Exception):
    """A command is malformed; the text shows its form."""


class InputHandler:
    """Carries out the commands of one user, and sends everything else."""

    def __init__(
        self,
        url: str,
        client: BackchannelClient,
        people: People,
        printer: EventPrinter,
        screen: Lines,
    ) -> None:
        self.failures = 0
        """The number of lines that were not carried out."""
        self._url = url
        self._client = client
        self._people = people
        self._printer = printer
        self._screen = screen
        self._oldest: int | None = None
        self._commands: dict[str, Callable[[str], Awaitable[None]]] = {
            "/with": self._with,
            "/people": self._list_people,
            "/history": self._earlier,
            "/search": self._search,
            "/reply": self._reply,
            "/edit": self._edit,
            "/delete": self._delete,
            "/react": self._react,
            "/file": self._send_file,
            "/save": self._save_files,
            "/block": self._block,
            "/unblock": self._unblock,
            "/help": self._help,
        }

    async def run(self, peer: str | None) -> None:
        """Turn to `peer`, then carry out the input until the user leaves."""
        await (self._with(peer) if peer else self._list_people(""))
        async for entry in self._screen.lines():
            if entry.rstrip() == "/quit":
                break
            try:
                await self._carry_out(entry)
            except (ApiError, Refused, Misused) as error:
                self.failures += 1
                text = explained(self._url, error) if isinstance(error, ApiError) else str(error)
                self._screen.show((text, "red"))

    async def start_afresh(self) -> None:
        """Fetch the displayed data again, each time the server says that it is out of date."""
        while True:
            await self._printer.state_outdated.wait()
            self._printer.state_outdated.clear()
            if self._printer.peer is None:
                continue
            try:
                await self._show_newest()
            except ApiError as error:
                text = explained(self._url, error)
                self._screen.show((f"{text}; /with shows the conversation again", "red"))

    async def _carry_out(self, entry: str) -> None:
        if not entry.strip():
            return
        if not entry.startswith("/"):
            await self._say(entry)
            return
        if entry.startswith("//"):
            await self._say(entry[1:])
            return
        word, _, rest = entry.partition(" ")
        if word not in self._commands:
            raise Misused(
                f'not sent: "{one_line(entry)}": {one_line(word)} is not a command (/help lists '
                'them); to send a text that begins with "/", begin it with "//"'
            )
        await self._commands[word](rest.strip())

    async def _with(self, name: str) -> None:
        peer = await self._named("/with", name)
        if peer.id == self._people.own_id:
            raise Refused("you cannot talk to yourself; /people lists the other users")
        self._printer.switch_to(peer)
        await self._show_newest()

    async def _named(self, command: str, name: str) -> User:
        if not name.strip('"'):
            raise Misused(f"{command} needs a name: {command} NAME (/people lists the users)")
        return await self._people.find_by_any_name(name.strip('"'))

    async def _list_people(self, _rest: str) -> None:
        await self._people.refresh()
        for user, unread in self._people.others():
            shown = "" if user.display_name == user.username else f"  {user.display_name}"
            self._screen.show(
                one_line(user.username),
                (one_line(shown) and f"  {one_line(shown)}", QUIET),
                (f"  {unread} unread" if unread else "", "bold"),
            )
        if not self._people.others():
            self._screen.show(("there are no other users yet", QUIET))

    async def _show_newest(self) -> None:
        self._oldest = None
        await self._earlier("")

    async def _earlier(self, _rest: str) -> None:
        """One page further back each time."""
        peer_id = self._peer_id("")
        if self._oldest == 1:
            self._screen.show(("— the conversation begins here —", QUIET))
            return
        messages = await self._people.history(peer_id, self._oldest)
        name = one_line(self._printer.peer.username if self._printer.peer else "")
        numbers = f", {messages[0].seq} to {messages[-1].seq}" if messages else ""
        self._screen.show((f"— {name}{numbers} —", "bold"))
        await self._printer.show_history(messages)
        if messages:
            self._oldest = messages[0].seq

    async def _search(self, words: str) -> None:
        if not words:
            raise Misused("/search needs words: /search WORDS")
        found = await self._client.api.search(words, self._conversation_id(), order="newest")
        for hit in reversed(found.items):
            await self._printer.show_hit(hit)
        if not found.items:
            self._screen.show(("no message contains these words", QUIET))

    async def _block(self, name: str) -> None:
        user = await self._named("/block", name)
        await self._client.api.set_blocked(user.id, blocked=True)
        self._screen.show((f"{one_line(user.username)} is blocked", QUIET))

    async def _unblock(self, name: str) -> None:
        user = await self._named("/unblock", name)
        await self._client.api.set_blocked(user.id, blocked=False)
        self._screen.show((f"{one_line(user.username)} is no longer blocked", QUIET))

    async def _reply(self, rest: str) -> None:
        seq, text = _numbered("/reply", "TEXT", rest)
        await self._say(text, reply_to=seq)

    async def _edit(self, rest: str) -> None:
        seq, text = _numbered("/edit", "TEXT", rest)
        await self._client.api.edit(self._conversation_id(), seq, text)

    async def _delete(self, rest: str) -> None:
        seq, _ = _numbered("/delete", "", rest)
        await self._client.api.delete(self._conversation_id(), seq)

    async def _react(self, rest: str) -> None:
        seq, emoji = _numbered("/react", "EMOJI", rest)
        await self._client.api.react(self._conversation_id(), seq, emoji)

    async def _send_file(self, named: str) -> None:
        if not named:
            raise Misused("/file needs a path: /file PATH")
        peer_id = self._peer_id("")
        try:
            file = await self._client.files.upload(Path(named).expanduser())  # noqa: ASYNC240 - reads no file
        except (OSError, RuntimeError) as error:  # `~USER` of an unknown user is a RuntimeError
            reason = error.strerror if isinstance(error, OSError) else error
            raise Refused(f"{named} cannot be sent: {reason}") from None
        await self._send(Draft(peer_id, "", files=[file]))

    async def _save_files(self, rest: str) -> None:
        seq, _ = _numbered("/save", "", rest)
        page = await self._client.api.messages(self._conversation_id(), before=seq + 1, limit=1)
        files = [file for message in page.items if message.seq == seq for file in message.files]
        if not files:
            raise Refused(f"message {seq} has no files")
        for file in files:
            try:
                target = free_path(downloads(), file.name)
                await self._client.files.download(file, target)
            except OSError as error:
                raise Refused(f"{one_line(file.name)} cannot be saved: {error.strerror}") from None
            self._screen.show((one_line(f"saved as {target}"), QUIET))

    async def _help(self, _rest: str) -> None:
        self._screen.show((HELP, QUIET))

    async def _say(self, text: str, reply_to: int | None = None) -> None:
        await self._send(Draft(self._peer_id(text), text, reply_to=reply_to))

    async def _send(self, draft: Draft) -> None:
        try:
            await self._client.send(draft)
        except OSError as error:
            self._screen.show((f"not kept on disk until it is sent: {error}", "red"))

    def _conversation_id(self) -> str:
        return self._people.conversation_id(self._peer_id(""))

    def _peer_id(self, text: str) -> str:
        """The id of the user to talk to. Raises `Misused`, with the text that was not sent."""
        if self._printer.peer is None:
            unsent = f'; not sent: "{text}"' if text else ""
            raise Misused(f"choose whom to talk to first: /with NAME (/people lists them){unsent}")
        return self._printer.peer.id


def _numbered(command: str, what: str, rest: str) -> tuple[int, str]:
    """The number of a message, and the text after it."""
    number, _, text = rest.partition(" ")
    text = text.strip()
    if not (number.isascii() and number.isdigit()) or bool(text) != bool(what):
        raise Misused(
            f"{command} {rest}: type it as {command} N{what and f' {what}'}, N being "
            "the number shown before a message"
        )
    return int(number), text
