"""The REST calls of `/v1`; each raises `ApiError`."""

from collections.abc import Mapping, Sequence
from typing import Literal
from urllib.parse import quote

from backchannel_client.requests import Requests
from backchannel_client.wire import (
    Account,
    Conversation,
    ConversationSettings,
    Hit,
    Login,
    Message,
    Page,
    Privacy,
    ReceiptTimes,
    ServerConfig,
    Tokens,
    User,
)


class Api:
    """One login's requests. A `seq` is a message's number in its conversation."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    async def config(self) -> ServerConfig:
        return (await self._requests.ask_openly(ServerConfig, "GET", "/v1/config"))[0]

    async def register(
        self,
        username: str,
        password: str,
        display_name: str | None = None,
        email: str | None = None,
        invitation: str | None = None,
    ) -> Account:
        body = _given(
            username=username,
            password=password,
            display_name=display_name,
            email=email,
            invitation=invitation,
        )
        return (await self._requests.ask_openly(Account, "POST", "/v1/register", json=body))[0]

    async def login(self, identifier: str, password: str) -> tuple[Tokens, str | None]:
        """Log in: new tokens, and the date of the response."""
        body = {"identifier": identifier, "password": password}
        return await self._requests.ask_openly(Tokens, "POST", "/v1/login", json=body)

    async def logout(self) -> None:
        await self._requests.ask(object, "POST", "/v1/logout")

    async def me(self) -> Account:
        return await self._requests.ask(Account, "GET", "/v1/me")

    async def change_profile(
        self,
        *,
        display_name: str | None = None,
        email: str | None = None,
        password: str | None = None,
    ) -> Account:
        """Change the given fields. A new e-mail address needs the password."""
        body = _given(display_name=display_name, email=email, password=password)
        return await self._requests.ask(Account, "PATCH", "/v1/me", json=body)

    async def change_password(self, old_password: str, new_password: str) -> Tokens:
        """Change the password: new tokens, which replace all others."""
        body = {"old_password": old_password, "new_password": new_password}
        return await self._requests.ask(Tokens, "POST", "/v1/password", json=body)

    async def delete_account(self, password: str) -> None:
        await self._requests.ask(object, "DELETE", "/v1/me", json={"password": password})

    async def logins(self) -> list[Login]:
        return (await self._requests.ask(Page[Login], "GET", "/v1/logins")).items

    async def end_login(self, login_id: str) -> None:
        await self._requests.ask(object, "DELETE", f"/v1/logins/{_segment(login_id)}")

    async def end_other_logins(self) -> None:
        await self._requests.ask(object, "DELETE", "/v1/logins")

    async def users(
        self, search: str | None = None, *, cursor: str | None = None, limit: int = 20
    ) -> Page[User]:
        return await self._requests.ask(
            Page[User], "GET", "/v1/users", search=search, cursor=cursor, limit=limit
        )

    async def user(self, id_or_name: str) -> User:
        return await self._requests.ask(User, "GET", f"/v1/users/{_segment(id_or_name)}")

    async def blocks(self, *, cursor: str | None = None, limit: int = 100) -> Page[User]:
        return await self._requests.ask(Page[User], "GET", "/v1/blocks", cursor=cursor, limit=limit)

    async def set_blocked(self, user: str, *, blocked: bool) -> None:
        method = "PUT" if blocked else "DELETE"
        await self._requests.ask(object, method, f"/v1/blocks/{_segment(user)}")

    async def report(
        self,
        user: str,
        reason: Literal["spam", "harassment", "threat", "illegal", "other"],
        *,
        comment: str = "",
        messages: Sequence[int] = (),
    ) -> None:
        """Report a user to the operator of the server, with copies of messages they have sent.

        `messages` are their `seq` in your conversation with that user.
        """
        body = {"user": user, "reason": reason, "comment": comment, "messages": list(messages)}
        await self._requests.ask(object, "POST", "/v1/reports", json=body)

    async def conversations(
        self,
        *,
        kind: Literal["direct", "session"] | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Conversation]:
        """A page of conversations, those with the newest activity first."""
        return await self._requests.ask(
            Page[Conversation], "GET", "/v1/conversations", kind=kind, cursor=cursor, limit=limit
        )

    async def all_conversations(self) -> list[Conversation]:
        """Every page of `conversations`."""
        found: list[Conversation] = []
        cursor: str | None = None
        while True:
            page = await self.conversations(cursor=cursor)
            found += page.items
            cursor = page.next
            if cursor is None:
                return found

    async def conversation(self, conversation_id: str) -> Conversation:
        path = f"/v1/conversations/{_segment(conversation_id)}"
        return await self._requests.ask(Conversation, "GET", path)

    async def message_requests(
        self, *, declined: bool = False, cursor: str | None = None, limit: int = 100
    ) -> Page[Conversation]:
        """The message requests to you: pending ones, or those that you have declined."""
        return await self._requests.ask(
            Page[Conversation],
            "GET",
            "/v1/requests",
            declined="true" if declined else None,
            cursor=cursor,
            limit=limit,
        )

    async def accept_request(self, conversation_id: str) -> None:
        path = f"/v1/requests/{_segment(conversation_id)}/accept"
        await self._requests.ask(object, "POST", path)

    async def decline_request(self, conversation_id: str) -> None:
        """Decline a message request. The sender is not told."""
        path = f"/v1/requests/{_segment(conversation_id)}/decline"
        await self._requests.ask(object, "POST", path)

    async def messages(
        self,
        conversation_id: str,
        *,
        before: int | None = None,
        after: int | None = None,
        around: int | None = None,
        cursor: str | None = None,
        limit: int = 50,
        with_files: bool = False,
    ) -> Page[Message]:
        """The newest messages, or those next to a `seq`; the oldest of them first.

        With `with_files`, only messages that have files; it excludes `around`.
        """
        path = f"/v1/conversations/{_segment(conversation_id)}/messages"
        bounds = {"before": before, "after": after, "around": around, "cursor": cursor}
        has = "files" if with_files else None
        return await self._requests.ask(Page[Message], "GET", path, limit=limit, has=has, **bounds)

    async def change_settings(
        self, conversation_id: str, change: Mapping[str, bool | str | None]
    ) -> ConversationSettings:
        """Change some of your settings of a conversation."""
        path = f"/v1/conversations/{_segment(conversation_id)}/settings"
        return await self._requests.ask(ConversationSettings, "PATCH", path, json=dict(change))

    async def privacy(self) -> Privacy:
        return await self._requests.ask(Privacy, "GET", "/v1/me/privacy")

    async def change_privacy(self, change: Mapping[str, str]) -> Privacy:
        """Change some fields of your privacy settings."""
        return await self._requests.ask(Privacy, "PATCH", "/v1/me/privacy", json=dict(change))

    async def mark_read(self, conversation_id: str, seq: int) -> None:
        path = f"/v1/conversations/{_segment(conversation_id)}/read"
        await self._requests.ask(object, "PUT", path, json={"seq": seq})

    async def edit(self, conversation_id: str, seq: int, body: str) -> Message:
        path = _message_path(conversation_id, seq)
        return await self._requests.ask(Message, "PATCH", path, json={"body": body})

    async def delete(self, conversation_id: str, seq: int) -> Message:
        """Delete a message; returns its tombstone."""
        return await self._requests.ask(Message, "DELETE", _message_path(conversation_id, seq))

    async def receipt_times(self, conversation_id: str, seq: int) -> ReceiptTimes:
        """The times at which a message that you have sent was delivered and read."""
        path = f"{_message_path(conversation_id, seq)}/receipt"
        return await self._requests.ask(ReceiptTimes, "GET", path)

    async def react(
        self, conversation_id: str, seq: int, emoji: str, *, active: bool = True
    ) -> Message:
        path = f"{_message_path(conversation_id, seq)}/reactions/{_segment(emoji)}"
        return await self._requests.ask(Message, "PUT" if active else "DELETE", path)

    async def search(  # noqa: PLR0913 - the request's parameters
        self,
        words: str,
        conversation_id: str | None = None,
        *,
        sender: str | None = None,
        has: Literal["files", "links"] | None = None,
        since: str | None = None,
        until: str | None = None,
        order: Literal["relevance", "newest"] = "relevance",
        cursor: str | None = None,
    ) -> Page[Hit]:
        """Messages that contain all the words.

        `since` (inclusive) and `until` (exclusive) are ISO 8601 times with their zone. A page may
        be empty even if another one follows.
        """
        return await self._requests.ask(
            Page[Hit],
            "GET",
            "/v1/search",
            q=words,
            conversation_id=conversation_id,
            sender=sender,
            has=has,
            since=since,
            until=until,
            order=order,
            cursor=cursor,
        )

    async def open_session(self, name: str | None = None, key: str | None = None) -> Conversation:
        """Open a session with the responder; a `key` that was used before returns its session."""
        body = _given(name=name, key=key)
        return await self._requests.ask(Conversation, "POST", "/v1/sessions", json=body)

    async def rename_session(self, conversation_id: str, name: str) -> None:
        path = f"/v1/sessions/{_segment(conversation_id)}"
        await self._requests.ask(object, "PATCH", path, json={"name": name})

    async def delete_session(self, conversation_id: str) -> None:
        """Delete a session with all its messages."""
        await self._requests.ask(object, "DELETE", f"/v1/sessions/{_segment(conversation_id)}")


def _segment(text: str) -> str:
    return quote(text, safe="")


def _message_path(conversation_id: str, seq: int) -> str:
    return f"/v1/conversations/{_segment(conversation_id)}/messages/{seq}"


def _given(**fields: str | None) -> dict[str, str]:
    return {name: each for name, each in fields.items() if each is not None}
