"""The token port: signed statements of identity (rule S4)."""

from typing import Protocol

import msgspec


class Claims(msgspec.Struct, frozen=True):
    """The claims of a valid token. `expires_at` is in milliseconds since 1970.

    `generation` is a refresh token's place in its family; an access token has none.
    """

    user_id: str
    login_id: str
    username: str
    expires_at: int
    generation: int | None = None


class Tokens(Protocol):
    def issue_access(self, user_id: str, login_id: str, username: str) -> tuple[str, Claims]: ...

    def issue_refresh(
        self,
        user_id: str,
        login_id: str,
        username: str,
        *,
        generation: int,
        issued_at: int,
        expires_at: int,
    ) -> str:
        """The login's refresh token of that generation: the same at each call."""
        ...

    def read_access(self, token: str) -> Claims:
        """Raises `TokenExpired` or `Unauthenticated`; a refresh token is refused."""
        ...

    def read_refresh(self, token: str) -> Claims:
        """Raises `TokenExpired` or `Unauthenticated`; an access token is refused."""
        ...
