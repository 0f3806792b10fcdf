"""People answer too: who owns a conversation, what waits, who has read it, notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.db import BigId, Utc
from maane.tenancy.protection import all_rows, allow, secure_rows

revision = "0004"
down_revision = "0003"

AUTHORS = (
    "author IN ('customer', 'assistant', 'intake')",
    "author IN ('customer', 'assistant', 'intake', 'person')",
)
STATUSES = (
    "status IN ('received', 'simulated', 'pending', 'sending', 'sent', 'delivered', "
    "'read', 'failed')",
    "status IN ('received', 'simulated', 'pending', 'sending', 'sent', 'delivered', "
    "'read', 'failed', 'withheld')",
)


def upgrade() -> None:
    for column in (
        sa.Column(
            "status",
            sa.Text(),
            sa.CheckConstraint(
                "status IN ('open', 'closed')", name=op.f("ck_conversations_status")
            ),
            nullable=False,
            server_default="open",
        ),
        sa.Column(
            "owner",
            sa.Text(),
            sa.CheckConstraint(
                "owner IN ('assistant', 'person')", name=op.f("ck_conversations_owner")
            ),
            nullable=False,
            server_default="assistant",
        ),
        sa.Column("owner_user_id", BigId, nullable=True),
        sa.Column("owner_name", sa.Text(), nullable=True),
        sa.Column("owned_at", Utc(), nullable=True),
        sa.Column("owned_until_at", Utc(), nullable=True),
        sa.Column(
            "silence_reason",
            sa.Text(),
            sa.CheckConstraint(
                "silence_reason IN ('took_over', 'wrote')",
                name=op.f("ck_conversations_silence_reason"),
            ),
            nullable=True,
        ),
        sa.Column("assigned_user_id", BigId, nullable=True),
        sa.Column("is_waiting", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("last_message_id", BigId, nullable=False, server_default="0"),
        sa.Column("last_inbound_id", BigId, nullable=False, server_default="0"),
        sa.Column("last_inbound_at", Utc(), nullable=True),
    ):
        op.add_column("conversations", column)
    for column in (
        sa.Column("author_user_id", BigId, nullable=True),
        sa.Column("author_name", sa.Text(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
    ):
        op.add_column("messages", column)
    _replace_check("messages", "ck_messages_author", *AUTHORS)
    _replace_check("messages", "ck_messages_status", *STATUSES)
    _fill()
    op.create_index(
        "ix_conversations_business_id_last_message_id",
        "conversations",
        ["business_id", "last_message_id"],
    )
    op.create_index(
        "ix_conversations_business_id_status_last_message_id",
        "conversations",
        ["business_id", "status", "last_message_id"],
    )
    op.create_index(
        "ix_conversations_waiting",
        "conversations",
        ["business_id", "last_message_id"],
        sqlite_where=sa.text("is_waiting = 1"),
        postgresql_where=sa.text("is_waiting"),
    )
    is_assigned = sa.text("assigned_user_id IS NOT NULL")
    op.create_index(
        "ix_conversations_assigned",
        "conversations",
        ["business_id", "assigned_user_id", "last_message_id"],
        sqlite_where=is_assigned,
        postgresql_where=is_assigned,
    )
    has_key = sa.text("idempotency_key IS NOT NULL")
    op.create_index(
        "ux_messages_idempotency_key",
        "messages",
        ["business_id", "conversation_id", "idempotency_key"],
        unique=True,
        sqlite_where=has_key,
        postgresql_where=has_key,
    )
    op.create_table(
        "conversation_reads",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("conversation_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("message_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id", "conversation_id"],
            ["conversations.business_id", "conversations.id"],
            name="fk_conversation_reads_business_id_conversation_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name="fk_conversation_reads_user_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "business_id", "conversation_id", "user_id", name="pk_conversation_reads"
        ),
    )
    op.create_table(
        "conversation_notes",
        sa.Column("id", BigId, nullable=False),
        sa.Column("conversation_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=True),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("business_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_conversation_notes_business_id"
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "conversation_id"],
            ["conversations.business_id", "conversations.id"],
            name="fk_conversation_notes_business_id_conversation_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_conversation_notes"),
        sa.UniqueConstraint("business_id", "id", name="uq_conversation_notes_business_id_id"),
    )
    op.create_index(
        "ix_conversation_notes_business_id_conversation_id_id",
        "conversation_notes",
        ["business_id", "conversation_id", "id"],
    )
    for table in ("conversation_reads", "conversation_notes"):
        secure_rows(table)
        allow(table, "SELECT", "INSERT", "UPDATE", "DELETE")


def _replace_check(table: str, name: str, before: str, after: str) -> None:
    """Gives a CHECK other values.

    SQLite cannot change a constraint. Rebuilding the table would break the keys that point at it
    from inside, and this transaction cannot turn them off; so its text is edited, which SQLite's
    page on ALTER TABLE allows for constraints that do not touch what is stored.
    """
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        # Earlier migrations let the naming convention put its prefix before a name that had it.
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
        op.create_check_constraint(op.f(name), table, after)
        return
    found = sa.text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :name")
    ddl = connection.execute(found, {"name": table}).scalar_one()
    if ddl.count(before) != 1:
        raise RuntimeError(f"{table} has another {name} than expected")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_schema SET sql = :sql WHERE type = 'table' AND name = :name"),
        {"sql": ddl.replace(before, after), "name": table},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")


def _fill() -> None:
    """What the inbox orders and counts by, for what was said before it was there."""
    mine = "m.business_id = conversations.business_id AND m.conversation_id = conversations.id"
    with all_rows("conversations"), all_rows("messages"):
        op.execute(
            "UPDATE conversations SET "
            f"last_message_id = COALESCE((SELECT max(id) FROM messages m WHERE {mine}), 0), "
            f"last_inbound_id = COALESCE((SELECT max(id) FROM messages m WHERE {mine} "
            "AND m.direction = 'inbound'), 0)"
        )
        op.execute(
            "UPDATE conversations SET last_inbound_at = "
            "(SELECT created_at FROM messages m WHERE m.id = conversations.last_inbound_id)"
        )
