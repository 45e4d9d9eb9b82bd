"""The contents of an export, as JSON: the fields of the native API, except useless ones."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec.structs import asdict

from backchannel.domain.accounts import Invitation
from backchannel.domain.conversations import ConversationView
from backchannel.domain.files import FileRecord, Upload, attachments_of
from backchannel.domain.messages import Message
from backchannel.domain.reports import Report, messages_of
from backchannel.domain.revisions import reactions_of
from backchannel.domain.users import Login, Privacy, User

README = """This is everything that the server keeps about you, as of {at}.

profile.json         your account; `avatar` is the id of one of your files
logins.jsonl         the devices you have logged in with, also those that are logged out
blocks.jsonl         the people you have blocked
invitations.jsonl    your invitations that still count
reports.jsonl        what you have reported to the operator, with copies of the messages
conversations.jsonl  your conversations, with how far both sides have received and read, and
                     your settings for them; `request` is set in message requests to you
messages.jsonl       all messages of your conversations, yours and those written to you, with
                     reactions and the names of files; of deleted messages only the place is left
files.jsonl          the files you have uploaded, and where they are in this archive: names are
                     changed there so that every system can unpack them. Where `damage` is not
                     null, the server has lost the content or the end of it
uploads.jsonl        uploads that you have not finished
files/               the contents of your files

A .jsonl file has one JSON object in each line. Times are in UTC. Other people appear as ids; the
names they have now stand in conversations.jsonl. Your password and tokens are not included: the
server itself does not know them.
"""


def lines(objects: Iterable[dict[str, Any]]) -> bytes:
    """JSON Lines (https://jsonlines.org)."""
    return b"".join(msgspec.json.encode(each) + b"\n" for each in objects)


def profile(user: User, privacy: Privacy) -> bytes:
    """The user's account, as readable JSON."""
    known = {
        "id": user.id,
        "username": user.username,
        "email": user.email,
        "display_name": user.display_name,
        "about": user.about,
        "avatar": user.avatar,
        "created_at": time(user.created_at),
        "updated_at": time(user.updated_at),
        "last_seen_at": time(user.last_seen_at),
        "privacy": privacy,
    }
    return msgspec.json.format(msgspec.json.encode(known)) + b"\n"


def login(found: Login) -> dict[str, Any]:
    return {
        "id": found.id,
        "agent": found.agent,
        "address": found.address,
        "created_at": time(found.created_at),
        "last_used_at": time(found.last_used_at),
        "expires_at": time(found.expires_at),
        "ended_at": time(found.ended_at),
    }


def person(user: User) -> dict[str, Any]:
    return {"id": user.id, "username": user.username, "display_name": user.display_name}


def invitation(found: Invitation) -> dict[str, Any]:
    return {
        "code": found.code,
        "uses": found.uses,
        "created_at": time(found.created_at),
        "expires_at": time(found.expires_at),
    }


def report(found: Report) -> dict[str, Any]:
    return {
        "id": found.id,
        "user_id": found.user_id,
        "reason": found.reason,
        "comment": found.comment,
        "messages": messages_of(found),
        "created_at": time(found.created_at),
        "closed_at": time(found.closed_at),
    }


def conversation(view: ConversationView, peer: User | None) -> dict[str, Any]:
    return {
        "id": view.id,
        "kind": view.kind,
        "peer": {"id": view.peer_id} if peer is None else person(peer),
        "key": view.key,
        "name": view.name,
        "last_seq": view.last_seq,
        "mine": view.mine,
        "theirs": view.theirs,
        "request": view.request,
        "settings": {**asdict(view.settings), "muted_until": time(view.settings.muted_until)},
        "created_at": time(view.created_at),
        "updated_at": time(view.updated_at),
    }


def message(found: Message, reader_id: str) -> dict[str, Any]:
    """A message as its reader sees it, without the sender's idempotency key."""
    own = {"client_id": found.client_id} if found.sender_id == reader_id else {}
    return {
        "conversation_id": found.conversation_id,
        "seq": found.seq,
        "id": found.id,
        "sender_id": found.sender_id,
        **own,
        "kind": found.kind,
        "body": found.body,
        "reply_to": found.reply_to,
        "created_at": time(found.created_at),
        "edited_at": time(found.edited_at),
        "deleted_at": time(found.deleted_at),
        "reactions": reactions_of(found),
        "files": attachments_of(found),
    }


def file(record: FileRecord, path: str, *, damage: str | None) -> dict[str, Any]:
    """A file of the user's. `damage` is the reason if its content is missing or incomplete."""
    return {
        "id": record.id,
        "name": record.name,
        "type": record.media_type,
        "size": record.size,
        "sha256": record.sha256,
        "width": record.width,
        "height": record.height,
        "duration": record.duration,
        "waveform": record.waveform or None,
        "created_at": time(record.created_at),
        "path": path,
        "damage": damage,
    }


def upload(found: Upload) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "type": found.media_type,
        "size": found.size,
        "created_at": time(found.created_at),
    }


def time(milliseconds: int | None) -> str | None:
    """ISO 8601 in UTC, to the millisecond; None if it has not happened."""
    if milliseconds is None:
        return None
    moment = datetime.fromtimestamp(milliseconds / 1_000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
