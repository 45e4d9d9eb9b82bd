"""The native JSON of domain objects."""

from typing import Any, cast

from msgspec import UNSET

from backchannel.chat.logins import IssuedTokens
from backchannel.dialects.native import event_bodies
from backchannel.dialects.native.bodies import (
    AccountBody,
    ConversationBody,
    FileBody,
    LoginBody,
    MarksBody,
    MessageBody,
    PrivacyBody,
    SettingsBody,
    TokensBody,
    UserBody,
)
from backchannel.dialects.native.event_bodies import (
    ContentBody,
    ConversationChangeBody,
    EventBody,
    ProfileChangeBody,
    ReceiptBody,
)
from backchannel.domain.conversations import (
    ConversationSettings,
    ConversationView,
    Marks,
    Receipt,
)
from backchannel.domain.events import Content, ConversationChange, Event, EventKind, ProfileChange
from backchannel.domain.files import Attachment, File, attachments_of, describe
from backchannel.domain.messages import Message
from backchannel.domain.revisions import reactions_of
from backchannel.domain.times import iso, iso_or_none
from backchannel.domain.users import Login, Privacy, User

_EVENTS: dict[EventKind, type[EventBody]] = {
    EventKind.MESSAGE: event_bodies.MessageEvent,
    EventKind.EDIT: event_bodies.EditEvent,
    EventKind.DELETE: event_bodies.DeleteEvent,
    EventKind.REACTION: event_bodies.ReactionEvent,
    EventKind.RECEIPT: event_bodies.ReceiptEvent,
    EventKind.CONVERSATION: event_bodies.ConversationEvent,
    EventKind.PROFILE: event_bodies.ProfileEvent,
}


def message_body(message: Message, viewer_id: str) -> MessageBody:
    """A message as `viewer_id`, one of its two members, sees it."""
    return MessageBody(
        conversation_id=message.conversation_id,
        seq=message.seq,
        id=message.id,
        sender_id=message.sender_id,
        recipient_id=message.recipient_id,
        client_id=message.client_id if viewer_id == message.sender_id else UNSET,
        kind=message.kind,
        body=message.body,
        reply_to=message.reply_to,
        revision=message.revision,
        created_at=iso(message.created_at),
        edited_at=None if message.edited_at is None else iso(message.edited_at),
        deleted_at=None if message.deleted_at is None else iso(message.deleted_at),
        reactions=reactions_of(message) if message.reactions else {},
        files=[attachment_body(each) for each in attachments_of(message)] if message.files else [],
    )


def file_body(file: File) -> FileBody:
    """A file as its owner sees it after the upload."""
    return attachment_body(describe(file))


def attachment_body(attachment: Attachment) -> FileBody:
    """A file as a message describes it."""
    url = f"/v1/files/{attachment.id}"
    return FileBody(
        id=attachment.id,
        name=attachment.name,
        type=attachment.type,
        size=attachment.size,
        width=attachment.width,
        height=attachment.height,
        duration=attachment.duration,
        waveform=attachment.waveform or None,
        placeholder=attachment.placeholder or None,
        url=url,
        thumbnail_url=f"{url}/thumbnail" if attachment.thumbnail else None,
    )


def user_body(user: User) -> UserBody:
    return UserBody(
        id=user.id,
        username=user.username,
        display_name=user.display_name,
        about=user.about,
        avatar_url=_avatar_url(user),
        deleted=user.erased_at is not None,
    )


def _avatar_url(user: User) -> str | None:
    return None if user.avatar is None else f"/v1/avatars/{user.avatar}"


def account_body(user: User) -> AccountBody:
    return AccountBody(
        id=user.id,
        username=user.username,
        display_name=user.display_name,
        about=user.about,
        avatar_url=_avatar_url(user),
        email=user.email,
        created_at=iso(user.created_at),
        updated_at=iso(user.updated_at),
    )


def privacy_body(privacy: Privacy) -> PrivacyBody:
    return PrivacyBody(
        last_seen=privacy.last_seen,
        read_receipts=privacy.receipts,
        typing=privacy.typing,
        first_messages=privacy.first_messages,
    )


def tokens_body(tokens: IssuedTokens) -> TokensBody:
    return TokensBody(
        user=account_body(tokens.user),
        login_id=tokens.login_id,
        access_token=tokens.access_token,
        expires_at=iso(tokens.access_expires_at),
        expires_in=tokens.access_life,
        refresh_token=tokens.refresh_token,
        refresh_expires_at=iso(tokens.refresh_expires_at),
    )


def login_body(login: Login, current_id: str) -> LoginBody:
    return LoginBody(
        id=login.id,
        agent=login.agent,
        address=login.address,
        current=login.id == current_id,
        created_at=iso(login.created_at),
        last_used_at=iso(login.last_used_at),
        expires_at=iso(login.expires_at),
    )


def conversation_body(
    view: ConversationView, viewer_id: str, peer: User | None
) -> ConversationBody:
    """A conversation as its member `viewer_id` sees it; `peer` is the other member, if known."""
    last = view.last_message
    return ConversationBody(
        id=view.id,
        kind=view.kind,
        peer_id=view.peer_id,
        peer=None if peer is None else user_body(peer),
        key=view.key,
        name=view.name,
        last_seq=view.last_seq,
        unread=view.unread,
        mine=_marks_body(view.mine),
        theirs=_marks_body(view.theirs),
        created_at=iso(view.created_at),
        updated_at=iso(view.updated_at),
        last_message=None if last is None else message_body(last, viewer_id),
        settings=settings_body(view.settings),
        request=view.request,
    )


def settings_body(settings: ConversationSettings) -> SettingsBody:
    return SettingsBody(
        pinned=settings.pinned,
        archived=settings.archived,
        marked_unread=settings.marked_unread,
        muted_until=iso_or_none(settings.muted_until),
    )


def event_body(event: Event) -> EventBody:
    """A log entry as the owner of the log receives it."""
    # Kind and content belong together in the log, which the type checker cannot know.
    made: Any = _EVENTS[event.payload.kind]
    data = content_body(event.payload.content, event.user_id)
    return cast("EventBody", made(position=event.position, previous=event.previous, data=data))


def content_body(content: Content, viewer_id: str) -> ContentBody:
    """The content of an event, as `viewer_id` sees it."""
    if isinstance(content, Message):
        return message_body(content, viewer_id)
    match content:
        case Receipt(conversation_id, user_id, delivered_seq, read_seq):
            return ReceiptBody(conversation_id, user_id, delivered_seq, read_seq)
        case ConversationChange(conversation_id, change):
            return ConversationChangeBody(conversation_id, change)
        case ProfileChange(user_id):
            return ProfileChangeBody(user_id)


def _marks_body(marks: Marks) -> MarksBody:
    return MarksBody(marks.delivered_seq, marks.read_seq)
