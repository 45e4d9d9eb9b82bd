"""Open the ports that the settings name."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from backchannel.app.responder import open_responder
from backchannel.brokers.in_process import InProcessBus
from backchannel.chat.core import Core, Policy
from backchannel.chat.respond import AnswerLimits
from backchannel.files.opening import open_files
from backchannel.ports.previews import Previewer
from backchannel.security.clock import SystemClock
from backchannel.security.passwords import PooledPasswords
from backchannel.security.seals import HmacSeals
from backchannel.security.secret import secret_from
from backchannel.security.throttle import LIMITS, InProcessThrottle, Limit
from backchannel.security.tokens import JwtTokens
from backchannel.settings import Settings
from backchannel.settings.model import UnknownUser
from backchannel.storage.opening import open_storage


@asynccontextmanager
async def open_core(settings: Settings, *, serving: bool = False) -> AsyncGenerator[Core]:
    """The core on the database of these settings, closed again at the end.

    One process may be `serving`, others beside it only work with the database. Raises
    `CannotOpen` (the database) and `SecretRefused`.
    """
    clock = SystemClock()
    async with AsyncExitStack() as opened:
        key = _key(settings)
        storage = await open_storage(
            settings.storage_url, production=settings.production, serving=serving
        )
        opened.push_async_callback(storage.close)
        files = await open_files(settings.files_url, uploads=settings.data_dir / "uploads")
        opened.push_async_callback(files.blobs.close)
        bus = InProcessBus()
        opened.push_async_callback(bus.close)
        responder = open_responder(settings.responder, clock)
        opened.push_async_callback(responder.close)
        previewer = _previewer(settings)
        if previewer is not None:
            opened.push_async_callback(previewer.close)
        passwords = PooledPasswords(
            settings.passwords.algorithm.value, threads=settings.passwords.concurrency
        )
        opened.callback(passwords.close)
        yield Core(
            storage=storage,
            files=files,
            bus=bus,
            clock=clock,
            passwords=passwords,
            tokens=_tokens(settings, key, clock),
            seals=HmacSeals(key),
            throttle=InProcessThrottle(clock, _throttling(settings)),
            policy=_policy(settings),
            responder=responder,
            previewer=previewer,
        )


def _tokens(settings: Settings, key: bytes, clock: SystemClock) -> JwtTokens:
    lives = settings.tokens
    return JwtTokens(key, clock, access_life=lives.access_life, refresh_life=lives.refresh_life)


def _previewer(settings: Settings) -> Previewer | None:
    chosen = settings.link_previews
    if not chosen.enabled:
        return None
    # An HTTP client costs a fifth of the time until the server is ready.
    from backchannel.previews.previewer import WebPreviewer  # noqa: PLC0415

    return WebPreviewer(chosen.ports)


def _key(settings: Settings) -> bytes:
    secret = settings.jwt_secret
    return secret_from(
        secret.get_secret_value() if secret else None,
        settings.data_dir,
        production=settings.production,
    )


def _throttling(settings: Settings) -> Mapping[str, Limit]:
    return {
        **LIMITS,
        "login:address": Limit(settings.limits.logins_per_address, 60),
        "register:address": Limit(settings.address_registrations, 60),
        "answer:user": Limit(settings.responder.answers_per_user, 60),
    }


def _policy(settings: Settings) -> Policy:
    return Policy(
        registration=settings.registration,
        users_invite=settings.user_invitations,
        access_life=settings.tokens.access_life,
        refresh_life=settings.tokens.refresh_life,
        send_rate=settings.user_send_rate,
        read_rate=settings.limits.read_rate,
        hashes_at_once=settings.passwords.concurrency,
        sockets_per_user=settings.user_sockets,
        login_deadline=settings.limits.login_deadline,
        file_size=settings.files.max_size,
        file_quota=settings.files.quota,
        reveal_unknown_user=settings.login_unknown_user is UnknownUser.NOT_FOUND,
        answers=AnswerLimits(
            at_once=settings.responder.answers_at_once, context=settings.responder.context
        ),
    )
