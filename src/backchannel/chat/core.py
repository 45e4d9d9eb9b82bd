"""The context of every use case: the open ports, the services, and the operator's policy."""

from dataclasses import dataclass, field

from backchannel.budgets.rates import RateBudget
from backchannel.budgets.turns import LeastUsed
from backchannel.chat.answer_queue import AnswerLimits, AnswerQueue
from backchannel.chat.budgets import ReadLimits, WriteLimits
from backchannel.chat.directory import Directory
from backchannel.chat.group_commit import GroupCommit
from backchannel.chat.live_logins import LiveLogins
from backchannel.chat.nodes import Nodes
from backchannel.chat.previews import Previews
from backchannel.chat.publisher import Publisher
from backchannel.chat.queued_sending import QueuedSending
from backchannel.chat.receipts import Receipts
from backchannel.chat.uploads import Uploads
from backchannel.domain.accounts import Registration
from backchannel.ports.bus import Bus
from backchannel.ports.files import FilePorts
from backchannel.ports.security import Clock, Passwords, Seals, Throttle, Tokens
from backchannel.ports.storage import Storage


@dataclass(frozen=True, slots=True)
class Policy:
    """The choices of an operator. Lives are in seconds."""

    registration: Registration = Registration.OPEN
    users_invite: bool = False
    """Allows users to invite; the operator always may."""
    access_life: int = 3_600
    refresh_life: int = 30 * 86_400
    send_rate: int = 5_000
    """Messages of up to 4 KiB a second that one user may send, twice that at once (rule S18)."""
    read_rate: int = 8 << 20
    """Bytes of messages a second that one user may read in the long run (rule R13)."""
    hashes_at_once: int = 2
    """Passwords that are hashed at a time; the others wait (rule S7)."""
    sockets_per_user: int = 32
    """Sockets one user may have open, all devices together (rule S18)."""
    login_deadline: float = 10.0
    """Seconds a socket may stay open without a login (rule S18)."""
    file_size: int = 100 << 20
    """Largest file, in bytes."""
    file_quota: int = 1 << 30
    """Bytes that all files of one user may take."""
    reveal_unknown_user: bool = True
    """True if the shared `POST /login` tells an unknown user (404) from a wrong password (401)."""
    answers: AnswerLimits = field(default_factory=AnswerLimits)


@dataclass(slots=True, kw_only=True)
class Core:
    """The open ports, and the services built on them; the first argument of every use case.

    `app.core.build_core` puts them together.
    """

    policy: Policy
    storage: Storage
    files: FilePorts
    bus: Bus
    clock: Clock
    passwords: Passwords
    tokens: Tokens
    seals: Seals
    throttle: Throttle
    taken: RateBudget
    """The budget of one address or user for answers that a name or e-mail is taken (S10)."""
    publisher: Publisher
    nodes: Nodes
    sending: GroupCommit
    queued: QueuedSending | None
    """Sends through the queue in front of the database, if there is one."""
    receipts: Receipts
    directory: Directory
    live_logins: LiveLogins
    uploads: Uploads
    answers: AnswerQueue
    previews: Previews
    read_limits: ReadLimits
    write_limits: WriteLimits
    hashing: LeastUsed
    """The turns to have a password hashed (rule S7)."""
