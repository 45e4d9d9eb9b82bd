"""The native JSON: the shape of each thing, over HTTP and over the socket alike."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

Time = Annotated[
    str,
    Meta(
        description="ISO 8601, UTC, with milliseconds",
        examples=["2026-05-04T10:51:23.000Z"],
    ),
]
MaybeTime = Annotated[
    str | None, Meta(description="ISO 8601, UTC, with milliseconds; null if never", examples=[None])
]
Id = Annotated[str, Meta(examples=["01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20"])]
ConversationId = Annotated[
    str,
    Meta(description="The conversation's id", examples=["7b1e9d42-0c3f-8a56-9e21-4f0d6c8b3a17"]),
]
UserId = Annotated[
    str, Meta(description="A user's id", examples=["01970f3e-52d0-7c11-8b47-3e9a1d5f6c02"])
]
PeerId = Annotated[
    str,
    Meta(description="The other user's id", examples=["01970f3e-5a87-7f94-a3c6-8d2b4e7f1a35"]),
]
Seq = Annotated[int, Meta(description="Number in the conversation: 1, 2, 3 …", examples=[42])]
Life = Annotated[
    int,
    Meta(
        description="Seconds for which a new access token is valid, by the server's clock",
        examples=[3600],
    ),
]
Position = Annotated[int, Meta(description="Number in your log of events", examples=[1207])]


class FileBody(msgspec.Struct, frozen=True, kw_only=True):
    """A file. Fields that do not apply to its kind are null; its content determines `type`."""

    id: Id
    name: Annotated[str, Meta(description="For display, never a path", examples=["Cat.jpg"])]
    type: Annotated[str, Meta(examples=["image/jpeg"])]
    size: Annotated[int, Meta(description="Bytes", examples=[48_213])]
    width: Annotated[int | None, Meta(description="Pixels", examples=[1_200])]
    height: Annotated[int | None, Meta(description="Pixels", examples=[800])]
    duration: Annotated[int | None, Meta(description="Milliseconds", examples=[None])]
    waveform: Annotated[
        str | None,
        Meta(
            description="Loudness over time, as the sender gave it: one byte a sample, in Base64",
            examples=[None],
        ),
    ]
    placeholder: Annotated[
        str | None,
        Meta(
            description="A ThumbHash in Base64, to be shown until the picture has loaded",
            examples=["3AgOHJpgdndwiHiGeIb0lQ/4iA=="],
        ),
    ]
    url: Annotated[str, Meta(examples=["/v1/files/01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20"])]
    thumbnail_url: Annotated[
        str | None, Meta(examples=["/v1/files/01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20/thumbnail"])
    ]


class MessageBody(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A message. Only its sender sees `client_id`; a deleted message has an empty body."""

    conversation_id: ConversationId
    seq: Seq
    id: Annotated[Id, Meta(description="The message's id")]
    sender_id: Annotated[UserId, Meta(description="The sender")]
    recipient_id: Annotated[PeerId, Meta(description="The recipient")]
    client_id: (
        Annotated[
            str,
            Meta(
                description="The sender's identifier for it, visible to the sender only",
                examples=["k7f2-0001"],
            ),
        ]
        | UnsetType
    ) = UNSET
    kind: Annotated[
        str,
        Meta(
            description="`text`; in a session also `failure` (there is no answer, as `body` "
            "says), `stopped` (the user stopped the answer before its first word) and `cut` (the "
            "answer is not complete)",
            examples=["text"],
        ),
    ]
    body: Annotated[
        str, Meta(description="The text; empty once deleted", examples=["Lunch at noon?"])
    ]
    reply_to: Annotated[
        int | None,
        Meta(description="The `seq` of the message that this one replies to", examples=[41]),
    ]
    revision: Annotated[int, Meta(description="Counts the changes", examples=[0])]
    created_at: Time
    edited_at: MaybeTime
    deleted_at: MaybeTime
    reactions: Annotated[
        dict[str, list[str]],
        Meta(
            description="The ids of the users who chose each emoji",
            examples=[{"👍": ["01970f3e-5a87-7f94-a3c6-8d2b4e7f1a35"]}],
        ),
    ]
    files: Annotated[list[FileBody], Meta(description="The files it names")] = []


class MarksBody(msgspec.Struct, frozen=True):
    """The progress of a member."""

    delivered_seq: Annotated[int, Meta(examples=[42])]
    read_seq: Annotated[int, Meta(examples=[40])]


class UserBody(msgspec.Struct, frozen=True, kw_only=True):
    """A user, as every user sees them."""

    id: UserId
    username: Annotated[str, Meta(examples=["ada"])]
    display_name: Annotated[str, Meta(examples=["Ada Lovelace"])]
    about: Annotated[
        str, Meta(description="A line by the user; may be empty", examples=["Out for lunch"])
    ] = ""
    avatar_url: Annotated[
        str | None,
        Meta(
            description="A square picture, without a login. Null: none",
            examples=["/v1/avatars/01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20"],
        ),
    ] = None
    deleted: Annotated[bool, Meta(description="The account was deleted; only its id remains")] = (
        False
    )


class AccountBody(UserBody, frozen=True, kw_only=True):
    """Your account, with its private fields."""

    email: Annotated[str, Meta(examples=["ada@example.org"])] | None
    created_at: Time
    updated_at: Time


class PrivacyBody(msgspec.Struct, frozen=True, kw_only=True):
    """Your privacy settings. The first three are `everybody` or `nobody`, and mutual."""

    last_seen: Annotated[
        str,
        Meta(
            description="Your online status and the time you were last online", examples=["nobody"]
        ),
    ]
    read_receipts: Annotated[str, Meta(description="Your read marks", examples=["everybody"])]
    typing: Annotated[str, Meta(description="Your typing", examples=["everybody"])]
    first_messages: Annotated[
        str,
        Meta(
            description="Messages of users to whom you have not written: `everybody` may write, "
            "or they are `requests`",
            examples=["requests"],
        ),
    ]


class SettingsBody(msgspec.Struct, frozen=True, kw_only=True):
    """Your settings for a conversation. The other user does not see them."""

    pinned: Annotated[bool, Meta(description="Shown before all others", examples=[True])]
    archived: Annotated[bool, Meta(description="Moved out of the list", examples=[False])]
    marked_unread: Annotated[
        bool, Meta(description="Shown as unread until you read it", examples=[False])
    ]
    muted_until: Annotated[
        str | None,
        Meta(
            description="No notifications before; ISO 8601, UTC. Null: not muted",
            examples=["2026-05-04T18:00:00.000Z"],
        ),
    ]


class ConversationBody(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as its member sees it. A session has a `key` and a `name`, and no `peer`."""

    id: ConversationId
    kind: Annotated[str, Meta(description="`direct` or `session`", examples=["direct"])]
    peer_id: PeerId
    peer: Annotated[UserBody | None, Meta(description="The other user, null in a session")]
    key: Annotated[
        str | None, Meta(description="The name of a session for programs", examples=[None])
    ]
    name: Annotated[
        str | None, Meta(description="The name of a session for people", examples=[None])
    ]
    last_seq: Annotated[int, Meta(description="The `seq` of the last message", examples=[42])]
    unread: Annotated[
        int, Meta(description="The number of messages you have not read", examples=[2])
    ]
    mine: MarksBody
    theirs: MarksBody
    created_at: Time
    updated_at: Time
    last_message: Annotated[MessageBody | None, Meta(description="Null if there is none")]
    settings: SettingsBody
    request: Annotated[
        str | None,
        Meta(
            description="`pending` or `declined` if it is a message request to you; null otherwise",
            examples=[None],
        ),
    ] = None


class LoginBody(msgspec.Struct, frozen=True, kw_only=True):
    """A device that is logged in; `current` is the one that asks."""

    id: Id
    agent: Annotated[str, Meta(examples=["Firefox on Linux"])]
    address: Annotated[str, Meta(examples=["203.0.113.7"])]
    current: bool
    created_at: Time
    last_used_at: Time
    expires_at: Time


class TokensBody(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens of a login. A refresh token works once."""

    user: AccountBody
    login_id: Annotated[Id, Meta(description="The login's id, as in the list of logins")]
    token_type: Annotated[str, Meta(examples=["Bearer"])] = "Bearer"  # noqa: S105 - a word
    access_token: Annotated[str, Meta(examples=["eyJhbGciOiJIUzI1NiJ9.e30.c2ln"])]
    expires_at: Time
    expires_in: Life
    refresh_token: Annotated[str, Meta(examples=["eyJhbGciOiJIUzI1NiJ9.e30.c2ln"])]
    refresh_expires_at: Time
