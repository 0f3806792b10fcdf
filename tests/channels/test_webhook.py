"""Meta's webhook: verify, store once, answer. Everything that is not signed is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, select, text
from werkzeug.test import TestResponse

from maane.channels.inbox import InboundEvent
from maane.channels.whatsapp.connection import connect_number
from maane.channels.whatsapp.operations import ANSWER_JOB
from maane.channels.whatsapp.payload import build_delivery, is_signed, parse_delivery, sign
from maane.kit.errors import Conflict
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.people import ORIGIN, A, B, World

SECRET = "meta-app-secret-for-tests"
NUMBERS = {A: "100000000000001", B: "100000000000002"}
AT = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """Both businesses have a number at Meta."""
    world = new_world(whatsapp_app_secret=SECRET, whatsapp_verify_token="verify me")
    for business_id, number in NUMBERS.items():
        with world.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            caller = caller_for_job(tenant)
            connect_number(tx, tenant, caller, world.settings, number, "EAAG-token")
    return world


def deliver(world: World, raw: bytes, signature: str | None = None) -> TestResponse:
    headers = {
        "X-Hub-Signature-256": sign(SECRET.encode(), raw) if signature is None else signature
    }
    return world.app.test_client().post(
        "/webhook/whatsapp",
        data=raw,
        headers={k: v for k, v in headers.items() if v},
        content_type="application/json",
        base_url=ORIGIN,
    )


def message(number: str = NUMBERS[A], wamid: str = "wamid.1", words: str = "שלום") -> bytes:
    return build_delivery(number, wamid, "972502345678", "דנה", words, AT)


def events(world: World, business_id: int) -> list[str]:
    with world.database.transaction(business_id, writes=False) as tx:
        return list(tx.scalars(select(InboundEvent.external_id)))


def job_ids(world: World) -> list[str]:
    table = "workflow_status" if world.database.is_sqlite else "dbos.workflow_status"
    with world.database.engine.connect() as connection:
        return list(connection.execute(text(f"SELECT workflow_uuid FROM {table}")).scalars())


def jobs(world: World) -> int:
    return len(job_ids(world))


@pytest.mark.parametrize(
    ("raw", "signature"),
    [
        (
            b'{"object":"whatsapp_business_account","entry":[]}',
            "sha256=54a69490a54636f68bda6d859aea5211297e3f23d98715aa74993cd0ad02eac4",
        ),
        (
            b'{"t":"\\u05e9\\u05dc\\u05d5\\u05dd"}',
            "sha256=2b3d746a2ddd65567c922ab4507c373570c097e8ddafee8afaf1414fba118c99",
        ),
    ],
)
def test_the_signature_is_over_the_raw_bytes(raw: bytes, signature: str) -> None:
    assert is_signed(SECRET.encode(), raw, signature)
    assert not is_signed(SECRET.encode(), raw + b" ", signature)
    assert not is_signed(b"", raw, sign(b"", raw))


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", "sha256=" + "0" * 64, "sha1=" + "0" * 40, "é", sign(b"other", message())],
)
def test_what_is_not_signed_is_refused_and_not_stored(world: World, signature: str) -> None:
    answer = deliver(world, message(), signature)
    assert (answer.status_code, answer.json) == (403, {"error": "signature"})
    assert events(world, A) == []
    assert jobs(world) == 0


def test_an_unset_secret_closes_the_webhook(new_world: Callable[..., World]) -> None:
    closed = new_world()
    for key in (SECRET.encode(), b"", closed.settings.secret("channels")):
        assert deliver(closed, message(), sign(key, message())).status_code == 403
    query = "hub.mode=subscribe&hub.verify_token=&hub.challenge=1"
    answer = closed.app.test_client().get(f"/webhook/whatsapp?{query}", base_url=ORIGIN)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("hub.mode=subscribe&hub.verify_token=verify me&hub.challenge=1158201444", 200),
        ("hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1", 403),
        ("hub.mode=subscribe&hub.challenge=1", 403),
        ("hub.mode=unsubscribe&hub.verify_token=verify me&hub.challenge=1", 403),
        ("hub.mode=subscribe&hub.verify_token=verify me&hub.challenge=<script>", 403),
        ("", 403),
    ],
)
def test_the_challenge_comes_back_only_to_meta(world: World, query: str, status: int) -> None:
    answer = world.app.test_client().get(f"/webhook/whatsapp?{query}", base_url=ORIGIN)
    assert answer.status_code == status
    if status == 200:
        assert answer.get_data() == b"1158201444"
        assert answer.mimetype == "text/plain"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_message_is_stored_for_its_own_business_with_its_job(world: World) -> None:
    assert deliver(world, message()).status_code == 200
    assert deliver(world, message(NUMBERS[B], "wamid.1")).status_code == 200
    assert events(world, A) == events(world, B) == ["wamid.1"]
    assert jobs(world) == 2


def test_a_number_that_nobody_has_is_dropped(world: World) -> None:
    assert deliver(world, message("999")).status_code == 200
    assert events(world, A) == events(world, B) == []
    assert jobs(world) == 0


def test_ten_deliveries_at_once_are_one_event_and_one_job(world: World) -> None:
    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(lambda _: deliver(world, message()).status_code, range(10)))
    assert statuses == [200] * 10
    assert events(world, A) == ["wamid.1"]
    assert jobs(world) == 1


def test_the_simulator_s_key_opens_only_the_simulator_s_numbers(world: World) -> None:
    raw = message()
    signature = sign(world.settings.secret("simulator"), raw)
    assert deliver(world, raw, signature).status_code == 200
    assert events(world, A) == []


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """The statements that SQLAlchemy sends meanwhile."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(world.database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(world.database.engine, "before_cursor_execute", note)


def test_a_thousand_updates_in_one_request(world: World) -> None:
    """However many one person wrote, they are one statement and one job, of the message that was
    written last."""
    one = json.loads(message())
    change = one["entry"][0]["changes"][0]["value"]
    first = change["messages"][0]
    at = int(AT.timestamp())
    change["messages"] = [
        first | {"id": f"wamid.{n}", "timestamp": str(at + (500 if n == 7 else n % 100))}
        for n in range(1000)
    ]
    raw = json.dumps(one).encode()
    with statements(world) as sent:
        assert deliver(world, raw).status_code == 200
    assert len(sent) < 10
    assert len(events(world, A)) == 1000
    assert jobs(world) == 1
    with world.database.transaction(A, writes=False) as tx:
        last = select(InboundEvent.id).where(InboundEvent.external_id == "wamid.7")
        event_id = tx.scalars(last).one()
    assert job_ids(world) == [f"{ANSWER_JOB}:{A}:{event_id}"]
    assert deliver(world, raw).status_code == 200
    assert (len(events(world, A)), jobs(world)) == (1000, 1)


def test_a_thousand_people_in_one_request(world: World) -> None:
    one = json.loads(message())
    change = one["entry"][0]["changes"][0]["value"]
    first = change["messages"][0]
    people = [
        first | {"id": f"wamid.{n}", "from": f"97250{1_000_000 + n % 1000}"} for n in range(1500)
    ]
    change["messages"] = people
    assert deliver(world, json.dumps(one).encode()).status_code == 200
    assert (len(events(world, A)), jobs(world)) == (1500, 1000)


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b'{"entry": "\\ud800"}', 200),
        (b'{"entry": "\xff"}', 400),
        (b"[]", 200),
        (b"null", 200),
        (b"1e999", 200),
        (b'{"entry": {}}', 200),
        (b'{"entry": [1, null, [], {"changes": 5}, {"changes": [{"field": "messages"}]}]}', 200),
    ],
)
def test_strange_bodies_that_are_signed(world: World, raw: bytes, status: int) -> None:
    assert deliver(world, raw).status_code == status


WRONG: list[Any] = [None, True, 0, -1, 2**63, 1.5, [], {}, [[]], "", "\x00", "x" * 70_000]


@pytest.mark.parametrize("wrong", WRONG, ids=[repr(w)[:20] for w in WRONG])
def test_strange_values_in_every_place_are_never_an_error(world: World, wrong: Any) -> None:
    base = json.loads(message())
    value = base["entry"][0]["changes"][0]["value"]
    value["statuses"] = [
        {
            "id": "wamid.x",
            "status": "failed",
            "timestamp": "1",
            "biz_opaque_callback_data": "1",
            "errors": [{"code": 131047, "title": "t", "error_data": {"details": "d"}}],
        }
    ]
    for place in _places(base):
        copy = json.loads(json.dumps(base))
        holder = copy
        for step in place[:-1]:
            holder = holder[step]
        holder[place[-1]] = wrong
        answer = deliver(world, json.dumps(copy).encode())
        assert answer.status_code == 200, (place, wrong)


def _places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, child in items if isinstance(node, (dict, list)) else ():
        found += _places(child, (*path, key)) if isinstance(child, (dict, list)) else [(*path, key)]
    return found


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        ("image", {"id": "1", "mime_type": "image/jpeg", "caption": "תמונה"}, "[image] תמונה"),
        ("audio", {"id": "1", "voice": True}, "[voice note, not transcribed]"),
        (
            "location",
            {"latitude": 32.1, "longitude": 34.8, "name": "תל אביב"},
            "[location] תל אביב (32.1, 34.8)",
        ),
        ("button", {"payload": "p", "text": "כן"}, "כן"),
        (
            "interactive",
            {"type": "list_reply", "list_reply": {"id": "1", "title": "10:00"}},
            "10:00",
        ),
        ("unsupported", {}, "[unsupported]"),
    ],
)
def test_every_kind_of_message_reads_as_words(kind: str, content: Any, words: str) -> None:
    document = json.loads(message())
    item = document["entry"][0]["changes"][0]["value"]["messages"][0]
    del item["text"]
    item |= {"type": kind, kind: content}
    (parsed, _), *_ = parse_delivery(json.dumps(document).encode()).messages
    assert parsed.text == words
    assert parsed.phone == "+972502345678"
    assert parsed.name == "דנה"


def test_a_person_without_a_number_is_known_by_their_id() -> None:
    document = json.loads(message())
    value = document["entry"][0]["changes"][0]["value"]
    del value["messages"][0]["from"]
    value["messages"][0]["from_user_id"] = "IL.Ab12"
    value["contacts"][0] = {"profile": {"name": "דנה"}, "user_id": "IL.Ab12"}
    (parsed, _), *_ = parse_delivery(json.dumps(document).encode()).messages
    assert (parsed.contact_key, parsed.phone, parsed.name) == ("IL.Ab12", None, "דנה")


def test_half_an_emoji_does_not_lose_the_batch(world: World) -> None:
    one = json.loads(message())
    value = one["entry"][0]["changes"][0]["value"]
    value["contacts"][0]["profile"]["name"] = "דנה \ud83d"
    value["messages"][0]["text"]["body"] = "\\ud83d \ud83d\ude00 \ude00"
    raw = json.dumps(one).encode()
    assert deliver(world, raw).status_code == 200
    assert events(world, A) == ["wamid.1"]
    (parsed, _), *_ = parse_delivery(raw).messages
    assert (parsed.name, parsed.text) == ("דנה \ufffd", "\\ud83d \U0001f600 \ufffd")


@pytest.mark.parametrize("depth", [50, 190, 250, 900, 2_000])
def test_deep_nesting_in_a_message_is_stored_or_refused(world: World, depth: int) -> None:
    nested = b'"context": ' + b"[" * depth + b"]" * depth + b', "text": {'
    raw = message().replace(b'"text": {', nested)
    assert deliver(world, raw).status_code in (200, 400)


def test_the_largest_delivery_of_meta_s_fits_and_a_larger_one_does_not(world: World) -> None:
    assert deliver(world, message(words="x" * 2_900_000)).status_code == 200
    assert deliver(world, message(words="x" * 4_500_000)).status_code == 413


def test_a_number_that_was_replaced_belongs_to_nobody(world: World) -> None:
    with world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        connect_number(tx, tenant, caller_for_job(tenant), world.settings, "777", "token")
    deliver(world, message())
    assert events(world, A) == []
    deliver(world, message("777"))
    assert events(world, A) == ["wamid.1"]


def test_a_number_of_another_business_cannot_be_taken(world: World) -> None:
    with world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        caller = caller_for_job(tenant)
        with pytest.raises(Conflict, match="number_taken"):
            connect_number(tx, tenant, caller, world.settings, NUMBERS[B], "token")
