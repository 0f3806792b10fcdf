"""Twilio's webhook, its answers to a send, and a business's connection to its provider."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from maane.channels import twilio
from maane.channels.inbox import InboundEvent
from maane.channels.whatsapp import twilio as whatsapp_twilio
from maane.channels.whatsapp.connection import connect_number, connect_twilio
from maane.channels.whatsapp.models import WhatsappChannel
from maane.channels.whatsapp.operations import UNKNOWN_NUMBERS
from maane.channels.whatsapp.provider import Probe, SendError, Sent
from maane.channels.whatsapp.sender import GraphSender
from maane.channels.whatsapp.twilio_sender import TwilioSender
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.fakes import FakeGraph, FakeTwilio
from tests.people import ORIGIN, A, B, World

ADDRESS = "/webhook/twilio/whatsapp"
NUMBERS = {A: "+97236123456", B: "+97248234567"}
ACCOUNTS = {A: "AC" + "a" * 32, B: "AC" + "b" * 32}
TOKENS = {A: "0123456789abcdef" * 2, B: "fedcba9876543210" * 2}
CONNECTION = "/api/business/current/whatsapp/connection"
TEST = "/api/business/current/whatsapp/test"
Pairs = list[tuple[str, str]]


@pytest.fixture
def servers() -> Iterator[tuple[FakeTwilio, FakeGraph]]:
    with FakeTwilio(ACCOUNTS[A], TOKENS[A]) as fake, FakeGraph() as graph:
        yield fake, graph


@pytest.fixture
def world(new_world: Callable[..., World], servers: tuple[FakeTwilio, FakeGraph]) -> World:
    """Both businesses have a number at Twilio."""
    fake, graph = servers
    world = new_world(twilio_api_url=fake.url, whatsapp_api_url=graph.url)
    for business_id in (A, B):
        with world.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            connect_twilio(
                tx,
                tenant,
                caller_for_job(tenant),
                world.settings,
                ACCOUNTS[business_id],
                NUMBERS[business_id],
                TOKENS[business_id],
            )
    return world


def signature(token: str, url: str, pairs: Pairs) -> str:
    """As Twilio's page on security says it, written down a second time."""
    signed = url
    for name in sorted({name for name, _ in pairs}):
        for value in sorted({v for n, v in pairs if n == name}):
            signed += name + value
    digest = hmac.new(token.encode("utf-8"), signed.encode("utf-8"), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def message(business_id: int = A, sid: str = "SM1", words: str = "שלום, אני רוצה תור") -> Pairs:
    return [
        ("MessageSid", sid),
        ("SmsMessageSid", sid),
        ("SmsStatus", "received"),
        ("AccountSid", ACCOUNTS[business_id]),
        ("From", "whatsapp:+972502345678"),
        ("To", f"whatsapp:{NUMBERS[business_id]}"),
        ("Body", words),
        ("NumMedia", "0"),
        ("ProfileName", "דנה"),
        ("WaId", "972502345678"),
    ]


def deliver(
    world: World,
    pairs: Pairs,
    token: str = TOKENS[A],
    *,
    header: str | None = None,
    query: str = "",
    kind: str = "application/x-www-form-urlencoded",
) -> TestResponse:
    path = ADDRESS + query
    given = signature(token, ORIGIN + path, pairs) if header is None else header
    return world.app.test_client().post(
        path,
        data=urlencode(pairs),
        headers={"X-Twilio-Signature": given} if given else {},
        content_type=kind,
        base_url=ORIGIN,
    )


def events(world: World, business_id: int) -> list[str]:
    with world.database.transaction(business_id, writes=False) as tx:
        return list(tx.scalars(select(InboundEvent.external_id)))


def jobs(world: World) -> int:
    table = "workflow_status" if world.database.is_sqlite else "dbos.workflow_status"
    with world.database.engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


@pytest.mark.parametrize(
    ("token", "url", "form", "expected"),
    [
        (
            "12345",
            "https://example.com/myapp.php?foo=1&bar=2",
            "CallSid=CA1234567890ABCDE&Caller=%2B14158675310&Digits=1234&From=%2B14158675310"
            "&To=%2B18005551212",
            "L/OH5YylLD5NRKLltdqwSvS0BnU=",
        ),
        (
            "0123456789abcdef0123456789abcdef",
            "https://app.example.co.il/hooks/multi",
            "A=1&B=y&B=x&B=x",
            "o5QzjeWGwu/1+JUwE2wIBWim7XA=",
        ),
    ],
)
def test_twilio_s_own_vectors(token: str, url: str, form: str, expected: str) -> None:
    pairs = twilio.read_form(form.encode())
    assert pairs is not None
    assert twilio.is_signed(token, [url], pairs, expected)
    assert not twilio.is_signed("", [url], pairs, twilio.sign("", url, pairs))
    assert not twilio.is_signed(token, [url], pairs, "")


def test_the_port_may_be_dropped_or_written() -> None:
    found = twilio.addresses(["https://maane.example.com"], ADDRESS, "message=7")
    assert found == [
        "https://maane.example.com/webhook/twilio/whatsapp?message=7",
        "https://maane.example.com:443/webhook/twilio/whatsapp?message=7",
    ]


def test_a_message_is_stored_for_its_own_business_with_its_job(world: World) -> None:
    answer = deliver(world, message())
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert answer.get_data(as_text=True).endswith("<Response/>")
    assert deliver(world, message(B), TOKENS[B]).status_code == 200
    assert events(world, A) == events(world, B) == ["SM1"]
    assert jobs(world) == 2


def test_repeated_fields_are_signed_as_twilio_does(world: World) -> None:
    pairs = [*message(), ("Tag", "b"), ("Tag", "a"), ("Tag", "a")]
    assert deliver(world, pairs).status_code == 200


@pytest.mark.parametrize("header", ["", "é", "AAAA", "0" * 28])
def test_what_is_not_signed_is_refused_and_not_stored(world: World, header: str) -> None:
    answer = deliver(world, message(), header=header)
    assert (answer.status_code, answer.json) == (403, {"error": "signature"})
    assert events(world, A) == []
    assert jobs(world) == 0


def test_a_changed_form_is_refused(world: World) -> None:
    header = signature(TOKENS[A], ORIGIN + ADDRESS, message())
    assert deliver(world, message(words="other"), header=header).status_code == 403
    assert deliver(world, message(), header=header, query="?message=1").status_code == 403
    assert events(world, A) == []


def test_another_business_s_token_opens_nothing(world: World) -> None:
    assert deliver(world, message(), TOKENS[B]).status_code == 403
    other_account = [(n, ACCOUNTS[B] if n == "AccountSid" else v) for n, v in message()]
    assert deliver(world, other_account).status_code == 403
    assert events(world, A) == events(world, B) == []


def test_a_number_that_nobody_has_is_counted_and_dropped(world: World) -> None:
    before = UNKNOWN_NUMBERS._value.get()
    pairs = [(n, "whatsapp:+97299999999" if n == "To" else v) for n, v in message()]
    assert deliver(world, pairs).status_code == 200
    assert UNKNOWN_NUMBERS._value.get() == before + 1
    assert events(world, A) == events(world, B) == []
    assert jobs(world) == 0


def test_ten_deliveries_at_once_are_one_event_and_one_job(world: World) -> None:
    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(lambda _: deliver(world, message()).status_code, range(10)))
    assert statuses == [200] * 10
    assert events(world, A) == ["SM1"]
    assert jobs(world) == 1


@pytest.mark.parametrize(
    "raw", [b"", b"\xff", b"To=%ff", b"{}", b"&" * 1000, b"a=b&" * 1000, b"To=%00", b"To=whatsapp:"]
)
def test_strange_bodies_are_refused(world: World, raw: bytes) -> None:
    for kind in ("application/x-www-form-urlencoded", "application/json", ""):
        answer = world.app.test_client().post(ADDRESS, data=raw, content_type=kind, base_url=ORIGIN)
        assert (answer.status_code, answer.json) == (403, {"error": "signature"})


@pytest.mark.parametrize("wrong", ["", "\x00", "x" * 70_000, "-1", "9" * 40, "ש", "{}"])
def test_strange_values_that_are_signed_are_never_an_error(world: World, wrong: str) -> None:
    base = [*message(), ("MediaContentType0", "image/png"), ("MessageType", "text")]
    status = [
        ("MessageSid", "SM9"),
        ("MessageStatus", "failed"),
        ("ErrorCode", "63016"),
        ("AccountSid", ACCOUNTS[A]),
        ("From", f"whatsapp:{NUMBERS[A]}"),
        ("To", "whatsapp:+972502345678"),
    ]
    for form, key in ((base, ("To", "AccountSid")), (status, ("From", "AccountSid"))):
        for place, (name, _) in enumerate(form):
            if name in key:
                continue
            pairs = [(n, wrong if at == place else v) for at, (n, v) in enumerate(form)]
            for query in ("", f"?message={wrong[:20].encode().hex()}"):
                assert deliver(world, pairs, query=query).status_code in (200, 403), name


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"Body": "", "NumMedia": "1", "MediaContentType0": "image/jpeg"}, "[image]"),
        (
            {"Body": "ראו", "NumMedia": "1", "MediaContentType0": "application/pdf"},
            "[document] ראו",
        ),
        (
            {"Body": "", "Latitude": "32.1", "Longitude": "34.8", "Label": "תל אביב"},
            "[location] תל אביב (32.1, 34.8)",
        ),
        ({"Body": "כן", "ButtonText": "כן", "ButtonPayload": "p"}, "כן"),
        ({"Body": ""}, "[unsupported]"),
    ],
)
def test_every_kind_of_message_reads_as_words(
    world: World, fields: dict[str, str], words: str
) -> None:
    pairs = list((dict(message()) | fields).items())
    assert deliver(world, pairs).status_code == 200
    with world.database.transaction(A, writes=False) as tx:
        said = whatsapp_twilio.parse_piece(tx.scalars(select(InboundEvent.payload)).one())
    assert said is not None
    assert (said.text, said.phone, said.name) == (words, "+972502345678", "דנה")
    assert (said.contact_key, said.number_id) == ("972502345678", NUMBERS[A])


def send(
    url: str, to: str = "972502345678", *, token: str = TOKENS[A], read_s: float = 5.0
) -> Sent:
    callback = f"https://maane.example.com{ADDRESS}"
    sender = TwilioSender(url, ACCOUNTS[A], token, NUMBERS[A], callback, read_s=read_s)
    try:
        return sender.send_text(to, "שלום", 7)
    finally:
        sender.close()


def test_a_text_goes_out_with_our_own_id(servers: tuple[FakeTwilio, FakeGraph]) -> None:
    fake, _ = servers
    assert send(fake.url) == Sent("SM" + "0" * 31 + "1", "sent")
    (asked,) = fake.requests
    assert asked["path"] == f"/2010-04-01/Accounts/{ACCOUNTS[A]}/Messages.json"
    assert asked["body"] == {
        "From": f"whatsapp:{NUMBERS[A]}",
        "To": "whatsapp:+972502345678",
        "Body": "שלום",
        "StatusCallback": f"https://maane.example.com{ADDRESS}?message=7",
    }


@pytest.mark.parametrize(
    ("answer", "may_retry", "after_s"),
    [
        ((429, 20429), True, 0),
        ((429, 20429, 7), True, 7),
        ((503, 20503), True, 0),
        ((400, 63018), True, 0),
        ((400, 63016), False, 0),
        ((400, 21211), False, 0),
        ((401, 20003), False, 0),
    ],
)
def test_what_may_be_tried_again(
    servers: tuple[FakeTwilio, FakeGraph], answer: Any, may_retry: bool, after_s: float
) -> None:
    fake, _ = servers
    fake.script = [answer]
    with pytest.raises(SendError) as refusal:
        send(fake.url)
    error = refusal.value
    assert (error.may_retry, error.is_uncertain, error.after_s) == (may_retry, False, after_s)
    assert error.words == f"{answer[1]}: refused as the test asked"


def test_silence_leaves_it_uncertain_and_absence_does_not(
    servers: tuple[FakeTwilio, FakeGraph],
) -> None:
    fake, _ = servers
    fake.delay_s = 1.0
    with pytest.raises(SendError) as silence:
        send(fake.url, read_s=0.1)
    with pytest.raises(SendError) as absence:
        send("http://127.0.0.1:1")
    assert (silence.value.is_uncertain, absence.value.is_uncertain) == (True, False)


def test_meta_s_answers_to_a_test(servers: tuple[FakeTwilio, FakeGraph]) -> None:
    _, graph = servers
    graph.script = [(401, 190), (403, 10), (400, 100), (500, 1), (429, 4)]
    found = []
    for url in [graph.url] * 6 + ["http://127.0.0.1:1"]:
        sender = GraphSender(url, "100", "token")
        found.append(sender.test())
        sender.close()
    verdicts = ["refused", "refused", "unknown_number", "unreachable", "unreachable"]
    assert [probe.verdict for probe in found] == [*verdicts, "ok", "unreachable"]
    assert found[5] == Probe("ok", "מספרת דנה")
    assert graph.requests[5]["headers"]["authorization"] == "Bearer token"


def test_the_button_says_what_twilio_said(
    world: World, servers: tuple[FakeTwilio, FakeGraph]
) -> None:
    fake, _ = servers
    owner = world.browser("owner_a")
    assert owner.write("POST", TEST).json == {"result": "ok", "name": "חשבון של דנה"}
    fake.script = [(401, 20003), (404, 20404), (503, 20503)]
    results = [(owner.write("POST", TEST).json or {})["result"] for _ in range(3)]
    assert results == ["refused", "unknown_number", "unreachable"]
    fake.status = "suspended"
    assert (owner.write("POST", TEST).json or {})["result"] == "refused"
    # The fake knows only A's account, so B's credentials are refused there.
    other = world.browser("owner_b").write("POST", TEST)
    assert other.json == {"result": "refused", "name": None}


def test_the_button_where_nothing_can_be_asked(new_world: Callable[..., World]) -> None:
    world = new_world(twilio_api_url="http://127.0.0.1:1", whatsapp_api_url="http://127.0.0.1:1")
    owner = world.browser("owner_a")
    assert owner.write("POST", TEST).json == {"result": "not_connected", "name": None}
    with world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        connect_number(tx, tenant, caller_for_job(tenant), world.settings, "100", "token")
    assert owner.write("POST", TEST).json == {"result": "unreachable", "name": None}
    with world.database.transaction(A) as tx:
        tx.scalars(select(WhatsappChannel)).one().access_token = "of another key"
    assert owner.write("POST", TEST).json == {"result": "unreadable", "name": None}


def test_a_business_connects_itself_and_its_credential_never_comes_out(
    world: World, servers: tuple[FakeTwilio, FakeGraph], capfd: pytest.CaptureFixture[str]
) -> None:
    fake, graph = servers
    owner = world.browser("owner_a")
    body = {"account_sid": ACCOUNTS[A], "number": "03-6123457", "auth_token": TOKENS[A]}
    answers = [owner.write("PUT", f"{CONNECTION}/twilio", body), owner.get(CONNECTION)]
    state = answers[1].json or {}
    assert answers[0].json == state
    assert (state["provider"], state["number"]) == ("twilio", "+97236123457")
    assert state["webhooks"]["twilio"].endswith(ADDRESS)
    assert deliver(world, message()).status_code == 200
    assert events(world, A) == [], "the number before is nobody's now"
    meta = {"phone_number_id": "100", "access_token": "EAAG-secret-token"}
    answers += [owner.write("PUT", f"{CONNECTION}/meta", meta), owner.get(CONNECTION)]
    assert (answers[3].json or {})["provider"] == "meta"
    with world.database.transaction(A, writes=False) as tx:
        (channel,) = tx.scalars(select(WhatsappChannel))
        assert "secret" not in channel.access_token
    fake.script = [(401, 20003), (404, 20404), (500, 20500)]
    graph.script = [(401, 190)]
    refusals = [owner.write("PUT", f"{CONNECTION}/twilio", body) for _ in range(3)]
    refusals.append(owner.write("PUT", f"{CONNECTION}/meta", meta))
    assert [(r.status_code, r.json) for r in refusals] == [
        (409, {"error": "conflict", "reason": "provider_refused"}),
        (409, {"error": "conflict", "reason": "provider_unknown_number"}),
        (503, {"error": "unavailable", "reason": "provider"}),
        (409, {"error": "conflict", "reason": "provider_refused"}),
    ]
    wrong = owner.write("PUT", f"{CONNECTION}/twilio", body | {"auth_token": "a secret word"})
    assert wrong.status_code == 422
    assert (owner.get(CONNECTION).json or {})["number"] == "100", "a refusal changes nothing"
    shown = "".join(a.get_data(as_text=True) for a in [*answers, *refusals, wrong])
    shown += owner.get("/api/business/current/audit").get_data(as_text=True)
    captured = capfd.readouterr()
    for secret in (TOKENS[A], "EAAG-secret-token", "a secret word"):
        assert secret not in shown + captured.out + captured.err


def test_a_number_of_another_business_cannot_be_taken(
    world: World, servers: tuple[FakeTwilio, FakeGraph]
) -> None:
    body = {"account_sid": ACCOUNTS[A], "number": NUMBERS[B], "auth_token": TOKENS[A]}
    answer = world.browser("owner_a").write("PUT", f"{CONNECTION}/twilio", body)
    assert (answer.status_code, answer.json) == (
        409,
        {"error": "conflict", "reason": "number_taken"},
    )
    assert deliver(world, message(B), TOKENS[B]).status_code == 200
    assert json.dumps(events(world, B)) == '["SM1"]'


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("meta", {"phone_number_id": "12a", "access_token": "t"}),
        ("meta", {"phone_number_id": "12", "access_token": "two words"}),
        ("meta", {"phone_number_id": "12", "access_token": "ש"}),
        ("twilio", {"account_sid": "AC1", "number": NUMBERS[A], "auth_token": "t"}),
        ("twilio", {"account_sid": ACCOUNTS[A], "number": "*1234", "auth_token": "t"}),
        ("twilio", {"account_sid": ACCOUNTS[A], "number": NUMBERS[A], "auth_token": ""}),
    ],
)
def test_what_no_provider_could_take_is_refused_before_it_is_asked(
    world: World, servers: tuple[FakeTwilio, FakeGraph], path: str, wrong: dict[str, str]
) -> None:
    answer = world.browser("owner_a").write("PUT", f"{CONNECTION}/{path}", wrong)
    assert answer.status_code == 422
    assert servers[0].requests == servers[1].requests == []
