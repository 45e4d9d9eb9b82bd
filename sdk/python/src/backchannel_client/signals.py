"""Signals of a client, and their listeners."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar, cast

from backchannel_client.frames import Ack, Partial, Presence, Refusal, Typing
from backchannel_client.outbox import Outgoing
from backchannel_client.wire import Tokens


class ConnectionState(Enum):
    CONNECTING = "connecting"
    ONLINE = "online"
    OFFLINE = "offline"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The connection has changed; `reason` says why, if it is not online.

    `error` is the error of the attempt to connect, unless the server closed.
    """

    state: ConnectionState
    reason: str = ""
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class TokensChanged:
    """There are new tokens to keep; None once the login has ended."""

    tokens: Tokens | None


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """The server has ended the login."""


@dataclass(frozen=True, slots=True)
class OutboxChanged:
    """The messages that the server has not acknowledged yet, the oldest first."""

    items: tuple[Outgoing, ...]


@dataclass(frozen=True, slots=True)
class MessageStored:
    """The server has a message on its disk."""

    item: Outgoing
    ack: Ack


@dataclass(frozen=True, slots=True)
class MessageRefused:
    """The server has refused a message: retry or discard it."""

    item: Outgoing
    refusal: Refusal


Signal = (
    StateChanged
    | TokensChanged
    | LoggedOut
    | OutboxChanged
    | MessageStored
    | MessageRefused
    | Typing
    | Presence
    | Partial
)
Emit = Callable[[Signal], None]
Kind = TypeVar("Kind", bound=Signal)


class Emitter:
    """Calls the listeners of a signal, by its class."""

    def __init__(self) -> None:
        self._listeners: dict[type[object], list[Callable[[object], None]]] = {}

    def on(self, kind: type[Kind], listener: Callable[[Kind], None]) -> Callable[[], None]:
        """Call `listener` with each signal of a kind, until the returned function is called."""
        listeners = self._listeners.setdefault(kind, [])
        added = cast("Callable[[object], None]", listener)
        listeners.append(added)
        return lambda: listeners.remove(added)

    def emit(self, signal: Signal) -> None:
        for listener in tuple(self._listeners.get(type(signal), ())):
            listener(signal)
