"""Entering a business: two flags, thirty minutes, both identities in the log."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update

from maane.auth.models import LoginSession, User
from maane.kit.db import now
from maane.tenancy.models import Assignment, AuditEvent, Business
from tests.people import SESSION_COOKIE, A, B, Browser, World, email_of

PROMPT = "/api/business/current/prompt"
TEXTS = {"calls_prompt": "by the admin", "whatsapp_prompt": "w"}
NO_TENANT = {"error": "forbidden", "reason": "no_tenant"}
SCOPE_FAIL = {"error": "forbidden", "reason": "scope_fail"}


def test_start_sets_two_flags_and_leaves_the_role(world: World) -> None:
    browser = world.browser("admin")
    token = browser.token
    me = browser.impersonate(A, "fix the prompts").json
    assert me is not None
    assert me["user"]["role"] == "admin"
    assert me["user"]["tenant_id"] is None
    assert me["tenant"]["id"] == A
    assert me["impersonation"]["reason"] == "fix the prompts"
    assert browser.token == token
    with browser.client:
        browser.get("/api/auth/me")
        from flask import session

        assert session["user"]["role"] == "admin"
        assert session["impersonating"] is True
        assert session["impersonated_tenant_id"] == A


def test_it_lasts_thirty_minutes_from_its_start_whatever_is_done(world: World) -> None:
    browser = world.admin_in(A)
    me = browser.get("/api/auth/me").json
    assert me is not None
    entered = me["impersonation"]
    lasts = datetime.fromisoformat(entered["expires_at"]) - datetime.fromisoformat(
        entered["started_at"]
    )
    assert lasts == timedelta(minutes=30)
    browser.write("PUT", PROMPT, TEXTS)
    again = browser.impersonate(A)
    assert again.status_code == 200
    assert again.json is not None
    assert again.json["impersonation"] == entered


def test_the_identifier_rotates_at_start_and_stop_and_the_old_one_is_dead(world: World) -> None:
    browser = world.browser("admin")
    seen = [browser.cookie(SESSION_COOKIE)]
    browser.impersonate(A)
    seen.append(browser.cookie(SESSION_COOKIE))
    browser.stop()
    seen.append(browser.cookie(SESSION_COOKIE))
    assert len(set(seen)) == 3
    for old in seen[:2]:
        thief = Browser(world.app)
        thief.client.set_cookie(SESSION_COOKIE, old or "", domain="localhost")
        assert thief.get("/api/auth/me").status_code == 401


def test_another_business_while_one_is_entered_is_a_conflict(world: World) -> None:
    browser = world.admin_in(A)
    answer = browser.impersonate(B)
    assert answer.status_code == 409
    assert answer.json == {"error": "conflict", "reason": "already_impersonating"}
    me = browser.get("/api/auth/me").json
    assert me is not None
    assert me["tenant"]["id"] == A


def test_stop_is_200_also_with_nothing_to_stop(world: World) -> None:
    browser = world.browser("admin")
    assert browser.stop().status_code == 200
    kept = browser.cookie(SESSION_COOKIE)
    assert browser.stop().status_code == 200
    assert browser.cookie(SESSION_COOKIE) == kept


def _expire(world: World) -> None:
    with world.database.transaction() as tx:
        tx.execute(
            update(LoginSession).values(impersonation_expires_at=now() - timedelta(seconds=1))
        )


def _suspend(world: World) -> None:
    with world.database.transaction() as tx:
        tx.execute(update(Business).where(Business.id == B).values(status="suspended"))


@pytest.mark.parametrize("end", [_expire, _suspend])
def test_when_it_ends_by_itself_the_next_write_does_not_fall_into_the_home_business(
    world: World, end: Any
) -> None:
    browser = world.browser("admin_at_home")
    browser.impersonate(B)
    end(world)
    assert browser.write("PUT", PROMPT, TEXTS).json == NO_TENANT
    me = browser.get("/api/auth/me").json
    assert me is not None
    assert me["tenant"] is None
    assert me["impersonation"]["is_active"] is False
    assert browser.stop().status_code == 200
    assert browser.write("PUT", PROMPT, TEXTS).status_code == 200
    prompt = world.browser("owner_a").get(PROMPT).json
    assert prompt is not None
    assert prompt["calls_prompt"] == "by the admin"


def test_after_an_expired_one_another_can_be_entered(world: World) -> None:
    browser = world.admin_in(A)
    _expire(world)
    assert browser.impersonate(B).status_code == 200


def test_a_demoted_admin_is_out_and_can_still_stop(world: World) -> None:
    browser = world.browser("admin_at_home")
    browser.impersonate(B)
    with world.database.transaction() as tx:
        tx.execute(
            update(User).where(User.email == email_of("admin_at_home")).values(role="business")
        )
    prompt = browser.get(PROMPT).json
    assert prompt is not None
    assert prompt["calls_prompt"] == "calls of A"
    assert browser.stop().status_code == 200
    assert browser.stop().json == {"error": "forbidden", "reason": "role_mismatch"}


def test_a_disabled_admin_is_out(world: World) -> None:
    browser = world.admin_in(A)
    with world.database.transaction() as tx:
        tx.execute(update(User).where(User.email == email_of("admin")).values(disabled_at=now()))
    assert browser.get(PROMPT).status_code == 401


def test_a_manager_loses_it_with_the_assignment(world: World) -> None:
    browser = world.browser("manager")
    assert browser.impersonate(A).status_code == 200
    assert browser.write("PUT", PROMPT, TEXTS).status_code == 200
    with world.database.transaction() as tx:
        tx.execute(delete(Assignment))
    assert browser.write("PUT", PROMPT, TEXTS).json == NO_TENANT


def test_a_suspended_business_cannot_be_entered_and_serves_nobody(world: World) -> None:
    owner = world.browser("owner_b")
    _suspend(world)
    assert world.browser("admin").impersonate(B).json == SCOPE_FAIL
    assert owner.get(PROMPT).json == SCOPE_FAIL


def test_an_absent_business_is_not_found(world: World) -> None:
    for business_id in (0, -1, 999_999, 2**63, 2**63 - 1, 10**39):
        assert world.browser("admin").impersonate(business_id).status_code == 404


def test_every_start_write_and_stop_is_logged_with_both_identities(world: World) -> None:
    browser = world.browser("admin")
    browser.impersonate(A, "fix")
    browser.write("PUT", PROMPT, TEXTS)
    browser.stop()
    log = world.browser("owner_a").get("/api/business/current/audit").json
    assert log is not None
    stop, write, start = log["items"][:3]
    assert [e["action"] for e in (start, write, stop)] == [
        "impersonation.started",
        "prompts.replaced",
        "impersonation.stopped",
    ]
    for entry in (start, write, stop):
        assert entry["actor"]["email"] == "admin@example.com"
        assert entry["reason"] == "fix"
    assert write["impersonating"] is True


def test_logging_out_ends_it_in_the_log_too(world: World) -> None:
    browser = world.admin_in(A)
    browser.request("POST", "/api/auth/logout")
    log = world.browser("owner_a").get("/api/business/current/audit").json
    assert log is not None
    assert log["items"][0]["action"] == "impersonation.stopped"


def test_without_its_audit_row_nothing_changes(world: World, kind: str) -> None:
    """The log is made unwritable in the database itself; every write then fails whole."""
    owner, admin = world.browser("owner_a"), world.browser("admin")
    before = owner.get(PROMPT).get_data()
    leads = owner.get("/api/business/current/leads").get_data()
    _forbid_audit(world, kind)
    world.app.config["PROPAGATE_EXCEPTIONS"] = False
    assert owner.write("PUT", PROMPT, TEXTS).status_code >= 500
    assert owner.write("POST", "/api/business/current/leads", {"name": "n"}).status_code >= 500
    assert admin.impersonate(A).status_code >= 500
    assert owner.get(PROMPT).get_data() == before
    assert owner.get("/api/business/current/leads").get_data() == leads
    me = admin.get("/api/auth/me").json
    assert me is not None
    assert me["impersonation"] is None


def _forbid_audit(world: World, kind: str) -> None:
    from maane.kit.db import Database

    owner = Database(world.settings.migration_database)
    with owner.engine.begin() as connection:
        if kind == "sqlite":
            connection.execute(
                text(
                    "CREATE TRIGGER no_audit BEFORE INSERT ON audit_events "
                    "BEGIN SELECT RAISE(ABORT, 'no audit'); END"
                )
            )
        else:
            connection.execute(text("REVOKE INSERT ON audit_events FROM maane_app"))
    owner.dispose()


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_events SET action = 'x'", "DELETE FROM audit_events"]
)
def test_the_log_is_append_only_in_the_database(world: World, statement: str) -> None:
    from maane.kit.db import Database

    for url in {world.settings.database, world.settings.migration_database}:
        database = Database(url)
        with (
            pytest.raises(Exception, match=r"append-only|permission denied"),
            database.engine.begin() as c,
        ):
            c.execute(text(statement))
        database.dispose()


def test_events_of_the_installation_are_not_a_business_s(world: World) -> None:
    """Creating a user without a business leaves a row that no business sees."""
    with world.database.transaction(writes=False) as tx:
        unowned = tx.scalars(
            select(AuditEvent.action).where(AuditEvent.business_id.is_(None))
        ).all()
    assert unowned == ["user.created"] * 2
    with world.database.transaction(A, writes=False) as tx:
        owners = set(tx.scalars(select(AuditEvent.business_id)).all())
    assert owners == {A}
