"""What must hold of every route, generated from the application's URL map.

A new route is covered the moment it is registered. Each row of the role table is checked by calling
the route as every person of the cast; a route with an access that this file does not know fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, get_args, get_origin

import pytest
from werkzeug.test import TestResponse

from maane.app import create_app
from maane.appointments import operations as appointments
from maane.appointments.contract import AppointmentBody
from maane.auth.csrf import EXEMPT_READS, EXEMPT_WRITES
from maane.conversations import operations as conversations
from maane.conversations import people
from maane.kit.db import now
from maane.kit.endpoint import Spec, spec_of
from maane.media import operations as media
from maane.media.files import Files
from maane.media.operations import InboundFile, Stored
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.people import CSRF_HEADER, A, B, Browser, World

SAFE = {"GET", "HEAD", "OPTIONS"}
VISITORS = (
    "anonymous",
    "owner_a",
    "owner_b",
    "manager",
    "admin",
    "admin_at_home",
    "admin_in_a",
)


@dataclass(frozen=True)
class Route:
    """One method of one rule, with ids of business A's rows in its path."""

    method: str
    rule: str
    path: str
    spec: Spec


@pytest.fixture
def routes(world: World) -> list[Route]:
    return list(_routes(world))


def _routes(world: World) -> Iterator[Route]:
    for rule in world.app.url_map.iter_rules():
        spec = spec_of(world.app, rule.endpoint)
        assert spec is not None, f"{rule.rule} declares nothing"
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda m: _example(m.group(1)), rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(method, rule.rule, path, spec)


def _example(argument: str) -> str:
    return str(A) if argument.endswith("_id") else "none"


def _is_api(route: Route) -> bool:
    return route.rule.startswith("/api")


def _protected_writes(routes: list[Route]) -> list[Route]:
    return [
        r
        for r in routes
        if r.method not in SAFE
        and not r.rule.startswith("/webhook/")
        and (r.method, r.rule) not in EXEMPT_WRITES
    ]


def test_the_map_holds_the_routes_of_the_contract(routes: list[Route]) -> None:
    found = {(route.method, re.sub(r"<\w+:\w+>", ":id", route.rule)) for route in routes}
    assert found >= {
        ("POST", "/api/auth/login"),
        ("POST", "/api/auth/logout"),
        ("GET", "/api/auth/csrf"),
        ("GET", "/api/auth/me"),
        ("GET", "/api/business/current/prompt"),
        ("PUT", "/api/business/current/prompt"),
        ("GET", "/api/business/current/leads"),
        ("POST", "/api/business/current/leads"),
        ("GET", "/api/business/current/leads/:id"),
        ("PATCH", "/api/business/current/leads/:id"),
        ("DELETE", "/api/business/current/leads/:id"),
        ("GET", "/api/admin/businesses"),
        ("POST", "/api/admin/businesses"),
        ("GET", "/api/admin/businesses/:id"),
        ("PATCH", "/api/admin/businesses/:id"),
        ("POST", "/api/admin/businesses/:id/impersonate"),
        ("POST", "/api/admin/impersonate/stop"),
        ("GET", "/healthz"),
        ("GET", "/livez"),
        ("GET", "/readyz"),
        ("GET", "/version"),
    }


def test_options_is_204_everywhere_without_a_session(world: World, routes: list[Route]) -> None:
    browser = Browser(world.app)
    for route in routes:
        answer = browser.request(
            "OPTIONS", route.path, headers={"Origin": "https://elsewhere.example"}
        )
        assert answer.status_code == 204, route
        assert "Set-Cookie" not in answer.headers, route
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")], route


def test_a_write_without_a_cookie_is_refused_by_csrf(world: World, routes: list[Route]) -> None:
    for route in _protected_writes(routes):
        answer = Browser(world.app).request(route.method, route.path)
        _is_csrf(answer, "cookie_missing", route)


def test_a_write_without_the_header_is_refused_by_csrf(world: World, routes: list[Route]) -> None:
    browser = world.browser("admin_at_home")
    for route in _protected_writes(routes):
        _is_csrf(browser.request(route.method, route.path), "header_missing", route)


def test_a_write_with_a_foreign_token_is_refused_by_csrf(world: World, routes: list[Route]) -> None:
    browser, other = world.browser("admin_at_home"), world.browser("owner_b")
    for route in _protected_writes(routes):
        answer = browser.write(route.method, route.path, headers={CSRF_HEADER: other.token or ""})
        _is_csrf(answer, "token_mismatch", route)


def test_a_token_without_its_session_is_refused_by_csrf(world: World, routes: list[Route]) -> None:
    browser = world.browser("admin_at_home")
    browser.client.delete_cookie("__Host-session", domain="localhost")
    for route in _protected_writes(routes):
        _is_csrf(browser.write(route.method, route.path), "session_missing", route)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "https://localhost:8000"},
        {"Origin": "http://localhost:8001"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://elsewhere.example"},
        {"Referer": "https://elsewhere.example/page"},
        {"Referer": "not an address"},
    ],
)
def test_a_write_from_another_origin_is_refused(
    world: World, routes: list[Route], headers: dict[str, str]
) -> None:
    """Login and logout, which bear no token, are covered too; only webhooks are not."""
    browser = world.browser("admin_at_home")
    for route in routes:
        if route.method in SAFE or route.rule.startswith("/webhook/"):
            continue
        answer = browser.write(route.method, route.path, headers=headers)
        _is_csrf(answer, "cross_origin", route)


def test_only_the_listed_routes_are_exempt(routes: list[Route]) -> None:
    exempt = {(r.method, r.rule) for r in routes if r.spec.csrf_exempt}
    webhooks = {(m, rule) for m, rule in exempt if rule.startswith("/webhook/")}
    assert exempt - webhooks == EXEMPT_WRITES | {("GET", rule) for rule in EXEMPT_READS}


def test_each_route_lets_in_exactly_the_people_of_its_access(
    world: World, routes: list[Route]
) -> None:
    people = _people(world)
    for route in routes:
        if route.spec.access.is_public or not _is_api(route):
            continue
        expected = _expected(route)
        for name in VISITORS:
            # A route that ends the session would leave the next one without its browser.
            answer = people[name].write(route.method, route.path, json=_no_body(route))
            verdict = expected[name]
            if verdict == "in":
                assert answer.status_code not in (401, 403), (route, name, answer.json)
            elif verdict == "unauthenticated":
                assert (answer.status_code, answer.json) == (401, {"error": verdict}), (route, name)
            else:
                assert answer.status_code == 403, (route, name, answer.json)
                assert answer.json == {"error": "forbidden", "reason": verdict}, (route, name)


def _people(world: World) -> dict[str, Browser]:
    people = {name: world.browser(name) for name in VISITORS[1:-1]}
    return people | {"anonymous": world.visitor(), "admin_in_a": world.admin_in(A)}


def _no_body(route: Route) -> Any:
    """A body of the wrong shape, so that whoever gets in changes nothing."""
    return None if route.method in SAFE else {"no such key": 1}


def _expected(route: Route) -> dict[str, str]:
    everyone = dict.fromkeys(VISITORS, "in") | {"anonymous": "unauthenticated"}
    owners_out = everyone | {"owner_a": "role_mismatch", "owner_b": "role_mismatch"}
    table = {
        "signed in": everyone,
        "admin": owners_out,
        "stop": owners_out,
        # The path names business A, which is the manager's.
        "admin of": owners_out,
        "business": everyone | {"manager": "no_tenant", "admin": "no_tenant"},
    }
    return table[route.spec.access.name]


def test_a_manager_stays_within_the_assigned_businesses(world: World, routes: list[Route]) -> None:
    manager = world.browser("manager")
    for route in routes:
        if route.spec.access.name != "admin of":
            continue
        for business_id in (B, 999_999):
            path = re.sub(r"<\w+:business_id>", str(business_id), route.rule)
            answer = manager.write(route.method, path, json=_no_body(route))
            assert answer.status_code == 403, route
            assert answer.json == {"error": "forbidden", "reason": "scope_fail"}, route


def test_nothing_of_a_is_seen_or_changed_by_b(world: World, routes: list[Route]) -> None:
    """Every route of a business, called by B's owner with the ids of A's rows, answers as for an
    id that does not exist, shows none of A's words, and leaves A's rows as they were."""
    _say_something_in_a(world)
    owner_a, owner_b = world.browser("owner_a"), world.browser("owner_b")
    reads = [r for r in routes if r.method == "GET" and r.spec.access.name == "business"]
    before = {r.path: owner_a.get(r.path).get_data() for r in reads}
    for words in (b"Lead of A", b"bytes of A", b"file of A"):
        assert any(words in body for body in before.values()), words
    for route in routes:
        if route.spec.access.name != "business":
            continue
        answer = owner_b.write(route.method, route.path, json=_patch_for(route))
        assert b"of A" not in answer.get_data(), route
        if "<" in route.rule:
            missing = re.sub(r"<(?:\w+:)?(\w+)>", "999999", route.rule)
            absent = owner_b.write(route.method, missing, json=_patch_for(route))
            assert answer.status_code == absent.status_code == 404, (route, answer.json)
            assert answer.get_data() == absent.get_data(), route
    assert before == {r.path: owner_a.get(r.path).get_data() for r in reads}


def _say_something_in_a(world: World) -> None:
    """The first conversation and the first appointment, in business A, with words and a file of A."""
    contact = conversations.Contact("simulator", "972500000001", None, "Customer of A")
    with world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        said = conversations.Incoming("m1", "words of A", now(), now(), awaits_answer=True)
        conversation = conversations.take_in(tx, tenant, contact, [said])
        message = conversations.message_of_event(tx, tenant, "m1")
        assert message is not None
        file = InboundFile("document", "77", "text/plain", "file of A.txt")
        media.expect(tx, tenant, message.id, "meta", [file], is_transcribed=False)
        row = media.get(tx, tenant, A)
        with Files(world.settings.media_folder).writing(A, row.file_key) as written:
            written.write(b"bytes of A")
        media.note_stored(tx, row, Stored("application/octet-stream", 10, "0" * 64))
        people.add_note(tx, tenant, caller_for_job(tenant), conversation.id, "note of A")
        body = AppointmentBody(date=now().date() + timedelta(days=2), time="10:00", name="x of A")
        appointment, _ = appointments.book(tx, tenant, caller_for_job(tenant), body)
    assert conversation.id == appointment.id == A


def _patch_for(route: Route) -> Any:
    """A body that would be taken from A's owner, where it tells whether the row is A's."""
    if route.spec.body is None:
        return None
    if route.method == "PATCH":
        field = "note" if "note" in route.spec.body.model_fields else "text"
        return {field: "changed by B"}
    if "<" not in route.rule:
        return _no_body(route)
    return {
        field.alias or name: _value_for(name, field.annotation)
        for name, field in route.spec.body.model_fields.items()
        if field.is_required()
    }


def _value_for(name: str, annotation: Any) -> Any:
    if get_origin(annotation) is Literal:
        return get_args(annotation)[0]
    return 1 if name.endswith("_id") else "changed by B"


def test_every_refusal_is_json_with_an_id(world: World, routes: list[Route]) -> None:
    browser = world.browser("owner_b")
    for route in routes:
        if not _is_api(route):
            continue
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"):
            answer = browser.write(method, route.path, json={"no such key": 1})
            assert answer.status_code < 500, (method, route)
            assert len(answer.headers["X-Request-ID"]) >= 8
            assert answer.headers["Cache-Control"] == "no-store", (method, route)
            assert answer.mimetype == "application/json", (method, route)
            if route.rule == "/api/auth/logout":
                browser = world.browser("owner_b")


def test_a_route_without_a_declared_access_stops_the_start(world: World, monkeypatch: Any) -> None:
    from maane.leads.routes import routes as lead_routes
    from maane.settings import SettingsError

    monkeypatch.setattr(lead_routes, "_got_registered_once", False)
    deferred = list(lead_routes.deferred_functions)
    lead_routes.add_url_rule("/forgotten", view_func=lambda: "open", endpoint="forgotten")
    try:
        with pytest.raises(SettingsError, match="declares no access"):
            create_app(world.settings, world.database)
    finally:
        lead_routes.deferred_functions[:] = deferred


def _is_csrf(answer: TestResponse, reason: str, route: Route) -> None:
    assert answer.status_code == 403, (route, answer.json)
    assert answer.json == {"error": "csrf", "reason": reason}, route
