"""The cast of the tests, and the browsers they sit at.

Two businesses, A and B, each with an owner; an admin without a home business, an admin whose home
is A (the agency's own business), and a manager who is assigned to A alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from maane.kit.db import Database
from maane.leads import operations as leads
from maane.leads.contract import LeadBody
from maane.prompts import operations as prompts
from maane.prompts.contract import PromptsBody
from maane.settings import Settings
from maane.tenancy import operations as tenancy
from maane.tenancy import store
from maane.tenancy.access import caller_for_job, tenant_for_job
from maane.tenancy.contract import BusinessBody

PASSWORD = "correct horse battery"
A, B = 1, 2
ORIGIN = "http://localhost:8000"
CSRF_COOKIE, CSRF_HEADER, SESSION_COOKIE = "XSRF-TOKEN", "X-CSRFToken", "__Host-session"

PEOPLE: dict[str, tuple[str, int | None]] = {
    "admin": ("admin", None),
    "admin_at_home": ("admin", A),
    "manager": ("manager", None),
    "owner_a": ("business", A),
    "owner_b": ("business", B),
}


def email_of(name: str) -> str:
    return f"{name}@example.com"


def populate(database: Database) -> None:
    """Puts the cast, a saved prompt and a lead of each business into an empty database."""
    for letter in "AB":
        with database.transaction() as tx:
            business = tenancy.create_business(
                tx, caller_for_job(), BusinessBody(name=f"Business {letter}")
            )
        with database.transaction(business.id) as tx:
            tenant = tenant_for_job(tx, business.id)
            caller = caller_for_job(tenant)
            texts = PromptsBody(
                calls_prompt=f"calls of {letter}", whatsapp_prompt=f"whatsapp of {letter}"
            )
            prompts.replace_prompts(tx, tenant, caller, texts)
            leads.create_lead(
                tx, tenant, caller, LeadBody(name=f"Lead of {letter}", phone="050-234-5678")
            )
    for name, (role, home) in PEOPLE.items():
        with database.transaction() as tx:
            user = tenancy.create_user(
                tx,
                caller_for_job(),
                email=email_of(name),
                name=name,
                role=role,
                password=PASSWORD,
                business_id=home,
            )
            if name == "manager":
                store.assign(tx, user.id, A)


class Browser:
    """One cookie jar. Writes carry the token as the real client does, unless told otherwise."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()

    def request(self, method: str, path: str, **options: Any) -> TestResponse:
        # Read to the end and closed, as a server does.
        return self.client.open(path, method=method, base_url=ORIGIN, buffered=True, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.request("GET", path, **options)

    def write(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> TestResponse:
        sent = {CSRF_HEADER: self.token or ""} | (headers or {})
        if json is not None:
            options["json"] = json
        return self.request(method, path, headers={k: v for k, v in sent.items() if v}, **options)

    def log_in(self, name: str, password: str = PASSWORD) -> TestResponse:
        return self.request(
            "POST", "/api/auth/login", json={"email": email_of(name), "password": password}
        )

    def impersonate(self, business_id: int, reason: str | None = None) -> TestResponse:
        body = None if reason is None else {"reason": reason}
        return self.write("POST", f"/api/admin/businesses/{business_id}/impersonate", body)

    def stop(self) -> TestResponse:
        return self.write("POST", "/api/admin/impersonate/stop")

    def cookie(self, name: str) -> str | None:
        cookie = self.client.get_cookie(name, domain="localhost")
        return None if cookie is None else cookie.value

    @property
    def token(self) -> str | None:
        return self.cookie(CSRF_COOKIE)


@dataclass(frozen=True)
class World:
    """An application on a database of its own, with the cast in it."""

    settings: Settings
    app: Flask

    @property
    def database(self) -> Database:
        database: Database = self.app.extensions["maane.database"]
        return database

    def visitor(self) -> Browser:
        """A browser at which nobody has signed in, with a token."""
        browser = Browser(self.app)
        assert browser.get("/api/auth/csrf").status_code == 200
        return browser

    def browser(self, name: str) -> Browser:
        """A browser at which ``name`` has signed in."""
        browser = Browser(self.app)
        answer = browser.log_in(name)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return browser

    def admin_in(self, business_id: int) -> Browser:
        """The admin, while impersonating a business."""
        browser = self.browser("admin")
        assert browser.impersonate(business_id).status_code == 200
        return browser
