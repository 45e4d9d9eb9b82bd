-- The schema 0018. Later ones follow by the migrations of all engines: do not change this file.
-- The columns are described in `schema`. Texts are compared byte by byte, as Python compares
-- them: that is the collation of the database, which the tables take over. A statement that was
-- run before does nothing, so an interrupted start goes on where it was.

-- The first tables mark the database as ours, so that an interrupted start can go on.
CREATE TABLE IF NOT EXISTS alembic_version (
    version_num varchar(32) NOT NULL,
    PRIMARY KEY (version_num)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC;

-- The schema that is being migrated from, and how many of the statements have run.
CREATE TABLE IF NOT EXISTS migration (
    version_num varchar(32) NOT NULL,
    done integer NOT NULL,
    PRIMARY KEY (version_num)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS account (
    number bigint NOT NULL AUTO_INCREMENT,
    id varchar(64) NOT NULL,
    username varchar(255) NOT NULL,
    username_key varchar(255) NOT NULL,
    look_alike_key varchar(512),
    email varchar(320),
    email_key varchar(320),
    display_name varchar(255) NOT NULL,
    about mediumtext NOT NULL DEFAULT (''),
    avatar varchar(64),
    search_key mediumtext NOT NULL,
    password_hash mediumtext NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    last_seen_at bigint,
    disabled_at bigint,
    profile_changed_at bigint,
    profile_told_at bigint,
    profile_due_at bigint,
    profile_told_up_to bigint,
    last_seen_audience varchar(16) NOT NULL DEFAULT 'everybody',
    receipts_audience varchar(16) NOT NULL DEFAULT 'everybody',
    typing_audience varchar(16) NOT NULL DEFAULT 'everybody',
    erased_at bigint,
    PRIMARY KEY (number),
    CONSTRAINT uq_account_email_key UNIQUE (email_key),
    CONSTRAINT uq_account_id UNIQUE (id),
    CONSTRAINT uq_account_username_key UNIQUE (username_key),
    INDEX ix_account_avatar (avatar),
    UNIQUE INDEX ix_account_look_alike_key (look_alike_key),
    INDEX ix_account_profile_due_at (profile_due_at)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS attachment (
    file_id varchar(64) NOT NULL,
    conversation bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (file_id, conversation, seq),
    INDEX ix_attachment_conversation_seq (conversation, seq)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS block (
    account bigint NOT NULL,
    other bigint NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (account, other)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS conversation (
    number bigint NOT NULL AUTO_INCREMENT,
    id varchar(64) NOT NULL,
    kind varchar(16) NOT NULL,
    first bigint NOT NULL,
    first_id varchar(64) NOT NULL,
    second bigint NOT NULL,
    second_id varchar(64) NOT NULL,
    last_seq bigint NOT NULL DEFAULT 0,
    first_count bigint NOT NULL DEFAULT 0,
    second_count bigint NOT NULL DEFAULT 0,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    `key` varchar(255),
    name mediumtext,
    deleted_at bigint,
    PRIMARY KEY (number),
    CONSTRAINT uq_conversation_id UNIQUE (id)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS erasure (
    id varchar(64) NOT NULL,
    account bigint NOT NULL,
    requested_at bigint NOT NULL,
    begun_at bigint,
    completed_at bigint,
    conversation bigint NOT NULL DEFAULT 0,
    seq bigint NOT NULL DEFAULT 0,
    erased mediumtext NOT NULL,
    signature mediumtext,
    PRIMARY KEY (id),
    INDEX ix_erasure_requested_at (requested_at)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS file (
    id varchar(64) NOT NULL,
    owner_id varchar(64) NOT NULL,
    name varchar(255) NOT NULL,
    media_type varchar(255) NOT NULL,
    size bigint NOT NULL,
    sha256 varchar(64) NOT NULL,
    blocks mediumtext NOT NULL,
    upload_size bigint NOT NULL,
    width integer,
    height integer,
    duration bigint,
    thumbnail_size integer NOT NULL,
    thumbnail_sha256 varchar(64) NOT NULL,
    created_at bigint NOT NULL,
    metadata mediumtext NOT NULL DEFAULT (''),
    condemned_at bigint,
    PRIMARY KEY (id),
    INDEX ix_file_condemned_at (condemned_at),
    INDEX ix_file_created_at (created_at),
    INDEX ix_file_owner_id (owner_id)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS instance (
    mark varchar(64),
    marked_at bigint,
    commits bigint NOT NULL DEFAULT 0
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS invitation (
    code varchar(64) NOT NULL,
    inviter_id varchar(64),
    uses integer NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (code),
    INDEX ix_invitation_expires_at (expires_at),
    INDEX ix_invitation_inviter_id (inviter_id)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS log (
    account bigint NOT NULL,
    position bigint NOT NULL,
    kind smallint NOT NULL,
    conversation bigint,
    seq bigint,
    data mediumtext,
    at bigint NOT NULL,
    PRIMARY KEY (account, position)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS log_head (
    account bigint NOT NULL,
    position bigint NOT NULL DEFAULT 0,
    floor bigint NOT NULL DEFAULT 0,
    delivered_position bigint NOT NULL DEFAULT 0,
    epoch varchar(32) NOT NULL,
    PRIMARY KEY (account)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS login (
    id varchar(64) NOT NULL,
    user_id varchar(64) NOT NULL,
    agent mediumtext NOT NULL,
    address mediumtext NOT NULL,
    created_at bigint NOT NULL,
    last_used_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    generation integer NOT NULL,
    position bigint NOT NULL,
    ended_at bigint,
    PRIMARY KEY (id),
    INDEX ix_login_ended_at (ended_at),
    INDEX ix_login_user_id (user_id)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS member (
    account bigint NOT NULL,
    conversation bigint NOT NULL,
    delivered_seq bigint NOT NULL DEFAULT 0,
    read_seq bigint NOT NULL DEFAULT 0,
    told_delivered_seq bigint NOT NULL DEFAULT 0,
    told_read_seq bigint NOT NULL DEFAULT 0,
    read_count bigint NOT NULL DEFAULT 0,
    settings mediumtext NOT NULL DEFAULT (''),
    PRIMARY KEY (account, conversation)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS message (
    number bigint NOT NULL AUTO_INCREMENT,
    conversation bigint NOT NULL,
    seq bigint NOT NULL,
    id varchar(64) NOT NULL,
    sender bigint NOT NULL,
    client_id varchar(128) NOT NULL,
    kind varchar(32) NOT NULL,
    body mediumtext NOT NULL,
    created_at bigint NOT NULL,
    reply_to bigint,
    revision integer NOT NULL DEFAULT 0,
    edited_at bigint,
    deleted_at bigint,
    reactions mediumtext NOT NULL DEFAULT (''),
    files mediumtext NOT NULL DEFAULT (''),
    fingerprint varchar(64),
    checksum bigint,
    PRIMARY KEY (number),
    CONSTRAINT uq_message_conversation_seq UNIQUE (conversation, seq),
    CONSTRAINT uq_message_id UNIQUE (id),
    CONSTRAINT uq_message_sender_client_id UNIQUE (sender, client_id)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS question (
    conversation bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (conversation, seq)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS upload (
    id varchar(64) NOT NULL,
    owner_id varchar(64) NOT NULL,
    name varchar(255) NOT NULL,
    media_type varchar(255) NOT NULL,
    size bigint NOT NULL,
    created_at bigint NOT NULL,
    metadata mediumtext NOT NULL DEFAULT (''),
    PRIMARY KEY (id),
    INDEX ix_upload_created_at (created_at),
    INDEX ix_upload_owner_id (owner_id)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS search_entry (
    conversation bigint NOT NULL,
    number bigint NOT NULL,
    part0 bigint NOT NULL,
    part1 bigint NOT NULL,
    part2 bigint NOT NULL,
    part3 bigint NOT NULL,
    part4 bigint NOT NULL,
    part5 bigint NOT NULL,
    part6 bigint NOT NULL,
    part7 bigint NOT NULL,
    PRIMARY KEY (conversation, number)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS search_pending (
    id bigint NOT NULL AUTO_INCREMENT,
    conversation bigint NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC;

-- Last, in one transaction with the version.
INSERT INTO instance (commits) SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM instance);
