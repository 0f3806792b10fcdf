"""Login, logout, the token, and what they do to sessions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from maane.auth.models import LoginSession, User
from maane.auth.sessions import hash_token
from maane.kit.db import now
from tests.people import SESSION_COOKIE, Browser, World, email_of
from tests.statements import recorded


def test_login_answers_with_the_whole_document(world: World) -> None:
    answer = Browser(world.app).log_in("owner_a")
    assert answer.status_code == 200
    assert answer.json == {
        "user": {
            "id": 4,
            "email": "owner_a@example.com",
            "name": "owner_a",
            "role": "business",
            "tenant_id": 1,
        },
        "tenant": {
            "id": 1,
            "name": "Business A",
            "language": "he",
            "timezone": "Asia/Jerusalem",
        },
        "impersonation": None,
    }


def test_the_token_of_the_body_is_that_of_the_cookie_and_of_the_session(world: World) -> None:
    browser = world.browser("owner_a")
    answer = browser.get("/api/auth/csrf")
    assert answer.json is not None
    assert answer.json["csrfToken"] == browser.token
    assert any(line.startswith("XSRF-TOKEN=") for line in answer.headers.getlist("Set-Cookie"))
    again = browser.get("/api/auth/csrf")
    assert again.json == answer.json
    assert browser.write("PUT", "/api/business/current/prompt", _texts()).status_code == 200


def test_login_rotates_the_session_and_the_token(world: World) -> None:
    browser = world.visitor()
    seeded, seeded_token = browser.cookie(SESSION_COOKIE), browser.token
    browser.log_in("owner_a")
    first, first_token = browser.cookie(SESSION_COOKIE), browser.token
    browser.log_in("owner_a")
    assert len({seeded, first, browser.cookie(SESSION_COOKIE)}) == 3
    assert len({seeded_token, first_token, browser.token}) == 3
    thief = Browser(world.app)
    thief.client.set_cookie(SESSION_COOKIE, first or "", domain="localhost")
    assert thief.get("/api/auth/me").status_code == 401


def test_an_identifier_that_the_server_did_not_issue_is_never_adopted(world: World) -> None:
    browser = Browser(world.app)
    for forged in ("s." + "A" * 43, "a.InNlZWRlZCI.forged", "x", "s.", "a.", "s.\u00e9"):
        browser.client.set_cookie(SESSION_COOKIE, forged, domain="localhost")
        browser.get("/api/auth/csrf")
        assert browser.cookie(SESSION_COOKIE) != forged
        assert browser.get("/api/auth/me").status_code == 401


def test_logout_kills_the_session_on_the_server_and_gives_a_new_token(world: World) -> None:
    browser = world.browser("owner_a")
    kept, token = browser.cookie(SESSION_COOKIE), browser.token
    assert browser.request("POST", "/api/auth/logout").json == {"signed_out": True}
    assert browser.token not in (None, token)
    assert browser.get("/api/auth/me").status_code == 401
    thief = Browser(world.app)
    thief.client.set_cookie(SESSION_COOKIE, kept or "", domain="localhost")
    assert thief.get("/api/auth/me").status_code == 401
    assert browser.request("POST", "/api/auth/logout").status_code == 200
    assert browser.write("PUT", "/api/business/current/prompt", _texts()).status_code == 401


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (email_of("owner_a"), "wrong"),
        ("nobody@example.com", "wrong"),
        (email_of("owner_a"), "x" * 1000),
        ("x", "\u0000"),
        ("שלום", "שלום"),
    ],
)
def test_a_refused_login_tells_nothing(world: World, email: str, password: str) -> None:
    answer = Browser(world.app).request(
        "POST", "/api/auth/login", json={"email": email, "password": password}
    )
    assert (answer.status_code, answer.json) == (401, {"error": "invalid_credentials"})


def test_the_address_is_known_in_any_case(world: World) -> None:
    answer = Browser(world.app).request(
        "POST",
        "/api/auth/login",
        json={"email": " Owner_A@Example.COM ", "password": "correct horse battery"},
    )
    assert answer.status_code == 200


def test_guessing_is_slowed_down_and_the_owner_is_not_locked_out(world: World) -> None:
    browser = Browser(world.app)
    statuses = [browser.log_in("owner_a", "wrong").status_code for _ in range(7)]
    assert statuses[:5] == [401] * 5
    assert 429 in statuses[5:]
    answer = browser.log_in("owner_a")
    assert answer.status_code == 429
    assert answer.json == {"error": "throttled"}
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert browser.log_in("owner_b").status_code == 200
    with world.database.transaction() as tx:
        from maane.auth.models import LoginThrottle

        tx.execute(update(LoginThrottle).values(last_failed_at=now() - timedelta(minutes=2)))
    assert browser.log_in("owner_a").status_code == 200
    assert browser.log_in("owner_a", "wrong").status_code == 401


def test_a_disabled_user_is_out_at_once(world: World) -> None:
    browser = world.browser("owner_a")
    _change_user(world, "owner_a", disabled_at=now())
    assert browser.get("/api/auth/me").status_code == 401
    assert Browser(world.app).log_in("owner_a").json == {"error": "invalid_credentials"}


def test_a_changed_role_holds_from_the_next_request(world: World) -> None:
    browser = world.browser("admin_at_home")
    assert browser.get("/api/admin/businesses").status_code == 200
    _change_user(world, "admin_at_home", role="business")
    answer = browser.get("/api/admin/businesses")
    assert answer.json == {"error": "forbidden", "reason": "role_mismatch"}
    me = browser.get("/api/auth/me").json
    assert me is not None
    assert me["user"]["role"] == "business"


def test_a_session_ends_after_its_lifetime(world: World) -> None:
    browser = world.browser("owner_a")
    with world.database.transaction() as tx:
        tx.execute(update(LoginSession).values(expires_at=now() - timedelta(seconds=1)))
    assert browser.get("/api/auth/me").status_code == 401
    assert browser.write("PUT", "/api/business/current/prompt", _texts()).json == {
        "error": "csrf",
        "reason": "session_missing",
    }


def test_sessions_are_listed_and_revoked_by_their_user_alone(world: World) -> None:
    laptop, phone, other = (world.browser(n) for n in ("owner_a", "owner_a", "owner_b"))
    listed = laptop.get("/api/auth/sessions").json
    assert listed is not None
    assert [item["is_current"] for item in listed["items"]] == [False, True]
    phone_id = listed["items"][0]["id"]
    path = f"/api/auth/sessions/{phone_id}"
    assert other.write("DELETE", path).status_code == 404
    assert phone.get("/api/auth/me").status_code == 200
    assert laptop.write("DELETE", path).json == {"deleted": True, "id": phone_id}
    assert phone.get("/api/auth/me").status_code == 401


def test_the_database_holds_no_identifier_that_signs_in(world: World) -> None:
    browser = world.browser("owner_a")
    cookie = browser.cookie(SESSION_COOKIE) or ""
    with world.database.transaction(writes=False) as tx:
        rows = tx.scalars(select(LoginSession.token_hash)).all()
        hashes = tx.scalars(select(User.password_hash)).all()
    assert rows == [hash_token(cookie)]
    assert all(value.startswith("$argon2id$") for value in hashes)


@pytest.mark.parametrize("path", ["/api/auth/me", "/api/business/current/leads"])
def test_a_read_costs_one_query_for_session_csrf_and_guard(world: World, path: str) -> None:
    """One read and no write before the operation's own transaction begins."""
    browser = world.browser("owner_a")
    with recorded(world.database) as statements:
        assert browser.get(path).status_code == 200
    ours = [s for s in statements if "sessions" in s or "users" in s or "assignments" in s]
    assert len(ours) == 1, statements
    assert not [s for s in statements if s.split()[0] in ("INSERT", "UPDATE", "DELETE")]


@pytest.mark.parametrize("stage", ["deploy", "preview"])
def test_the_cookies_are_as_promised(new_world: Callable[..., World], stage: str) -> None:
    lines = Browser(new_world(stage=stage).app).log_in("owner_a").headers.getlist("Set-Cookie")
    cookies = {line.split("=", 1)[0]: line.split("; ")[1:] for line in lines}
    assert set(cookies) == {"XSRF-TOKEN", "__Host-session"}
    same_site = "SameSite=None" if stage == "preview" else "SameSite=Lax"
    for name, attributes in cookies.items():
        assert "Secure" in attributes
        assert "Path=/" in attributes
        assert same_site in attributes
        assert ("Partitioned" in attributes) == (stage == "preview")
        assert ("HttpOnly" in attributes) == (name == "__Host-session")
        assert not [a for a in attributes if a.startswith("Domain")]


def test_pages_and_watchers_get_no_cookie(world: World) -> None:
    browser = Browser(world.app)
    for path in ("/", "/healthz", "/livez", "/readyz", "/version", "/api/auth/me", "/api/none"):
        answer = browser.get(path)
        assert "Set-Cookie" not in answer.headers, path
    assert "Cookie" not in browser.get("/healthz").headers.get("Vary", "")


def _texts() -> dict[str, str]:
    return {"calls_prompt": "c", "whatsapp_prompt": "w"}


def _change_user(world: World, name: str, **values: Any) -> None:
    with world.database.transaction() as tx:
        tx.execute(update(User).where(User.email == email_of(name)).values(**values))
