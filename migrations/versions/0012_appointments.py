"""When a business takes appointments, and the appointments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.db import BigId, Utc
from maane.tenancy.protection import allow, secure_rows

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column(
        "businesses",
        sa.Column("offers_appointments", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    _make_availability()
    _make_appointments()
    _make_leads()


def _make_availability() -> None:
    op.create_table(
        "appointment_availability",
        sa.Column("business_id", BigId, autoincrement=False, nullable=False),
        sa.Column("week", sa.JSON(), nullable=False),
        sa.Column("length_min", sa.Integer(), nullable=False),
        sa.Column("notice_min", sa.Integer(), nullable=False),
        sa.Column("ahead_days", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.CheckConstraint(
            "length_min BETWEEN 5 AND 480", name=op.f("ck_appointment_availability_length_min")
        ),
        sa.CheckConstraint(
            "capacity BETWEEN 1 AND 50", name=op.f("ck_appointment_availability_capacity")
        ),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_appointment_availability_business_id"
        ),
        sa.PrimaryKeyConstraint("business_id", name="pk_appointment_availability"),
    )
    secure_rows("appointment_availability")
    allow("appointment_availability", "SELECT", "INSERT", "UPDATE")


def _make_appointments() -> None:
    op.create_table(
        "appointments",
        sa.Column("id", BigId, nullable=False),
        sa.Column("conversation_id", BigId, nullable=True),
        sa.Column("starts_at", Utc(), nullable=False),
        sa.Column("ends_at", Utc(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_by_name", sa.Text(), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("cancelled_at", Utc(), nullable=True),
        sa.Column("cancelled_by", sa.Text(), nullable=True),
        sa.Column("cancelled_by_name", sa.Text(), nullable=True),
        sa.Column("business_id", BigId, nullable=False),
        sa.CheckConstraint(
            "status IN ('booked', 'cancelled')", name=op.f("ck_appointments_status")
        ),
        sa.CheckConstraint(
            "made_by IN ('assistant', 'person')", name=op.f("ck_appointments_made_by")
        ),
        sa.CheckConstraint(
            "cancelled_by IN ('assistant', 'person')", name=op.f("ck_appointments_cancelled_by")
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_appointments_ends_at")),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_appointments_business_id"
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "conversation_id"],
            ["conversations.business_id", "conversations.id"],
            name="fk_appointments_business_id_conversation_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_appointments"),
        sa.UniqueConstraint("business_id", "id", name="uq_appointments_business_id_id"),
    )
    op.create_index(
        "ix_appointments_business_id_starts_at",
        "appointments",
        ["business_id", "starts_at", "id"],
    )
    op.create_index(
        "ix_appointments_business_id_conversation_id",
        "appointments",
        ["business_id", "conversation_id"],
    )
    secure_rows("appointments")
    allow("appointments", "SELECT", "INSERT", "UPDATE")


def _make_leads() -> None:
    op.create_table(
        "appointment_leads",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("appointment_id", BigId, nullable=False),
        sa.Column("lead_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id", "appointment_id"],
            ["appointments.business_id", "appointments.id"],
            name="fk_appointment_leads_business_id_appointment_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "lead_id"],
            ["leads.business_id", "leads.id"],
            name="fk_appointment_leads_business_id_lead_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("business_id", "appointment_id", name="pk_appointment_leads"),
    )
    op.create_index(
        "ix_appointment_leads_business_id_lead_id",
        "appointment_leads",
        ["business_id", "lead_id"],
    )
    secure_rows("appointment_leads")
    allow("appointment_leads", "SELECT", "INSERT", "UPDATE", "DELETE")
