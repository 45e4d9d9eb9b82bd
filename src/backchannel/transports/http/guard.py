"""The limits of a connection before it is cut: phases, deadlines and sizes."""

from enum import Enum, auto
from http import HTTPStatus
from math import inf

from backchannel.transports.http.limits import HttpLimits


class Refusal(Exception):
    """The request is not served; `status` answers it, and `text`, or else the status in words."""

    def __init__(self, status: HTTPStatus, text: str = "") -> None:
        super().__init__(status)
        self.status = status
        self.text = text


class Phase(Enum):
    HEAD = auto()
    """A request's head is expected."""
    BODY = auto()
    ANSWER = auto()
    """The application works or answers; the client owes nothing."""
    IDLE = auto()
    """Between requests: uvicorn's keep-alive timeout hangs up."""
    REFUSED = auto()
    """Answered with an error; the client may read it, no more."""


class Guard:
    """The progress of a single connection, without any I/O. Times are the event loop's seconds."""

    __slots__ = ("_body", "_fields", "_limits", "_raw", "_since", "deadline", "phase")

    def __init__(self, limits: HttpLimits, now: float) -> None:
        self._limits = limits
        self._since = now
        self._body = 0
        self.begin_head(now)

    def begin_head(self, now: float) -> None:
        self._fields = 0
        self._raw = 0
        self._enter(Phase.HEAD, now, self._limits.head_timeout)

    def count_field(self, size: int) -> None:
        """Count a parsed part of the head; raises Refusal (431)."""
        self._fields += size
        self._check_head(self._fields)

    def count_raw(self, size: int) -> None:
        """Count bytes that did not end the head: a field may have no end; raises Refusal (431)."""
        self._raw += size
        self._check_head(self._raw)

    def _check_head(self, size: int) -> None:
        if size > self._limits.head_size:
            raise Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    @property
    def unfinished(self) -> int:
        """Bytes of a head whose end has not come."""
        return max(self._raw, self._fields) if self.phase is Phase.HEAD else 0

    def begin_body(self, now: float, announced: int) -> None:
        """Begin a body, of `announced` bytes if known, else 0; raises Refusal (413)."""
        self._body = 0
        self._enter(Phase.BODY, now, self._limits.body_timeout)
        self._check_body(announced)

    def count_body(self, size: int) -> None:
        """Count bytes of the body, which put its deadline off; raises Refusal (413)."""
        self._body += size
        self._check_body(self._body)
        earned = self._body / self._limits.body_rate
        self.deadline = self._since + self._limits.body_timeout + earned

    def _check_body(self, size: int) -> None:
        if size > self._limits.body_size:
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def await_answer(self) -> None:
        self.phase = Phase.ANSWER
        self.deadline = inf

    def idle(self, now: float, keep_alive: float) -> None:
        # what the client has not read of the answer keeps the connection from closing
        self._enter(Phase.IDLE, now, max(keep_alive, self._limits.write_timeout))

    def refuse(self, now: float, patience: float) -> None:
        self._enter(Phase.REFUSED, now, patience)

    def extend(self, now: float) -> None:
        """Start the phase's time again: it was the application that kept the client waiting."""
        self.deadline += now - self._since
        self._since = now

    def _enter(self, phase: Phase, now: float, patience: float) -> None:
        self.phase = phase
        self._since = now
        self.deadline = now + patience
