"""``maane demo``: two businesses and their people, to look around with.

Passwords are generated, printed once and kept in the data folder with mode 600. On a database that
has users already it does nothing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import maane.ops.tables  # noqa: F401  (the tables that point at each other)
from maane.appointments import availability
from maane.appointments import operations as appointments
from maane.appointments.contract import AvailabilityBody
from maane.appointments.operations import Customer
from maane.auth import operations as auth
from maane.auth import store as auth_store
from maane.auth.operations import generate_password
from maane.hours.clock import DAYS_IN_WEEK
from maane.hours.contract import Interval
from maane.kit.db import Database, Transaction
from maane.leads import operations as leads
from maane.leads.contract import LeadBody
from maane.leads.models import Lead
from maane.prompts import operations as prompts
from maane.prompts.contract import PromptsBody
from maane.settings import Settings
from maane.tenancy import operations as tenancy
from maane.tenancy import store as tenancy_store
from maane.tenancy.access import Tenant, caller_for_job, tenant_for_job
from maane.tenancy.contract import BusinessBody

LOGINS_FILE = "demo-logins.txt"


@dataclass(frozen=True, slots=True)
class DemoBusiness:
    """One demo business, with the texts that its assistant speaks by."""

    name: str
    phone: str
    calls_prompt: str
    whatsapp_prompt: str
    leads: tuple[tuple[str, str, str], ...]
    week: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Opening and closing of the weekdays on which it takes appointments; 0 is Sunday."""


AGENCY = DemoBusiness(
    name="סוכנות נגה",
    phone="03-612-3456",
    calls_prompt=(
        "את נגה, המזכירה של סוכנות נגה לשיווק עסקים קטנים. עני בקצרה ובחום, "
        "שאלי לשם המתקשר ולמה הוא צריך, והציעי שיחה חוזרת."
    ),
    whatsapp_prompt=(
        "את נגה מסוכנות נגה. ענו בהודעות קצרות, בעברית פשוטה. שאלו לשם ולתחום העסק, "
        "והציעו פגישת היכרות ללא עלות."
    ),
    leads=(("אורי לוי", "050-234-5678", "רוצה אתר לחנות ספרים"),),
)
SALON = DemoBusiness(
    name="מספרת דנה",
    phone="04-823-4567",
    calls_prompt=(
        "את הקול של מספרת דנה בחיפה. פתוחים ראשון עד חמישי 9:00–19:00 ושישי עד 13:00. "
        "תספורת אישה 180 ₪, תספורת גבר 90 ₪. קחי שם, טלפון ומועד מבוקש."
    ),
    whatsapp_prompt=(
        "את העוזרת של מספרת דנה בחיפה. ענו בחום ובקצרה. מחירים: תספורת אישה 180 ₪, "
        "תספורת גבר 90 ₪, צבע החל מ־250 ₪. מי שרוצה תור: הציעו מועד פנוי."
    ),
    leads=(
        ("מיכל אברהם", "052-345-6789", "צבע ותספורת ביום חמישי"),
        ("Daniel Cohen", "054-456-7890", "Asked about a wedding hairdo"),
    ),
    week=dict.fromkeys(range(5), ("09:00", "19:00")) | {5: ("09:00", "13:00")},
)


def load_demo(settings: Settings) -> list[str]:
    """Makes the demo where nobody exists yet. Returns the lines to print."""
    database = Database(settings.database)
    try:
        with database.transaction(writes=False) as tx:
            if auth_store.count_users(tx):
                path = settings.var_dir / LOGINS_FILE
                return [f"Demo logins: see {path}"] if path.is_file() else []
        agency_id = _make_business(database, AGENCY)
        salon_id = _make_business(database, SALON)
        logins = [
            _make_user(database, "admin@demo.example", "יעל (מנהלת)", "admin", agency_id),
            _make_user(database, "manager@demo.example", "עומר (סוכן)", "manager", None, salon_id),
            _make_user(database, "noga@demo.example", "נגה", "business", agency_id),
            _make_user(database, "dana@demo.example", "דנה", "business", salon_id),
        ]
    finally:
        database.dispose()
    lines = [f"  {email:<22} {password}   {role}" for email, password, role in logins]
    return ["Demo logins (shown once, kept in the data folder):", *_keep(settings, lines)]


def _keep(settings: Settings, lines: list[str]) -> list[str]:
    settings.var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = settings.var_dir / LOGINS_FILE
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return lines


def _make_business(database: Database, demo: DemoBusiness) -> int:
    with database.transaction() as tx:
        business = tenancy.create_business(
            tx, caller_for_job(), BusinessBody(name=demo.name, phone=demo.phone)
        )
    with database.transaction(business.id) as tx:
        tenant = tenant_for_job(tx, business.id)
        caller = caller_for_job(tenant)
        texts = PromptsBody(calls_prompt=demo.calls_prompt, whatsapp_prompt=demo.whatsapp_prompt)
        prompts.replace_prompts(tx, tenant, caller, texts)
        known = [
            leads.create_lead(tx, tenant, caller, LeadBody(name=name, phone=phone, note=note))
            for name, phone, note in demo.leads
        ]
        if demo.week:
            _open_calendar(tx, tenant, demo, known[0])
    return business.id


def _open_calendar(tx: Transaction, tenant: Tenant, demo: DemoBusiness, lead: Lead) -> None:
    """The week, and the lead's appointment at the second of the free times."""
    caller = caller_for_job(tenant)
    week = [
        [Interval(opens=demo.week[day][0], closes=demo.week[day][1])] if day in demo.week else []
        for day in range(DAYS_IN_WEEK)
    ]
    body = AvailabilityBody(week=week, length_min=45, notice_min=120, ahead_days=30, capacity=1)
    rules, _ = availability.replace_availability(tx, tenant, caller, body)
    *_, second = availability.offered_times(tx, tenant, rules, limit=2)
    who = Customer(lead_id=lead.id)
    appointments.book_offered(tx, tenant, caller, second.starts_at, who, lead.note)


def _make_user(
    database: Database,
    email: str,
    name: str,
    role: str,
    home: int | None,
    assigned: int | None = None,
) -> tuple[str, str, str]:
    password = generate_password()
    with database.transaction() as tx:
        user = tenancy.create_user(
            tx,
            caller_for_job(),
            email=auth.normal_email(email),
            name=name,
            role=role,
            password=password,
            business_id=home,
        )
        if assigned is not None:
            tenancy_store.assign(tx, user.id, assigned)
    return email, password, role
