"""Databases of older revisions: each migration is undone here."""

import sqlite3
from contextlib import closing
from pathlib import Path

WAYS_BACK = {
    "0024": "",
    "0023": "",
    "0022": "DROP TABLE report;",
    "0021": "ALTER TABLE instance DROP COLUMN imported_up_to;",
    "0020": """
        DROP INDEX ix_conversation_asked; ALTER TABLE conversation DROP COLUMN asked;
        ALTER TABLE conversation DROP COLUMN declined_at;
        ALTER TABLE account DROP COLUMN first_messages;
        ALTER TABLE account DROP COLUMN requests_whole_at;
    """,
    "0019": """
        ALTER TABLE upload DROP COLUMN waveform; ALTER TABLE file DROP COLUMN waveform;
        ALTER TABLE file DROP COLUMN placeholder;
    """,
    "0018": "DROP TABLE invitation;",
    "0017": """
        DROP INDEX ix_account_avatar; ALTER TABLE account DROP COLUMN avatar;
        ALTER TABLE account DROP COLUMN about;
    """,
    "0016": """
        ALTER TABLE account DROP COLUMN profile_changed_at;
        ALTER TABLE account DROP COLUMN profile_told_up_to;
    """,
    "0015": """
        ALTER TABLE account DROP COLUMN last_seen_audience;
        ALTER TABLE account DROP COLUMN receipts_audience;
        ALTER TABLE account DROP COLUMN typing_audience;
    """,
    "0014": "ALTER TABLE member DROP COLUMN settings;",
    "0013": """
        DROP INDEX ix_account_profile_due_at; ALTER TABLE account DROP COLUMN profile_due_at;
        ALTER TABLE account DROP COLUMN profile_told_at;
    """,
    "0012": "ALTER TABLE message DROP COLUMN checksum;",
    "0011": "",
    "0010": "ALTER TABLE upload DROP COLUMN metadata; ALTER TABLE file DROP COLUMN metadata;",
    "0009": """
        DROP INDEX ix_account_look_alike_key; ALTER TABLE account DROP COLUMN look_alike_key;
    """,
    "0008": "DROP TABLE instance;",
    "0007": """
        ALTER TABLE member DROP COLUMN told_delivered_seq;
        ALTER TABLE member DROP COLUMN told_read_seq;
    """,
    "0006": "UPDATE log SET kind = 1 WHERE kind = 8;",
    "0005": "DROP TABLE erasure; ALTER TABLE account DROP COLUMN erased_at;",
    "0004": """
        DROP TABLE search_index; DROP TABLE search_progress; DROP TABLE search_stale;
        DROP TRIGGER search_update; DROP TRIGGER search_delete;
    """,
}
"""The statements that undo each revision, the newest one first."""


def make_older(path: Path, revision: str) -> None:
    """Turn a database that is not open into one of this revision."""
    with closing(sqlite3.connect(path)) as database:
        for newer, way_back in WAYS_BACK.items():
            if newer > revision:
                database.executescript(way_back)
        database.execute("UPDATE alembic_version SET version_num = ?", [revision])
        database.commit()
