"""The tables of accounts, logins, blocks, invitations, reports and erasures."""

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text, text

from backchannel.storage.sql.schema.database import Id, Milliseconds, Number, metadata

account = Table(
    "account",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("username", String(255), nullable=False),
    Column("username_key", String(255), nullable=False, unique=True),
    # The skeleton of the username (Unicode UTS 39); NULL if an older account has the same one.
    Column("look_alike_key", String(512), index=True, unique=True),
    Column("email", String(320)),
    Column("email_key", String(320), unique=True),
    Column("display_name", String(255), nullable=False),
    Column("about", Text, nullable=False, server_default=text("''")),
    # The id of a file, which is kept as long as a row refers to it.
    Column("avatar", Id, index=True),
    # The text that a user search matches: the username and the display name, case-folded.
    Column("search_key", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", Milliseconds, nullable=False),
    Column("updated_at", Milliseconds, nullable=False),
    Column("last_seen_at", Milliseconds),
    Column("disabled_at", Milliseconds),
    # Times: of the last change of the display name, of the start of the last round in which the
    # peers were told of a new profile, and at which the next part of a round is due.
    Column("profile_changed_at", Milliseconds),
    Column("profile_told_at", Milliseconds),
    Column("profile_due_at", Milliseconds, index=True),
    # The conversation up to which this round has told the peers; NULL between rounds.
    Column("profile_told_up_to", BigInteger),
    # Who gets presence, receipts and typing: each one a `domain.users.Audience`.
    Column("last_seen_audience", String(16), nullable=False, server_default="everybody"),
    Column("receipts_audience", String(16), nullable=False, server_default="everybody"),
    Column("typing_audience", String(16), nullable=False, server_default="everybody"),
    # `domain.users.FirstMessages`, and when the budget for message requests is full again.
    Column("first_messages", String(16), nullable=False, server_default="everybody"),
    Column("requests_whole_at", Milliseconds),
    # Once this is set, the row contains no personal data and gets none again.
    Column("erased_at", Milliseconds),
)

login = Table(
    "login",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, nullable=False, index=True),
    Column("agent", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("created_at", Milliseconds, nullable=False),
    Column("last_used_at", Milliseconds, nullable=False),
    Column("expires_at", Milliseconds, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("ended_at", Milliseconds, index=True),
    sqlite_with_rowid=False,
)

block = Table(
    "block",
    metadata,
    Column("account", Number, primary_key=True, autoincrement=False),
    Column("other", Number, primary_key=True, autoincrement=False),
    Column("created_at", Milliseconds, nullable=False),
    sqlite_with_rowid=False,
)

invitation = Table(
    "invitation",
    metadata,
    Column("code", Id, primary_key=True),
    # NULL if the operator created it.
    Column("inviter_id", Id, index=True),
    Column("uses", Integer, nullable=False),
    Column("created_at", Milliseconds, nullable=False),
    Column("expires_at", Milliseconds, nullable=False, index=True),
    sqlite_with_rowid=False,
)

report = Table(
    "report",
    metadata,
    Column("id", Id, primary_key=True),
    Column("reporter_id", Id, nullable=False, index=True),
    Column("user_id", Id, nullable=False, index=True),
    Column("reason", String(32), nullable=False),
    Column("comment", Text, nullable=False),
    # Copies of the reported messages, as JSON.
    Column("messages", Text, nullable=False),
    Column("created_at", Milliseconds, nullable=False),
    Column("closed_at", Milliseconds, index=True),
    Column("note", Text, nullable=False),
    sqlite_with_rowid=False,
)

erasure = Table(
    "erasure",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account", Number, nullable=False),
    Column("requested_at", Milliseconds, nullable=False, index=True),
    Column("begun_at", Milliseconds),
    Column("completed_at", Milliseconds),
    # The conversation to continue with, and the `seq` up to which it is erased.
    Column("conversation", Number, nullable=False, server_default=text("0")),
    Column("seq", BigInteger, nullable=False, server_default=text("0")),
    # Counts of erased rows (`domain.erasures.Erased`), as JSON.
    Column("erased", Text, nullable=False),
    Column("signature", Text),
    sqlite_with_rowid=False,
)
