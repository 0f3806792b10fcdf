"""The application refuses to start when SeaSurf would quietly not protect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask_seasurf import SeaSurf

from maane.auth.csrf import check_protection
from maane.kit.endpoint import Access, declare_page
from maane.settings import SettingsError
from tests.people import World


def _second_seasurf(app: Flask) -> None:
    SeaSurf(app)


def _no_seasurf(app: Flask) -> None:
    hooks = app.before_request_funcs[None]
    hooks[:] = [hook for hook in hooks if not isinstance(getattr(hook, "__self__", None), SeaSurf)]


def _set(name: str, value: Any) -> Callable[[Flask], None]:
    def change(app: Flask) -> None:
        setattr(app.extensions["maane.csrf"], name, value)

    return change


def _exempt_prompts(app: Flask) -> None:
    app.extensions["maane.csrf"].exempt(app.view_functions["prompts.replace_prompts"])


def _undeclared(app: Flask) -> None:
    app.add_url_rule("/open", endpoint="open", view_func=lambda: "open")


def _trace(app: Flask) -> None:
    view = declare_page(lambda: "x", Access("public", "a test"))
    app.add_url_rule("/trace", endpoint="trace", view_func=view, methods=["TRACE"])


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (_second_seasurf, "exactly one SeaSurf, found 2"),
        (_no_seasurf, "exactly one SeaSurf, found 0"),
        (_set("_csrf_disable", True), "switched off"),
        (_set("_csrf_disable", "False"), "switched off"),
        (_set("_type", "include"), "all but the exempt"),
        (_set("_type", "exemptt"), "all but the exempt"),
        (_set("_exempt_urls", ("/webhook",)), "by prefix"),
        (_set("_skip_validation", lambda request: True), "skip the validation"),
        (_set("_csrf_name", "_csrf_token"), "cookie must be XSRF-TOKEN"),
        (_set("_csrf_header_name", "X-XSRF-TOKEN"), "header must be X-CSRFToken"),
        (_set("_csrf_secure", False), "must be Secure"),
        (_set("_csrf_httponly", True), "able to read"),
        (_set("_check_referer", True), "Referer check"),
        (_exempt_prompts, "/api/business/current/prompt may not be exempt"),
        (_undeclared, "/open declares no access"),
        (_trace, "/trace answers TRACE"),
    ],
)
def test_a_broken_protection_is_refused(
    world: World, break_it: Callable[[Flask], None], sentence: str
) -> None:
    check_protection(world.app)
    world.app._got_first_request = False
    break_it(world.app)
    with pytest.raises(SettingsError, match=sentence):
        check_protection(world.app)


def test_testing_mode_does_not_switch_it_off(world: World) -> None:
    world.app.config["TESTING"] = True
    browser = world.browser("owner_a")
    answer = browser.request("PUT", "/api/business/current/prompt", json={})
    assert answer.json == {"error": "csrf", "reason": "header_missing"}


def test_a_tossed_cookie_does_not_break_the_real_header(world: World) -> None:
    browser = world.browser("owner_a")
    token = browser.token or ""
    browser.client.set_cookie("XSRF-TOKEN", "tossed", domain="localhost")
    texts = {"calls_prompt": "c", "whatsapp_prompt": "w"}
    path = "/api/business/current/prompt"
    refused = browser.write("PUT", path, texts, headers={"X-CSRFToken": "tossed"})
    assert refused.json == {"error": "csrf", "reason": "token_mismatch"}
    assert browser.write("PUT", path, texts, headers={"X-CSRFToken": token}).status_code == 200


@pytest.mark.parametrize("token", ["é", "x" * 10_000, "0", "[]", " "])
def test_a_strange_header_is_a_refusal_and_no_crash(world: World, token: str) -> None:
    browser = world.browser("owner_a")
    answer = browser.request(
        "PUT",
        "/api/business/current/prompt",
        json={},
        headers={"X-CSRFToken": token.encode().decode("latin-1")},
    )
    assert answer.status_code == 403
    assert answer.json is not None
    assert answer.json["reason"] in ("token_mismatch", "header_missing")


def test_a_token_in_the_body_or_the_query_counts_for_nothing(world: World) -> None:
    browser = world.browser("owner_a")
    path = "/api/business/current/prompt"
    body = {"XSRF-TOKEN": browser.token, "calls_prompt": "c", "whatsapp_prompt": "w"}
    for answer in (
        browser.request("PUT", path, json=body),
        browser.request("PUT", f"{path}?XSRF-TOKEN={browser.token}", json={}),
        browser.request("PUT", path, data={"XSRF-TOKEN": browser.token}),
    ):
        assert answer.json == {"error": "csrf", "reason": "header_missing"}


def test_the_body_is_not_read_before_the_caller_is_let_in(world: World) -> None:
    """A hundred thousand brackets from a stranger are a CSRF refusal, not a parser's problem."""
    answer = world.visitor().request(
        "PUT",
        "/api/business/current/prompt",
        data="[" * 100_000,
        content_type="application/json",
    )
    assert answer.json == {"error": "csrf", "reason": "header_missing"}
