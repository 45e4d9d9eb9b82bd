"""The core: the ports that the settings name, and the services built on them."""

import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from backchannel.brokers.opening import open_bus
from backchannel.brokers.queues.opening import open_queue
from backchannel.chat.answer_queue import AnswerLimits, AnswerQueue
from backchannel.chat.answers import Answerer
from backchannel.chat.budgets import ReadLimits, WriteLimits, hashing_turns, taken_budget
from backchannel.chat.core import Core, Policy
from backchannel.chat.directory import Directory
from backchannel.chat.group_commit import GroupCommit
from backchannel.chat.live_logins import LiveLogins
from backchannel.chat.nodes import Nodes
from backchannel.chat.previews import Previews
from backchannel.chat.publisher import Publisher
from backchannel.chat.queued_sending import QueuedSending
from backchannel.chat.receipts import Receipts
from backchannel.chat.uploads import Uploads
from backchannel.files.opening import open_files
from backchannel.ports.bus import Bus
from backchannel.ports.files import FilePorts
from backchannel.ports.previews import Previewer
from backchannel.ports.queue import Queue
from backchannel.ports.responder import Responder
from backchannel.ports.security import Clock, Passwords, Seals, Throttle, Tokens
from backchannel.ports.storage import Storage
from backchannel.responders.echo import Echo
from backchannel.security.clock import SystemClock
from backchannel.security.passwords import PooledPasswords
from backchannel.security.secret import SECRET_BYTES, HmacSeals, secret_from
from backchannel.security.throttle import LIMITS, InProcessThrottle, Limit, SharedThrottle
from backchannel.security.tokens import JwtTokens
from backchannel.settings import Settings
from backchannel.settings import responder as group
from backchannel.settings.model import UnknownUser
from backchannel.settings.responder import ResponderKind
from backchannel.storage.opening import open_storage


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The open ports: everything external that the core needs."""

    storage: Storage
    files: FilePorts
    bus: Bus
    clock: Clock
    passwords: Passwords
    tokens: Tokens
    seals: Seals
    throttle: Throttle
    responder: Responder | None = None
    """The responder of sessions; without one, messages there get no answer."""
    queue: Queue | None = None
    """The queue in front of the database; without one, messages go straight to it."""
    previewer: Previewer | None = None
    """Fetches link previews for users; without one there are no previews."""


def build_core(ports: Ports, policy: Policy) -> Core:
    """Build the core on these ports."""
    storage, bus, clock = ports.storage, ports.bus, ports.clock
    publisher = Publisher(bus)
    sending = GroupCommit(storage, publisher, clock)
    return Core(
        policy=policy,
        storage=storage,
        files=ports.files,
        bus=bus,
        clock=clock,
        passwords=ports.passwords,
        tokens=ports.tokens,
        seals=ports.seals,
        throttle=ports.throttle,
        taken=taken_budget(clock),
        publisher=publisher,
        nodes=Nodes(bus, clock),
        sending=sending,
        queued=QueuedSending(ports.queue, sending, bus) if ports.queue else None,
        receipts=Receipts(storage, publisher, clock),
        directory=Directory(storage),
        live_logins=LiveLogins(storage, bus, clock),
        uploads=Uploads(storage, ports.files, clock),
        answers=_answers(ports, policy, sending),
        previews=Previews(ports.previewer, ports.throttle, clock),
        read_limits=ReadLimits(clock, rate=policy.read_rate),
        write_limits=WriteLimits(clock, rate=policy.send_rate),
        hashing=hashing_turns(clock, policy.hashes_at_once),
    )


def _answers(ports: Ports, policy: Policy, sending: GroupCommit) -> AnswerQueue:
    limits = policy.answers
    answerer = Answerer(
        ports.storage, ports.bus, ports.clock, sending, ports.throttle, context=limits.context
    )
    return AnswerQueue(ports.storage, sending, answerer, ports.responder, limits)


@asynccontextmanager
async def open_core(
    settings: Settings, *, serving: bool = False, signing: bool = True
) -> AsyncGenerator[Core]:
    """Open the core on the database of these settings, and close it at the end.

    One process may be `serving`, or several that a bus connects; other processes may only work with
    the database. Without `signing` the server's secret is neither required nor created, and the
    signatures of such a core are not valid. Raises `CannotOpen` (the database), `CannotConnect`
    (the bus) and `SecretRefused`.
    """
    async with AsyncExitStack() as opened:
        key = _key(settings) if signing else secrets.token_bytes(SECRET_BYTES)
        ports = await _open_ports(settings, key, opened, serving=serving)
        yield build_core(ports, _policy(settings))


class _Closable(Protocol):
    async def close(self) -> None: ...


P = TypeVar("P", bound=_Closable | None)


async def _open_ports(
    settings: Settings, key: bytes, opened: AsyncExitStack, *, serving: bool
) -> Ports:
    """Open the ports; `opened` closes them in reverse order."""

    def closed_at_end(port: P) -> P:
        if port is not None:
            opened.push_async_callback(port.close)
        return port

    clock = SystemClock()
    storage = await open_storage(
        settings.storage_url,
        production=settings.production,
        serving=serving,
        joined=settings.joined,
    )
    closed_at_end(storage)
    files = await open_files(settings.files_url, uploads=settings.uploads_dir)
    closed_at_end(files.blobs)
    # A command needs no bus: servers find the logins that it has ended in the database. It needs no
    # responder and no previewer either.
    bus = closed_at_end(await open_bus(settings.bus_url if serving else None, key=key))
    return Ports(
        storage=storage,
        files=files,
        bus=bus,
        clock=clock,
        passwords=_passwords(settings, opened),
        tokens=_tokens(settings, key, clock),
        seals=HmacSeals(key),
        throttle=SharedThrottle(InProcessThrottle(clock, _throttling(settings)), bus),
        responder=closed_at_end(open_responder(settings.responder, clock) if serving else None),
        queue=closed_at_end(await open_message_queue(settings) if serving else None),
        previewer=closed_at_end(_previewer(settings) if serving else None),
    )


def _passwords(settings: Settings, opened: AsyncExitStack) -> PooledPasswords:
    chosen = settings.passwords
    passwords = PooledPasswords(chosen.algorithm.value, threads=chosen.concurrency)
    opened.callback(passwords.close)
    return passwords


async def open_message_queue(settings: Settings) -> Queue | None:
    """The queue in front of the database, if there is one. Raises `CannotConnect`."""
    url = settings.queue.url
    if url is None:
        return None
    return await open_queue(url, key=_key(settings), production=settings.production)


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


def open_responder(settings: group.Responder, clock: Clock) -> Responder:
    """The responder of the configured kind. The settings it needs have been checked."""
    # Imported only if configured, because it needs an HTTP client.
    key = settings.key.get_secret_value() if settings.key else None
    match settings.kind:
        case ResponderKind.ECHO:
            return Echo()
        case ResponderKind.WEBHOOK:
            from backchannel.responders.webhook import Webhook  # noqa: PLC0415

            signing_key = (key or "").encode()
            return Webhook(settings.url or "", signing_key, clock, timeout=settings.timeout)
        case ResponderKind.OPENAI:
            from backchannel.responders.openai import Model, OpenAi  # noqa: PLC0415

            model = Model(
                url=settings.url or "",
                name=settings.model or "",
                key=key,
                prompt=settings.prompt,
                max_tokens=settings.max_tokens,
            )
            return OpenAi(model, timeout=settings.timeout)
