"""Stages of leads per business, and what happened to each lead."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.db import BigId, Utc
from maane.tenancy.protection import all_rows, allow, make_append_only, secure_rows

revision = "0007"
down_revision = "0006"

STAGES = (
    ("new", 0, "open"),
    ("contacted", 1, "open"),
    ("qualified", 2, "open"),
    ("won", 3, "won"),
    ("lost", 4, "lost"),
)
BEFORE = (
    "CONSTRAINT ck_leads_status CHECK (status IN ('new', 'contacted', 'qualified', 'won', 'lost'))"
)
AFTER = (
    "CONSTRAINT fk_leads_business_id_status FOREIGN KEY(business_id, status) "
    "REFERENCES lead_stages (business_id, key)"
)


def upgrade() -> None:
    op.create_table(
        "lead_stages",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('open', 'won', 'lost')", name=op.f("ck_lead_stages_kind")),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_lead_stages_business_id"
        ),
        sa.PrimaryKeyConstraint("business_id", "key", name="pk_lead_stages"),
    )
    op.create_table(
        "lead_events",
        sa.Column("id", BigId, nullable=False),
        sa.Column("lead_id", BigId, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("from_name", sa.Text(), nullable=True),
        sa.Column("to_status", sa.Text(), nullable=True),
        sa.Column("to_name", sa.Text(), nullable=True),
        sa.Column("merged_lead_id", BigId, nullable=True),
        sa.Column("actor_user_id", BigId, nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("impersonating", sa.Boolean(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("business_id", BigId, nullable=False),
        sa.CheckConstraint(
            "kind IN ('created', 'moved', 'changed', 'intake', 'merged')",
            name=op.f("ck_lead_events_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_lead_events_business_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_lead_events"),
        sa.UniqueConstraint("business_id", "id", name="uq_lead_events_business_id_id"),
    )
    op.create_index(
        "ix_lead_events_business_id_lead_id_id", "lead_events", ["business_id", "lead_id", "id"]
    )
    op.create_index(
        "ix_leads_business_id_lower_email", "leads", ["business_id", sa.text("lower(email)")]
    )
    for key, position, kind in STAGES:
        op.execute(
            "INSERT INTO lead_stages (business_id, key, position, kind) "
            f"SELECT id, '{key}', {position}, '{kind}' FROM businesses"
        )
    with all_rows("leads"), all_rows("audit_events"):
        _begin_histories()
        _point_at_stages()
    for table in ("lead_stages", "lead_events"):
        secure_rows(table)
    make_append_only("lead_events")
    allow("lead_stages", "SELECT", "INSERT", "UPDATE", "DELETE")
    allow("lead_events", "SELECT", "INSERT")


def _begin_histories() -> None:
    """Each lead that is there was once added; by whom stands in the audit log, whose subjects have no
    index: it is read once instead of once for each lead."""
    connection = op.get_bind()
    added = connection.execute(
        sa.text(
            "SELECT business_id, subject, actor_user_id, actor_name, impersonating "
            "FROM audit_events WHERE action = 'lead.created'"
        )
    )
    actors = {
        (row.business_id, row.subject): {
            "actor_user_id": row.actor_user_id,
            "actor_name": row.actor_name,
            "impersonating": bool(row.impersonating),
        }
        for row in added
    }
    nobody = {"actor_user_id": None, "actor_name": None, "impersonating": False}
    leads = sa.table(
        "leads", sa.column("business_id"), sa.column("id"), sa.column("created_at", Utc())
    )
    events = [
        {"business_id": row.business_id, "lead_id": row.id, "at": row.created_at}
        | actors.get((row.business_id, f"lead:{row.id}"), nobody)
        for row in connection.execute(sa.select(leads).order_by(leads.c.id))
    ]
    table = sa.table(
        "lead_events",
        *(sa.column(name) for name in ("business_id", "lead_id", "kind", "fields")),
        *(sa.column(name) for name in ("actor_user_id", "actor_name", "impersonating")),
        sa.column("at", Utc()),
    )
    if events:
        op.bulk_insert(table, [event | {"kind": "created", "fields": ""} for event in events])


def _point_at_stages() -> None:
    """A lead's status is a stage of its business instead of one of five words. On SQLite the text of
    the table is edited, for the reasons in the migration 0004: what is stored stays as it is."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        # The first migration let the naming convention put its prefix before a name that had it.
        op.drop_constraint(op.f("ck_leads_ck_leads_status"), "leads", type_="check")
        op.create_foreign_key(
            op.f("fk_leads_business_id_status"),
            "leads",
            "lead_stages",
            ["business_id", "status"],
            ["business_id", "key"],
        )
        return
    found = sa.text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'leads'")
    ddl = connection.execute(found).scalar_one()
    before = BEFORE.replace("ck_leads_status", "ck_leads_ck_leads_status")
    if ddl.count(before) != 1:
        raise RuntimeError("leads has another check of its status than expected")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_schema SET sql = :sql WHERE type = 'table' AND name = 'leads'"),
        {"sql": ddl.replace(before, AFTER)},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
