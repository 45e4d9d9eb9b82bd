"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_account()
    _create_block()
    _create_conversation()
    _create_log()
    _create_log_head()
    _create_login()
    _create_member()
    _create_message()


def _create_account() -> None:
    op.create_table(
        "account",
        sa.Column("number", Number, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=255), nullable=False),
        sa.Column("username_key", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("email_key", sa.String(length=320), nullable=True),
        sa.Column("display_name", sa.String(length=255), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=True),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_account"),
        sa.UniqueConstraint("email_key", name="uq_account_email_key"),
        sa.UniqueConstraint("id", name="uq_account_id"),
        sa.UniqueConstraint("username_key", name="uq_account_username_key"),
    )


def _create_block() -> None:
    op.create_table(
        "block",
        sa.Column("account", Number, autoincrement=False, nullable=False),
        sa.Column("other", Number, autoincrement=False, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "other", name="pk_block"),
        sqlite_with_rowid=False,
    )


def _create_conversation() -> None:
    op.create_table(
        "conversation",
        sa.Column("number", Number, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("first", Number, nullable=False),
        sa.Column("first_id", sa.String(length=64), nullable=False),
        sa.Column("second", Number, nullable=False),
        sa.Column("second_id", sa.String(length=64), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("first_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("second_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_conversation"),
        sa.UniqueConstraint("id", name="uq_conversation_id"),
    )


def _create_log() -> None:
    op.create_table(
        "log",
        sa.Column("account", Number, autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("conversation", Number, nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("data", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "position", name="pk_log"),
        sqlite_with_rowid=False,
    )


def _create_log_head() -> None:
    op.create_table(
        "log_head",
        sa.Column("account", Number, autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("floor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "delivered_position", sa.BigInteger(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_log_head"),
        sqlite_with_rowid=False,
    )


def _create_login() -> None:
    op.create_table(
        "login",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_login"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_login_ended_at", "login", ["ended_at"], unique=False)
    op.create_index("ix_login_user_id", "login", ["user_id"], unique=False)


def _create_member() -> None:
    op.create_table(
        "member",
        sa.Column("account", Number, autoincrement=False, nullable=False),
        sa.Column("conversation", Number, autoincrement=False, nullable=False),
        sa.Column("delivered_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("read_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("read_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("account", "conversation", name="pk_member"),
        sqlite_with_rowid=False,
    )


def _create_message() -> None:
    op.create_table(
        "message",
        sa.Column("number", Number, nullable=False),
        sa.Column("conversation", Number, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("sender", Number, nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("reply_to", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("reactions", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("files", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_message"),
        sa.UniqueConstraint("conversation", "seq", name="uq_message_conversation_seq"),
        sa.UniqueConstraint("id", name="uq_message_id"),
        sa.UniqueConstraint("sender", "client_id", name="uq_message_sender_client_id"),
    )
