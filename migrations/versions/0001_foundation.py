"""Businesses, users, sessions, audit, prompts, leads, and the walls between businesses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.db import BigId, Utc
from maane.tenancy.protection import allow, ensure_app_group, make_append_only, secure_rows

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "businesses",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.CheckConstraint("language IN ('he', 'en', 'ar', 'ru')", name="ck_businesses_language"),
        sa.CheckConstraint("status IN ('active', 'suspended')", name="ck_businesses_status"),
        sa.PrimaryKeyConstraint("id", name="pk_businesses"),
    )
    op.create_table(
        "login_throttles",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failed_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_login_throttles"),
    )
    op.create_table(
        "audit_events",
        sa.Column("id", BigId, nullable=False),
        sa.Column("business_id", BigId, nullable=True),
        sa.Column("actor_user_id", BigId, nullable=True),
        sa.Column("actor_email", sa.Text(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("actor_role", sa.Text(), nullable=True),
        sa.Column("impersonating", sa.Boolean(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_audit_events_business_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_audit_events"),
    )
    op.create_index(
        "ix_audit_events_business_id_id", "audit_events", ["business_id", "id"], unique=False
    )
    op.create_table(
        "leads",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.Column("business_id", BigId, nullable=False),
        sa.CheckConstraint("source IN ('manual', 'whatsapp', 'phone')", name="ck_leads_source"),
        sa.CheckConstraint(
            "status IN ('new', 'contacted', 'qualified', 'won', 'lost')", name="ck_leads_status"
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_leads_business_id"),
        sa.PrimaryKeyConstraint("id", name="pk_leads"),
        sa.UniqueConstraint("business_id", "id", name="uq_leads_business_id_id"),
    )
    op.create_index("ix_leads_business_id_phone", "leads", ["business_id", "phone"], unique=False)
    op.create_index(
        "ix_leads_business_id_status_id", "leads", ["business_id", "status", "id"], unique=False
    )
    op.create_table(
        "prompt_versions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("calls_prompt", sa.Text(), nullable=False),
        sa.Column("whatsapp_prompt", sa.Text(), nullable=False),
        sa.Column("created_by", BigId, nullable=True),
        sa.Column("created_by_name", sa.Text(), nullable=True),
        sa.Column("impersonating", sa.Boolean(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("business_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_prompt_versions_business_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_prompt_versions"),
        sa.UniqueConstraint("business_id", "id", name="uq_prompt_versions_business_id_id"),
        sa.UniqueConstraint(
            "business_id", "version", name="uq_prompt_versions_business_id_version"
        ),
    )
    op.create_table(
        "users",
        sa.Column("id", BigId, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("tenant_id", BigId, nullable=True),
        sa.Column("disabled_at", Utc(), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.CheckConstraint(
            "role <> 'business' OR tenant_id IS NOT NULL", name="ck_users_business_has_home"
        ),
        sa.CheckConstraint("role IN ('admin', 'manager', 'business')", name="ck_users_role"),
        sa.ForeignKeyConstraint(["tenant_id"], ["businesses.id"], name="fk_users_tenant_id"),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )
    op.create_index("ix_users_tenant_id", "users", ["tenant_id"], unique=False)
    op.create_table(
        "assignments",
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("business_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"],
            ["businesses.id"],
            name="fk_assignments_business_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_assignments_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "business_id", name="pk_assignments"),
    )
    op.create_index("ix_assignments_business_id", "assignments", ["business_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("csrf_token", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("remote_address", sa.Text(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("expires_at", Utc(), nullable=False),
        sa.Column("impersonated_tenant_id", BigId, nullable=True),
        sa.Column("impersonation_started_at", Utc(), nullable=True),
        sa.Column("impersonation_expires_at", Utc(), nullable=True),
        sa.Column("impersonation_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["impersonated_tenant_id"], ["businesses.id"], name="fk_sessions_impersonated_tenant_id"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_sessions_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("token_hash", name="uq_sessions_token_hash"),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"], unique=False)
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"], unique=False)

    for table in ("leads", "prompt_versions"):
        secure_rows(table)
    secure_rows("audit_events", has_unowned=True)
    make_append_only("audit_events")
    if op.get_bind().dialect.name != "postgresql":
        return
    ensure_app_group()
    for table in ("businesses", "users", "sessions", "login_throttles", "assignments", "leads"):
        allow(table, "SELECT", "INSERT", "UPDATE", "DELETE")
    for table in ("prompt_versions", "audit_events"):
        allow(table, "SELECT", "INSERT")
