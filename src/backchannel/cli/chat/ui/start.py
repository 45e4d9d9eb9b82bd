"""A full-screen chat from its login to its end."""

import asyncio
import contextlib
import signal

from backchannel.cli.chat.account import ChosenServer, StoredLogin, account_folder
from backchannel.cli.chat.errors import Refused, explained, login_refused, unsent
from backchannel.cli.chat.saving import downloads
from backchannel.cli.chat.ui.app import ChatApp
from backchannel.cli.chat.ui.drafts import Drafts
from backchannel.cli.chat.ui.preferences import Preferences, preferences_file
from backchannel.cli.output import fail
from backchannel_client import (
    ApiError,
    BackchannelClient,
    FileOutbox,
    Tokens,
    TokensChanged,
)

UNAUTHENTICATED = 401
SIGNALLED = 128


async def kept_tokens(server: ChosenServer, stored: StoredLogin) -> Tokens | None:
    """The tokens of the login that is kept, None if there is none. Raises `Refused`."""
    kept = stored.load()
    if kept is None:
        return None
    async with _client(server, stored) as client:
        client.tokens.adopt(kept)
        try:
            await client.api.me()
        except ApiError as error:
            if error.status == UNAUTHENTICATED:
                return None
            if error.status != 0:  # else the server is unavailable, and messages wait
                raise Refused(explained(server.url, error)) from None
        return client.tokens.current


async def show(
    server: ChosenServer, stored: StoredLogin, name: str, login: Tokens | str, peer: str | None
) -> int:
    """Chat until the user leaves; the exit code. `login` is the tokens or a password.

    The login is kept for the next start if `stored` was acquired. Raises `Refused`.
    """
    async with _client(server, stored) as client:
        if isinstance(login, Tokens):
            client.tokens.adopt(login)
            own_id = login.user.id
        else:
            try:
                own_id = (await client.login(name, login)).user.id
            except ApiError as error:
                raise login_refused(server, error) from None
        folder = account_folder(server.url, own_id)
        outbox, drafts = FileOutbox(folder), Drafts(folder / "drafts")
        await client.keep_outbox(outbox)
        preferences = Preferences(preferences_file())
        app = ChatApp(client, server.url, preferences, drafts, downloads(), peer)
        ended = _ended_by_signals(app)
        reason = await app.run_async()
        if client.outbox:
            fail(unsent(len(client.outbox), outbox.folder, name))
        if not stored.is_acquired:
            with contextlib.suppress(ApiError):
                await client.logout()
    if reason:
        raise Refused(f"the server has ended the connection: {reason}")
    return SIGNALLED + ended[0] if ended else 0


def _ended_by_signals(app: ChatApp) -> list[int]:
    """End the app, which restores the terminal, when a signal asks for it; the signals so far."""
    loop, ended = asyncio.get_running_loop(), list[int]()

    def end(number: int) -> None:
        ended.append(number)
        app.exit()

    for each in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(each, end, each)
    return ended


def _client(server: ChosenServer, stored: StoredLogin) -> BackchannelClient:
    """A client that stores its tokens."""
    client = BackchannelClient(
        server.url, tls=server.tls, host=server.host, agent="backchannel chat"
    )
    client.on(TokensChanged, lambda change: stored.keep(change.tokens))
    return client
