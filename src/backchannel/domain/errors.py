"""All refusals: one class hierarchy with stable codes.

`code` is the contract with programs, the text is for people, `status` is the nearest HTTP
status (RFC 9110, section 15) from which each dialect starts.
"""

from typing import ClassVar


class ChatError(Exception):
    """A refusal that is safe to show to the client.

    `field` names the input at fault, `retry_after` is in seconds.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400

    def __init__(
        self, text: str, *, field: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(text)
        self.text = text
        self.field = field
        self.retry_after = retry_after


class Invalid(ChatError):
    """The input is malformed, too long or contradictory."""

    code = "invalid"


class Unauthenticated(ChatError):
    """No token, or one that is invalid or expired."""

    code = "unauthenticated"
    status = 401


class WrongPassword(Unauthenticated):
    code = "wrong_password"


class UnknownAccount(Unauthenticated):
    """Told apart from a wrong password only where a dialect's contract says so."""

    code = "unknown_account"


class TokenExpired(Unauthenticated):
    code = "token_expired"


class Forbidden(ChatError):
    code = "forbidden"
    status = 403


class AccountDisabled(Forbidden):
    code = "account_disabled"


class NotConfirmed(Forbidden):
    """A request of a logged-in user came with a wrong password. The login stays valid."""

    code = WrongPassword.code


class InvitationNeeded(Forbidden):
    """An account needs an invitation, and there is none, or it is not valid."""

    code = "invitation_needed"


class Blocked(Forbidden):
    """One of the two users has blocked the other."""

    code = "blocked"


class NotFound(ChatError):
    """It does not exist, or it is another person's: strangers cannot tell which."""

    code = "not_found"
    status = 404


class Conflict(ChatError):
    code = "conflict"
    status = 409


class UsernameTaken(Conflict):
    code = "username_taken"


class EmailTaken(Conflict):
    code = "email_taken"


class ClientIdReused(Conflict):
    """The idempotency key has been used for another message (rule R2)."""

    code = "client_id_reused"


class TooLarge(ChatError):
    code = "too_large"
    status = 413


class QuotaExceeded(TooLarge):
    """The user's files have reached the quota."""

    code = "quota_exceeded"


class UnsupportedFile(ChatError):
    """A file of a kind that is not accepted, or with content that cannot be read."""

    code = "unsupported_file"
    status = 415


class Damaged(ChatError):
    """The stored data no longer match their checksum (rule R18)."""

    code = "damaged"
    status = 500


class Throttled(ChatError):
    """Too many requests; `retry_after` says when the next one counts."""

    code = "throttled"
    status = 429


class Overloaded(ChatError):
    """The server has more work queued than it may hold; nothing was stored."""

    code = "overloaded"
    status = 503


class Unavailable(ChatError):
    """The database cannot be reached, or has refused to write.

    Nothing was stored, unless the text says that it may have been.
    """

    code = "unavailable"
    status = 503
