"""The context of every use case: the open ports and the operator's policy."""

from dataclasses import dataclass, field

from backchannel.budgets.least_used import LeastUsed
from backchannel.budgets.rates import RateBudget
from backchannel.chat.answering import Answering
from backchannel.chat.directory import Directory
from backchannel.chat.group_commit import GroupCommit
from backchannel.chat.hashing import hashing_turns
from backchannel.chat.live_logins import LiveLogins
from backchannel.chat.previews import Previews
from backchannel.chat.reading import Reading
from backchannel.chat.receipts import Receipts
from backchannel.chat.respond import AnswerLimits, Responding
from backchannel.chat.uploads import Uploads
from backchannel.chat.writing import Writing
from backchannel.domain.invitations import Registration
from backchannel.ports.bus import Bus
from backchannel.ports.clock import Clock
from backchannel.ports.files import FilePorts
from backchannel.ports.passwords import Passwords
from backchannel.ports.previews import Previewer
from backchannel.ports.responder import Responder
from backchannel.ports.seals import Seals
from backchannel.ports.storage import Storage
from backchannel.ports.throttle import Throttle
from backchannel.ports.tokens import Tokens

TAKEN_RATE = 1 / 30
"""Names and e-mail addresses a second that one client may learn to be taken."""
TAKEN_BURST = 20
"""Of these, how many at once."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The choices of an operator. Lives are in seconds."""

    registration: Registration = Registration.OPEN
    users_invite: bool = False
    """Lets users give out invitations; the operator always may."""
    access_life: int = 3_600
    refresh_life: int = 30 * 86_400
    send_rate: int = 5_000
    """Messages of up to 4 KiB a second that one user may send, twice that at once (rule S18)."""
    read_rate: int = 8 << 20
    """Bytes of messages a second that one user may read for long (rule R13)."""
    hashes_at_once: int = 2
    """Passwords that are hashed at a time; the others wait (rule S7)."""
    sockets_per_user: int = 32
    """Sockets one user may have open, all devices together (rule S18)."""
    login_deadline: float = 10.0
    """Seconds a socket may stay open before it is known whose it is (rule S18)."""
    file_size: int = 100 << 20
    """Largest file, in bytes."""
    file_quota: int = 1 << 30
    """Bytes that all files of one user may take."""
    reveal_unknown_user: bool = True
    """True if the shared `POST /login` tells an unknown user (404) from a wrong password (401)."""
    answers: AnswerLimits = field(default_factory=AnswerLimits)


@dataclass(slots=True)
class Core:
    """The ports as they were opened at start; the first argument of every use case."""

    storage: Storage
    files: FilePorts
    bus: Bus
    clock: Clock
    passwords: Passwords
    tokens: Tokens
    seals: Seals
    throttle: Throttle
    policy: Policy = field(default_factory=Policy)
    responder: Responder | None = None
    """The responder of sessions; without one, messages there get no answer."""
    previewer: Previewer | None = None
    """Looks at web pages for users; without one there are no previews."""
    taken: RateBudget = field(init=False)
    """The budget of one address or user for answers that a name or e-mail is taken (S10)."""
    sending: GroupCommit = field(init=False)
    receipts: Receipts = field(init=False)
    directory: Directory = field(init=False)
    live_logins: LiveLogins = field(init=False)
    uploads: Uploads = field(init=False)
    responding: Responding = field(init=False)
    previews: Previews = field(init=False)
    reading: Reading = field(init=False)
    writing: Writing = field(init=False)
    hashing: LeastUsed = field(init=False)
    """The turns to have a password hashed (rule S7)."""

    def __post_init__(self) -> None:
        self.taken = RateBudget(
            TAKEN_RATE,
            TAKEN_BURST,
            refusal="too many names or e-mail addresses that are taken",
            clock=self.clock.monotonic,
        )
        self.sending = GroupCommit(self.storage, self.bus, self.clock)
        self.receipts = Receipts(self.storage, self.bus)
        self.directory = Directory(self.storage)
        self.live_logins = LiveLogins(self.storage, self.bus, self.clock)
        self.uploads = Uploads(self.storage, self.files, self.clock)
        self.previews = Previews(self.previewer, self.throttle, self.clock)
        self.hashing = hashing_turns(self.clock, self.policy.hashes_at_once)
        self.reading = Reading(self.clock, rate=self.policy.read_rate)
        self.writing = Writing(self.clock, rate=self.policy.send_rate)
        limits = self.policy.answers
        answering = Answering(
            self.storage, self.bus, self.clock, self.sending, self.throttle, context=limits.context
        )
        self.responding = Responding(self.storage, self.sending, answering, self.responder, limits)
