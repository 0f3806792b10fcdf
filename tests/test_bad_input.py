"""Bad input on every write: a clear refusal, always JSON, never a 500, nothing half-written.

The writes come from the URL map and their shapes from the contracts, so a new route is covered
without an edit: every field of every body is given every wrong value.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel
from sqlalchemy import text

from maane.auth.csrf import SAFE_METHODS
from maane.kit.db import Base, Database
from maane.kit.endpoint import spec_of
from tests.people import A, Browser, World

DEEP = "[" * 100_000
HEBREW = "ש" * 100_000  # 200 KB
RAW_BODIES: dict[str, tuple[bytes, set[int]]] = {
    "not JSON": (b"calls_prompt=x", {400}),
    "half a document": (b'{"name": "x"', {400}),
    "deep nesting": (DEEP.encode(), {400}),
    "deep closed nesting": (DEEP.encode() + b"]" * 100_000, {400}),
    "bad UTF-8": (b'{"name": "\xff\xfe"}', {400}),
    "a lone surrogate": (b'{"name": "\\ud800"}', {400}),
    "not a number": (b'{"name": NaN}', {400, 422}),
    "a huge number": (b'{"name": ' + b"9" * 5000 + b"}", {400, 422}),
    "a byte order mark": (b'\xef\xbb\xbf{"name": "x"}', {400}),
    "a list": (b"[]", {422}),
    "null": (b"null", {422}),
    "a string": (b'"x"', {422}),
    "a number": (b"1", {422}),
    "true": (b"true", {422}),
    "an unknown key": (b'{"__proto__": {}, "constructor": 1}', {422}),
}
WRONG_VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "zero": 0,
    "minus one": -1,
    "2^63": 2**63,
    "a float": 1.5,
    "a list": [],
    "an object": {},
    "nested": [[[{}]]],
    "NUL": "a\x00b",
    "control characters": "a\x1bb\x07",
    "200 KB of Hebrew": HEBREW,
    "a megabyte": "x" * 900_000,
    "direction marks": "\u202e\u2066abc",
    "markup": "<script>alert(1)</script>",
    "a quote": "'; DROP TABLE leads; --",
    "blank": "  ",
    "nothing": "",
}


def _writes(world: World) -> Iterator[tuple[str, str, type[BaseModel] | None]]:
    for rule in world.app.url_map.iter_rules():
        spec = spec_of(world.app, rule.endpoint)
        assert spec is not None
        if rule.rule.startswith("/webhook/"):
            continue
        for method in sorted((rule.methods or set()) - SAFE_METHODS):
            path = re.sub(r"<(?:\w+:)?(\w+)>", str(A), rule.rule)
            yield method, path, spec.body


@pytest.fixture
def browser(world: World) -> Browser:
    """The person whom most routes let in: an admin at home in A."""
    return world.browser("admin_at_home")


@pytest.mark.parametrize("name", RAW_BODIES)
def test_a_body_that_is_no_object_of_the_contract(
    world: World, browser: Browser, name: str
) -> None:
    raw, statuses = RAW_BODIES[name]
    before = _everything(world)
    for method, path, _ in _writes(world):
        answer = browser.write(method, path, data=raw, content_type="application/json")
        if path == "/api/auth/logout":
            browser = world.browser("admin_at_home")
            continue
        assert answer.status_code in statuses, (method, path, answer.json)
        _is_refusal(answer.json)
    assert _everything(world) == before


def test_a_body_of_another_kind(world: World, browser: Browser) -> None:
    before = _everything(world)
    kinds = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "x/y;")
    for method, path, _ in _writes(world):
        for kind in kinds:
            answer = browser.write(method, path, data=b'{"name": "x"}', content_type=kind)
            if path == "/api/auth/logout":
                browser = world.browser("admin_at_home")
                continue
            assert (answer.status_code, answer.json) == (
                415,
                {"error": "unsupported_media_type"},
            ), (method, path)
    assert _everything(world) == before


def test_no_body_where_one_is_needed(world: World, browser: Browser) -> None:
    before = _everything(world)
    for method, path, shape in _writes(world):
        if shape is None or path.endswith("/impersonate"):
            continue
        answer = browser.write(method, path)
        assert answer.status_code in (415, 422), (method, path, answer.json)
    assert _everything(world) == before


def test_a_body_over_the_limit(world: World, browser: Browser) -> None:
    for method, path, _ in _writes(world):
        body = json.dumps({"name": "x" * 5_000_000})
        answer = browser.write(method, path, data=body, content_type="application/json")
        if path == "/api/auth/logout":
            browser = world.browser("admin_at_home")
            continue
        assert (answer.status_code, answer.json) == (413, {"error": "too_large"}), (method, path)


def test_every_wrong_value_in_every_field(world: World, browser: Browser) -> None:
    """Each field in turn is wrong while the others are right; whatever is taken is taken whole."""
    for method, path, shape in _writes(world):
        if shape is None or path.startswith("/api/auth/"):
            continue
        for name, info in shape.model_fields.items():
            field = info.alias or name
            for label, value in WRONG_VALUES.items():
                body = _right(shape) | {field: value}
                answer = browser.write(method, path, body)
                where = (method, path, field, label, answer.get_data()[:200])
                assert answer.status_code < 500, where
                assert answer.json is not None, where
                if answer.status_code >= 400:
                    _is_refusal(answer.json)
                if path.endswith("/impersonate"):
                    browser.stop()
        for key in ("XSRF-TOKEN", "id", "business_id", "tenant_id", "__class__"):
            answer = browser.write(method, path, _right(shape) | {key: 1})
            assert answer.status_code == 422, (method, path, key)


def test_wrong_values_at_the_door(world: World) -> None:
    for field in ("email", "password"):
        for label, value in WRONG_VALUES.items():
            body = {"email": "x@example.com", "password": "x"} | {field: value}
            answer = Browser(world.app).request("POST", "/api/auth/login", json=body)
            assert answer.status_code in (401, 413, 422, 429), (field, label)
            assert answer.json is not None


@pytest.mark.parametrize("identifier", ["0", "-1", str(2**63), str(2**63 - 1), "9" * 40])
def test_ids_that_no_row_can_have(world: World, browser: Browser, identifier: str) -> None:
    for path in ("/api/business/current/leads", "/api/admin/businesses", "/api/auth/sessions"):
        for method in ("GET", "PATCH", "DELETE"):
            answer = browser.write(
                method, f"{path}/{identifier}", {} if method == "PATCH" else None
            )
            assert answer.status_code in (404, 405), (method, path, answer.json)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "limit=1e9",
        "after=x",
        "after=-",
        "after=MA",
        "after=" + "9" * 60,
        "no=1",
        "status=x",
        "limit=%00",
        "after=%ff",
    ],
)
def test_wrong_queries_of_every_list(world: World, browser: Browser, query: str) -> None:
    for rule in world.app.url_map.iter_rules():
        spec = spec_of(world.app, rule.endpoint)
        if spec is None or spec.query is None:
            continue
        answer = browser.get(re.sub(r"<[^>]+>", "1", rule.rule) + "?" + query)
        assert answer.status_code in (404, 422), (rule.rule, answer.json)


def test_the_details_name_the_place_and_never_repeat_the_value(browser: Browser) -> None:
    answer = browser.write(
        "PUT",
        "/api/business/current/prompt",
        {"calls_prompt": ["a secret word"], "extra": "another secret"},
    )
    assert answer.status_code == 422
    assert answer.json is not None
    places = {(tuple(d["path"]), d["type"]) for d in answer.json["details"]}
    assert places == {
        (("calls_prompt",), "string_type"),
        (("whatsapp_prompt",), "missing"),
        (("extra",), "extra_forbidden"),
    }
    assert "secret" not in answer.get_data(as_text=True)


def test_long_hebrew_is_saved_whole(world: World, browser: Browser) -> None:
    texts = {"calls_prompt": HEBREW, "whatsapp_prompt": "שורה\nשנייה\tעם \u200fסימן"}
    assert browser.write("PUT", "/api/business/current/prompt", texts).status_code == 200
    saved = world.browser("owner_a").get("/api/business/current/prompt").json
    assert saved is not None
    assert {key: saved[key] for key in texts} == texts


QUERIES = {
    "many fields": "a&" * 51,
    "many values": "step=1&" * 60,
    "a long one": "language=" + "x" * 3000,
    "no numbers": "step=-1&call=1e9&business=%D9%A1&person=99999999999999999999",
    "numbers too big": f"business={2**63}&call={2**63 - 1}&step=99999",
    "bytes": "language=%ff%00&step=%00&hub.mode=%ff",
    "half an escape": "step=%&call=%1&%",
    "signs": "&&==;;=&hub.mode=subscribe&hub.verify_token=%F0%9F&hub.challenge=%00",
}
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "many fields": b"a=1&" * 600,
    "no escape": b"CallSid=%&From=%ff&To=%00",
    "no ASCII": "To=שלום&CallSid=CA1".encode(),
    "no bytes": b"\xff\xfe\x00",
    "a call": b"CallSid=CA1&AccountSid=AC1&To=%2B97236123456&From=%00&CallStatus=ringing",
    "a number of the simulator": b"CallSid=CA1&MessageSid=SM1&To=sim-1&From=sim-999999999999999999",
    "JSON": b'{"entry": [{"changes": [{"value": {"messages": [1]}}]}]}',
    "deep nesting": DEEP.encode(),
    "long": b"SpeechResult=" + b"x" * 200_000,
}
KINDS = ("application/x-www-form-urlencoded", "application/json", "multipart/form-data", "", "x/y;")
SIGNATURES = ("", "x", "sha256=" + "0" * 64, "é")


def _webhooks(world: World) -> Iterator[tuple[str, str]]:
    for rule in world.app.url_map.iter_rules():
        if rule.rule.startswith("/webhook/"):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, re.sub(r"<(?:\w+:)?(\w+)>", str(A), rule.rule)


@pytest.mark.parametrize("query", QUERIES)
def test_an_odd_query_of_a_stranger_at_every_webhook(world: World, query: str) -> None:
    before = _everything(world)
    for method, path in _webhooks(world):
        answer = Browser(world.app).request(
            method, f"{path}?{QUERIES[query]}", data=BODIES["a call"]
        )
        assert answer.status_code < 500, (method, path)
    assert _everything(world) == before


@pytest.mark.parametrize("body", BODIES)
def test_an_odd_body_of_a_stranger_at_every_webhook(world: World, body: str) -> None:
    before = _everything(world)
    for method, path in _webhooks(world):
        for kind, signed in itertools.product(KINDS, SIGNATURES):
            answer = Browser(world.app).request(
                method,
                path,
                data=BODIES[body],
                content_type=kind,
                headers={"X-Twilio-Signature": signed, "X-Hub-Signature-256": signed},
            )
            assert answer.status_code < 500, (method, path, kind, signed)
    assert _everything(world) == before


def _right(shape: type[BaseModel]) -> dict[str, Any]:
    """A right value for each field that must be given, by its name."""
    examples: dict[str, Any] = {"from_phone": "+972502345678", "email": "x@example.com"}
    return {
        field.alias or name: examples.get(name, "right")
        for name, field in shape.model_fields.items()
        if field.is_required()
    }


def _is_refusal(body: Any) -> None:
    assert isinstance(body, dict)
    assert set(body) <= {"error", "reason", "details"}
    assert body["error"]


def _everything(world: World) -> dict[str, int]:
    """How many rows each table holds, seen by the owner of the database."""
    owner = Database(world.settings.migration_database)
    with owner.engine.connect() as connection:
        counts = {
            name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
            for name in Base.metadata.tables
            if name not in ("sessions", "login_throttles")
        }
    owner.dispose()
    return counts
