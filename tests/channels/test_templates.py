"""Templates: read from the provider, filled in and sent where WhatsApp takes no free text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from maane.channels.whatsapp.connection import connect_twilio
from maane.channels.whatsapp.template_shapes import parse_meta
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.channels.counter import CONVERSATIONS, NUMBER, SECRET, Counter, writes
from tests.fakes import FakeGraph, FakeTwilio
from tests.people import A, World

TEMPLATES = "/api/business/current/whatsapp/templates"
WABA = "200000000000002"
ACCOUNT, TOKEN = "AC" + "0" * 32, "twilio-token"
LATE = timedelta(hours=25)


def _meta(name: str, *components: dict[str, Any], **more: Any) -> dict[str, Any]:
    template = {"id": f"9{name}", "name": name, "language": "he", "status": "APPROVED"}
    given = {
        "category": "UTILITY",
        "parameter_format": "POSITIONAL",
        "components": list(components),
    }
    return {**template, **given, **more}


def _body(text: str, **example: Any) -> dict[str, Any]:
    return {"type": "BODY", "text": text, "example": example}


VISIT = _meta(
    "visit",
    {"type": "HEADER", "format": "TEXT", "text": "שלום {{1}}", "example": {"header_text": ["דנה"]}},
    _body("התור שלך ב{{2}} אצל {{1}}.", body_text=[["אורית", "יום שני"]]),
    {"type": "FOOTER", "text": "מספרת דנה"},
    {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "אישור"}]},
)
NAMED = _meta(
    "named",
    _body("הי {{first}}", body_text_named_params=[{"param_name": "first", "example": "דנה"}]),
    parameter_format="NAMED",
)
PHOTO = _meta("photo", {"type": "HEADER", "format": "IMAGE"}, _body("תמונה"))
PENDING = _meta("waits", _body("עוד לא"), status="PENDING")


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    with FakeGraph() as graph:
        graph.accounts = {WABA: ["1", "2", NUMBER], "300000000000003": ["4"]}
        graph.templates = [VISIT, NAMED, PHOTO, PENDING]
        yield graph


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio(ACCOUNT, TOKEN) as twilio:
        yield twilio


@pytest.fixture
def counter(new_world: Callable[..., World], graph: FakeGraph, twilio: FakeTwilio) -> Counter:
    """A conversation whose customer wrote 25 hours ago."""
    urls = {"twilio_api_url": twilio.url, "twilio_content_api_url": twilio.url}
    counter = Counter(new_world(whatsapp_app_secret=SECRET, whatsapp_api_url=graph.url, **urls))
    counter.deliver(writes("שלום", "wamid.1"))
    counter.work_off()
    counter.change(last_inbound_at=datetime.now(UTC) - LATE)
    graph.requests.clear()
    return counter


def name_account(counter: Counter, waba_id: str = WABA) -> Any:
    return counter.owner.write("PUT", f"{TEMPLATES}/account", {"waba_id": waba_id})


def listed(counter: Counter) -> Any:
    return counter.owner.get(TEMPLATES).json


def sync(counter: Counter) -> Any:
    answer = counter.owner.write("POST", f"{TEMPLATES}/sync")
    assert answer.status_code == 200, answer.json
    return answer.json


def send(counter: Counter, name: str, values: dict[str, str], key: str = "k1") -> Any:
    (found,) = [item for item in listed(counter)["items"] if item["name"] == name]
    body = {"template_id": found["id"], "values": values, "idempotency_key": key}
    return counter.owner.write("POST", f"{CONVERSATIONS}/1/templates", body)


def test_every_page_is_read_and_what_cannot_be_sent_says_why(
    counter: Counter, graph: FakeGraph
) -> None:
    before = listed(counter)
    assert (before["needs_account"], before["is_due"], before["items"]) == (True, False, [])
    answer = name_account(counter)
    assert answer.status_code == 200, answer.json
    assert [item["name"] for item in answer.json["items"]] == ["named", "photo", "visit", "waits"]
    shown = {item["name"]: item for item in answer.json["items"]}
    assert (shown["photo"]["obstacle"], shown["photo"]["is_sendable"]) == ("media_header", False)
    assert (shown["waits"]["status"], shown["waits"]["is_sendable"]) == ("pending", False)
    assert (shown["visit"]["obstacle"], shown["visit"]["is_sendable"]) == (None, True)
    assert [(p["name"], p["example"]) for p in shown["visit"]["parameters"]] == [
        ("header.1", "דנה"),
        ("body.1", "אורית"),
        ("body.2", "יום שני"),
    ]
    assert (answer.json["failure"], answer.json["is_due"]) == (None, False)
    assert {asked["headers"]["authorization"] for asked in graph.requests} == {"Bearer EAAG-token"}


def test_it_is_sent_as_chosen_and_kept_as_the_customer_sees_it(
    counter: Counter, graph: FakeGraph
) -> None:
    name_account(counter)
    free = {"text": "שלום", "idempotency_key": "f"}
    refused = counter.owner.write("POST", f"{CONVERSATIONS}/1/messages", free)
    assert refused.json == {"error": "conflict", "reason": "window_closed"}
    values = {"header.1": "דנה", "body.1": "אורית", "body.2": "יום שני"}
    answer = send(counter, "visit", values)
    assert answer.status_code == 202, answer.json
    seen = "שלום דנה\nהתור שלך ביום שני אצל אורית.\nמספרת דנה\n[אישור]"
    assert (answer.json["text"], answer.json["is_template"]) == (seen, True)
    assert send(counter, "visit", values).json["id"] == answer.json["id"]
    counter.work_off()
    (sent,) = graph.sent
    assert sent["type"] == "template"
    assert sent["to"] == "972502345678"
    assert sent["template"] == {
        "name": "visit",
        "language": {"code": "he"},
        "components": [
            {"type": "header", "parameters": [{"type": "text", "text": "דנה"}]},
            {
                "type": "body",
                "parameters": [
                    {"type": "text", "text": "אורית"},
                    {"type": "text", "text": "יום שני"},
                ],
            },
        ],
    }
    assert sent["biz_opaque_callback_data"] == str(answer.json["id"])
    assert counter.said()[-1] == ("person", seen, "sent")
    assert counter.messages()[-1].external_id is not None
    takeover = counter.shown()["takeover"]
    assert (takeover["name"], takeover["reason"]) == ("owner_a", "wrote")


def test_named_values_are_sent_by_their_names(counter: Counter, graph: FakeGraph) -> None:
    name_account(counter)
    assert send(counter, "named", {"body.first": "דנה"}).status_code == 202
    counter.work_off()
    parameter = {"type": "text", "text": "דנה", "parameter_name": "first"}
    assert graph.sent[0]["template"]["components"] == [{"type": "body", "parameters": [parameter]}]


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({}, [["values", "body.first"]]),
        ({"body.first": " "}, [["values", "body.first"]]),
        ({"body.first": "דנה", "body.2": "x"}, [["values", "body.2"]]),
        ({"body.first": "שורה\nושורה"}, None),
        ({"body.first": "x" * 1025}, None),
    ],
)
def test_values_that_do_not_fit_are_refused_and_nothing_is_said(
    counter: Counter, values: dict[str, str], wrong: list[list[str]] | None
) -> None:
    name_account(counter)
    answer = send(counter, "named", values)
    assert (answer.status_code, answer.json["error"]) == (422, "invalid")
    if wrong is not None and values != {"body.first": " "}:
        assert [detail["path"] for detail in answer.json["details"]] == wrong
    assert len(counter.messages()) == 2
    assert counter.shown()["owner"] == "assistant"


@pytest.mark.parametrize("name", ["photo", "waits"])
def test_what_is_not_sendable_is_refused(counter: Counter, name: str) -> None:
    name_account(counter)
    assert send(counter, name, {}).json == {"error": "conflict", "reason": "not_sendable"}


def test_a_template_of_nobody_is_not_found(counter: Counter) -> None:
    body = {"template_id": 77, "values": {}, "idempotency_key": "k"}
    answer = counter.owner.write("POST", f"{CONVERSATIONS}/1/templates", body)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (400, 200, "refused"),
        (401, 190, "refused"),
        (400, 100, "unknown_account"),
        (400, 80007, "busy"),
        (500, 99, "unreachable"),
    ],
)
def test_a_failure_says_who_refused_and_why_and_the_last_list_stays(
    counter: Counter, graph: FakeGraph, status: int, code: int, failure: str
) -> None:
    name_account(counter)
    graph.script = [(status, code)]
    answer = sync(counter)
    assert answer["failure"] == failure
    assert answer["detail"].startswith(f"{code}: ")
    assert len(answer["items"]) == 4
    assert listed(counter)["failure"] == failure
    assert sync(counter)["failure"] is None


def test_a_provider_that_is_away_is_said_and_the_last_list_stays(
    counter: Counter, graph: FakeGraph
) -> None:
    name_account(counter)
    graph.__exit__()
    answer = sync(counter)
    assert (answer["failure"], len(answer["items"])) == ("unreachable", 4)


def test_what_the_provider_no_longer_lists_goes_and_the_rest_keeps_its_id(
    counter: Counter, graph: FakeGraph
) -> None:
    before = {item["name"]: item["id"] for item in name_account(counter).json["items"]}
    graph.templates = [VISIT | {"status": "PAUSED"}]
    (item,) = sync(counter)["items"]
    assert (item["id"], item["status"], item["is_sendable"]) == (before["visit"], "paused", False)


def test_another_s_account_cannot_be_named(counter: Counter, graph: FakeGraph) -> None:
    """The agency's token reads the accounts of many businesses; the number decides."""
    answer = name_account(counter, "300000000000003")
    assert (answer.status_code, answer.json["reason"]) == (409, "provider_unknown_account")
    answer = name_account(counter, "1")
    assert (answer.status_code, answer.json["reason"]) == (409, "provider_unknown_account")
    graph.script = [(401, 190)]
    assert name_account(counter).json["reason"] == "provider_refused"
    graph.script = [(500, 99)]
    answer = name_account(counter)
    assert (answer.status_code, answer.json["reason"]) == (503, "provider")
    assert listed(counter)["needs_account"]
    assert counter.owner.write("POST", f"{TEMPLATES}/sync").json["reason"] == "no_account"


def test_a_refusal_at_sending_is_on_the_message(counter: Counter, graph: FakeGraph) -> None:
    name_account(counter)
    send(counter, "named", {"body.first": "דנה"})
    graph.script = [(400, 132001)]
    counter.work_off()
    last = counter.messages()[-1]
    assert (last.status, last.error) == ("failed", "132001: (#132001) refused: as the test asked")
    assert counter.shown()["is_waiting"]


def test_the_list_is_due_after_a_day(counter: Counter) -> None:
    from sqlalchemy import update

    from maane.channels.whatsapp.models import WhatsappChannel

    name_account(counter)
    with counter.world.database.transaction(A) as tx:
        old = datetime.now(UTC) - timedelta(days=1, seconds=1)
        tx.execute(update(WhatsappChannel).values(templates_synced_at=old))
    assert listed(counter)["is_due"]


@pytest.mark.parametrize(
    ("template", "obstacle"),
    [
        (_meta("x", _body("קוד {{1}}"), category="AUTHENTICATION"), "authentication"),
        (_meta("x", _body("{{2}} ו{{3}}")), "parameters"),
        (_meta("x", _body("{{ 1")), "parameters"),
        (_meta("x", {"type": "CAROUSEL", "cards": []}, _body("x")), "component"),
        (_meta("x"), "component"),
        (
            _meta("x", _body("x"), {"type": "BUTTONS", "buttons": [{"type": "OTP", "text": "x"}]}),
            "component",
        ),
        (
            _meta(
                "x",
                _body("x"),
                {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "x", "url": "h/{{1}}"}]},
            ),
            "button_parameter",
        ),
    ],
)
def test_what_maane_cannot_fill_has_an_obstacle(template: dict[str, Any], obstacle: str) -> None:
    found = parse_meta(template)
    assert found is not None
    assert found.obstacle == obstacle


@pytest.mark.parametrize("item", [{}, {"id": 5}, {"id": "1", "name": "x"}, {"components": "x"}])
def test_what_is_no_template_is_passed_over(item: dict[str, Any]) -> None:
    assert parse_meta(item) is None


def _content(sid: str, types: dict[str, Any], status: str = "approved") -> dict[str, Any]:
    approval = {"name": f"t_{sid}", "category": "UTILITY", "status": status}
    return {
        "sid": f"HX{sid:0>32}",
        "account_sid": ACCOUNT,
        "friendly_name": sid,
        "language": "he",
        "variables": {"1": "דנה"},
        "types": types,
        "approval_requests": {
            **approval,
            "content_type": next(iter(types)),
            "rejection_reason": "",
        },
    }


def test_twilio_s_contents_are_read_and_sent_by_their_sid(
    counter: Counter, twilio: FakeTwilio, graph: FakeGraph
) -> None:
    twilio.contents = [
        _content("a", {"twilio/text": {"body": "הי {{1}}"}}),
        _content("b", {"twilio/media": {"body": "תמונה", "media": ["https://x/y.png"]}}),
        _content(
            "c", {"twilio/quick-reply": {"body": "כן?", "actions": [{"title": "כן", "id": "y"}]}}
        ),
        _content("d", {"twilio/text": {"body": "x"}}, status="unsubmitted"),
        _content("e", {"twilio/card": {"title": "x"}}),
    ]
    with counter.world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        caller = caller_for_job(tenant)
        settings = counter.world.settings
        connect_twilio(tx, tenant, caller, settings, ACCOUNT, "+97236123456", TOKEN)
    assert listed(counter)["is_due"]
    items = {item["name"]: item for item in sync(counter)["items"]}
    assert {name: item["obstacle"] for name, item in items.items()} == {
        "t_a": None,
        "t_b": "media_header",
        "t_c": None,
        "t_d": None,
        "t_e": "component",
    }
    assert [name for name, item in items.items() if item["is_sendable"]] == ["t_a", "t_c"]
    assert items["t_c"]["buttons"] == ["כן"]
    assert send(counter, "t_a", {"body.1": "רות"}).status_code == 202
    counter.work_off()
    form = twilio.requests[-1]["body"]
    assert form["ContentSid"] == f"HX{'a':0>32}"
    assert json.loads(form["ContentVariables"]) == {"1": "רות"}
    assert "Body" not in form
    assert counter.said()[-1] == ("person", "הי רות", "sent")
    twilio.script = [(401, 20003)]
    assert sync(counter)["failure"] == "refused"


def test_a_template_of_the_provider_before_is_not_sent_over_the_new_one(
    counter: Counter, twilio: FakeTwilio
) -> None:
    name_account(counter)
    send(counter, "named", {"body.first": "דנה"})
    with counter.world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        caller = caller_for_job(tenant)
        settings = counter.world.settings
        connect_twilio(tx, tenant, caller, settings, ACCOUNT, "+97236123456", TOKEN)
    counter.work_off()
    assert counter.messages()[-1].error == "other_provider"
    assert twilio.requests == []
    assert listed(counter)["items"] == []
