"""Whether a lead may be called: each rule says so itself, before anything is asked of Twilio."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import structlog
from sqlalchemy import select

from maane.calls.models import Call
from maane.channels.voice.connection import connect
from maane.channels.voice.outgoing import quiet
from maane.channels.voice.outgoing.numbers import country_of, problem_of
from maane.channels.voice.outgoing.quiet import Quiet
from maane.channels.voice.settings import change as change_settings
from maane.conversations.models import Conversation
from maane.hours.calendar import Hours, SpecialDay
from maane.kit.db import now
from maane.leads import operations as leads
from maane.leads.contract import LeadBody
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.calls.conftest import ACCOUNTS, NUMBERS, ORIGIN, TOKENS
from tests.fake_twilio_calls import FakeCalls
from tests.people import A, B, Browser, World

SETTINGS = "/api/business/current/phone/outgoing"
OPEN = {
    "countries": [],
    "daily_limit": 20,
    "quiet_from": "00:00",
    "quiet_until": "00:00",
    "quiet_on_closed_days": False,
    "people": [{"name": "דנה", "number": "+972522345678"}],
}
ISRAEL = frozenset({"IL"})


@pytest.fixture
def twilio() -> Iterator[FakeCalls]:
    with FakeCalls(ACCOUNTS[A], TOKENS[A]) as fake:
        fake.numbers = [NUMBERS[A]]
        yield fake


@pytest.fixture
def new_office(new_world: Callable[..., World], twilio: FakeCalls) -> Callable[..., World]:
    """A business whose number is connected and that calls at any hour."""

    def make(**options: Any) -> World:
        given = {"twilio_api_url": twilio.url, "public_url": ORIGIN} | options
        world = new_world(**given)
        with world.database.transaction(A) as tx:
            tenant = tenant_for_job(tx, A)
            caller = caller_for_job(tenant)
            connect(tx, tenant, caller, world.settings, ACCOUNTS[A], NUMBERS[A], TOKENS[A])
        assert world.browser("owner_a").write("PUT", SETTINGS, OPEN).status_code == 200
        return world

    return make


@pytest.fixture
def office(new_office: Callable[..., World]) -> World:
    return new_office()


def lead_of(world: World, phone: str | None = "+972502345678", business_id: int = A) -> int:
    with world.database.transaction(business_id) as tx:
        tenant = tenant_for_job(tx, business_id)
        body = LeadBody(name="רות", phone=phone)
        return leads.create_lead(tx, tenant, caller_for_job(tenant), body).id


def call_back(browser: Browser, lead_id: int, key: str = "once", **more: Any) -> Any:
    body = {"idempotency_key": key, "speaker": "assistant"} | more
    return browser.write("POST", f"/api/business/current/leads/{lead_id}/call-back", body)


def standing(browser: Browser, lead_id: int) -> dict[str, Any]:
    answer = browser.get(f"/api/business/current/leads/{lead_id}/call-back")
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json
    return document


def refused(answer: Any) -> tuple[int, str, str]:
    return answer.status_code, answer.json["error"], answer.json["reason"]


def calls_in(world: World) -> list[Call]:
    with world.database.transaction(A, writes=False) as tx:
        return list(tx.scalars(select(Call).order_by(Call.id)))


def set_limits(world: World, **values: Any) -> None:
    answer = world.browser("owner_a").write("PUT", SETTINGS, OPEN | values)
    assert answer.status_code == 200, answer.json


@pytest.mark.parametrize(
    ("phone", "reason"),
    [
        (None, "call_no_number"),
        ("*6555", "call_number"),
        ("+972511234567", "call_number"),
        ("+9721900123456", "call_premium"),
        ("+9721901123456", "call_premium"),
        ("+9721700123456", "call_premium"),
        ("+447012345678", "call_premium"),
        ("+12125551234", "call_country"),
        ("+881612345678", "call_country"),
        ("+970599123456", "call_country"),
    ],
)
def test_a_number_that_must_not_be_called_is_refused_by_its_own_rule(
    office: World, twilio: FakeCalls, phone: str | None, reason: str
) -> None:
    owner, lead_id = office.browser("owner_a"), lead_of(office, phone)
    assert standing(owner, lead_id)["obstacle"] == reason
    assert refused(call_back(owner, lead_id)) == (409, "conflict", reason)
    assert (twilio.asked, calls_in(office)) == ([], [])


def test_other_countries_are_called_once_the_business_allows_them(
    office: World, twilio: FakeCalls
) -> None:
    owner, lead_id = office.browser("owner_a"), lead_of(office, "+12125551234")
    set_limits(office, countries=["IL", "US"])
    assert call_back(owner, lead_id).status_code == 201
    set_limits(office, countries=["US"])
    assert refused(call_back(owner, lead_of(office), "two")) == (409, "conflict", "call_country")
    assert [form["To"] for form in twilio.asked] == [["+12125551234"]]


def test_nobody_is_called_at_quiet_hours(office: World, twilio: FakeCalls) -> None:
    owner, lead_id = office.browser("owner_a"), lead_of(office)
    local = datetime.now(ZoneInfo("Asia/Jerusalem"))
    others = (f"{(local.hour + 2) % 24:02}:00", f"{(local.hour + 1) % 24:02}:00")
    set_limits(office, quiet_from=others[0], quiet_until=others[1])
    assert refused(call_back(owner, lead_id)) == (409, "conflict", "call_quiet_hours")
    found = standing(owner, lead_id)
    until = datetime.fromisoformat(found["quiet_until"]).astimezone(local.tzinfo)
    assert (found["obstacle"], f"{until:%H:%M}") == ("call_quiet_hours", others[1])
    assert twilio.asked == []


def test_a_day_has_so_many_calls_and_erasing_one_gives_none_back(
    office: World, twilio: FakeCalls
) -> None:
    set_limits(office, daily_limit=2)
    owner = office.browser("owner_a")
    first, second, third = (lead_of(office, f"+97250234560{n}") for n in range(3))
    assert call_back(owner, first, "1").status_code == 201
    assert standing(owner, third)["left_today"] == 1
    erased = owner.write(
        "POST", f"/api/business/current/leads/{first}/person/erase", {"confirmation": "רות"}
    )
    assert erased.status_code == 200, erased.json
    assert call_back(owner, second, "2").status_code == 201
    assert refused(call_back(owner, third, "3")) == (409, "conflict", "call_daily_limit")
    assert len(twilio.asked) == 2


def test_the_operators_limit_holds_whatever_a_business_chose(
    new_office: Callable[..., World], twilio: FakeCalls
) -> None:
    world = new_office(outgoing_calls_per_day=1)
    owner = world.browser("owner_a")
    assert owner.get(SETTINGS).json["most_per_day"] == 1
    assert call_back(owner, lead_of(world, "+972502345601"), "1").status_code == 201
    answer = call_back(owner, lead_of(world, "+972502345602"), "2")
    assert refused(answer) == (409, "conflict", "call_daily_limit")
    world = new_office(outgoing_calls_per_day=0)
    answer = call_back(world.browser("owner_a"), lead_of(world))
    assert refused(answer) == (409, "conflict", "call_off")
    assert len(twilio.asked) == 1


def test_a_lead_is_called_once_at_a_time_and_so_is_a_number(
    office: World, twilio: FakeCalls
) -> None:
    owner, lead_id = office.browser("owner_a"), lead_of(office)
    assert call_back(owner, lead_id, "1").status_code == 201
    assert refused(call_back(owner, lead_id, "2")) == (409, "conflict", "call_running")
    assert refused(call_back(owner, lead_of(office), "3")) == (409, "conflict", "call_running")
    assert len(twilio.asked) == 1


def test_one_click_is_one_call_however_often_it_arrives(office: World, twilio: FakeCalls) -> None:
    owner, lead_id = office.browser("owner_a"), lead_of(office)
    first = call_back(owner, lead_id)
    again = call_back(owner, lead_id)
    assert (again.status_code, again.json["call"]["id"]) == (201, first.json["call"]["id"])
    twilio.delay_s = 0.5
    other = lead_of(office, "+972502345699")
    browsers = [office.browser("owner_a") for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda one: call_back(one, other, "at once"), browsers))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["call"]["id"] for answer in answers}) == 1
    assert len(twilio.asked) == 2
    answer = call_back(owner, other, "once")
    assert refused(answer) == (409, "conflict", "key_reused")


def test_who_asked_for_silence_is_called_by_no_assistant_and_by_a_person_who_means_it(
    office: World, twilio: FakeCalls
) -> None:
    owner, lead_id = office.browser("owner_a"), lead_of(office)
    with office.database.transaction(A) as tx:
        tx.add(
            Conversation(
                business_id=A,
                channel="whatsapp",
                contact_key="972502345678",
                contact_phone="+972502345678",
                owner="person",
                silence_reason="stopped",
                last_message_at=now(),
                created_at=now(),
            )
        )
    assert standing(owner, lead_id)["has_opted_out"] is True
    assert refused(call_back(owner, lead_id, "1")) == (409, "conflict", "call_opted_out")
    person = {"speaker": "person", "person_number": "+972522345678"}
    answer = call_back(owner, lead_id, "2", **person)
    assert refused(answer) == (409, "conflict", "call_opted_out_unconfirmed")
    assert twilio.asked == []
    assert call_back(owner, lead_id, "3", **person, despite_opt_out=True).status_code == 201


def test_only_phones_of_the_settings_are_rung_first(office: World, twilio: FakeCalls) -> None:
    owner, lead_id = office.browser("owner_a"), lead_of(office)
    for number in ("+972529999999", None):
        answer = call_back(owner, lead_id, speaker="person", person_number=number)
        assert (answer.status_code, answer.json["details"][0]["path"]) == (422, ["person_number"])
    assert twilio.asked == []
    for number, kind in (("+9721900123456", "call_premium"), ("+12125551234", "call_country")):
        people = [{"name": "רון", "number": number}]
        answer = owner.write("PUT", SETTINGS, OPEN | {"people": people})
        assert (answer.status_code, answer.json["details"][0]["type"]) == (422, kind)


def test_without_a_number_a_credential_or_an_address_nobody_is_called(
    new_office: Callable[..., World], new_world: Callable[..., World], twilio: FakeCalls
) -> None:
    world = new_world(public_url=ORIGIN)
    owner = world.browser("owner_a")
    assert refused(call_back(owner, lead_of(world))) == (409, "conflict", "call_not_connected")
    world = new_office(public_url="")
    answer = call_back(world.browser("owner_a"), lead_of(world))
    assert refused(answer) == (409, "conflict", "call_no_public_url")
    assert twilio.asked == []


def test_a_lead_of_another_business_is_not_there(office: World, twilio: FakeCalls) -> None:
    lead_id = lead_of(office, business_id=B)
    owner = office.browser("owner_a")
    assert call_back(owner, lead_id).status_code == 404
    assert owner.get(f"/api/business/current/leads/{lead_id}/call-back").status_code == 404
    assert twilio.asked == []


def test_whoever_called_is_on_record_with_both_identities(office: World) -> None:
    lead_id = lead_of(office)
    admin = office.admin_in(A)
    assert call_back(admin, lead_id).status_code == 201
    entry = admin.get("/api/business/current/audit").json["items"][0]
    assert entry["action"] == "call.by_assistant"
    assert entry["subject"].startswith(f"lead:{lead_id} call:")
    assert (entry["impersonating"], entry["actor"]["name"]) == (True, "admin")
    happened = admin.get(f"/api/business/current/leads/{lead_id}/history").json["items"]
    assert (happened[0]["kind"], happened[0]["actor"]) == ("called", "admin")
    (made,) = admin.get("/api/business/current/calls").json["items"]
    assert (made["direction"], made["outgoing"]["asked_by"]) == ("outbound", "admin")


def test_what_twilio_is_asked_bounds_the_call_and_names_only_our_own_addresses(
    office: World, twilio: FakeCalls
) -> None:
    answer = call_back(office.browser("owner_a"), lead_of(office))
    key = answer.json["call"]["id"]
    (form,) = twilio.asked
    webhook = f"{ORIGIN}/webhook/twilio/voice"
    assert form == {
        "To": ["+972502345678"],
        "From": [NUMBERS[A]],
        "Url": [f"{webhook}/outgoing?call={key}&language=he"],
        "Method": ["POST"],
        "FallbackUrl": [f"{webhook}/fallback?language=he"],
        "FallbackMethod": ["POST"],
        "StatusCallback": [f"{webhook}/status?call={key}"],
        "StatusCallbackMethod": ["POST"],
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
        "Timeout": ["30"],
        "TimeLimit": ["1800"],
        "MachineDetection": ["Enable"],
        "MachineDetectionTimeout": ["8"],
    }


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ((400, 21215), "provider_country"),
        ((400, 21211), "provider_number"),
        ((400, 21219), "provider_unverified"),
        ((401, 20003), "provider_credentials"),
        ((429, 20429), "provider_busy"),
        ((400, 12345), "provider_refused"),
    ],
)
def test_what_twilio_refuses_is_said_on_the_call(
    office: World, twilio: FakeCalls, script: tuple[int, int], reason: str
) -> None:
    twilio.script = [script]
    answer = call_back(office.browser("owner_a"), lead_of(office))
    assert answer.status_code == 201
    call = answer.json["call"]
    assert (call["status"], call["outcome"], call["end_reason"]) == ("failed", "failed", reason)
    assert (call["outgoing"]["error"], call["outgoing"]["error_code"]) == (
        "refused as the test asked",
        script[1],
    )
    # The lead can be called again at once.
    assert call_back(office.browser("owner_a"), call["lead_id"], "again").status_code == 201


def test_what_may_have_arrived_is_never_asked_again(office: World, twilio: FakeCalls) -> None:
    twilio.is_lost = True
    owner, lead_id = office.browser("owner_a"), lead_of(office)
    call = call_back(owner, lead_id).json["call"]
    assert (call["ended_at"], call["outgoing"]["is_unknown"]) == (None, True)
    assert call_back(owner, lead_id).json["call"]["id"] == call["id"]
    assert refused(call_back(owner, lead_id, "again")) == (409, "conflict", "call_running")
    assert len(twilio.asked) == 1


def test_twilio_that_is_away_was_not_asked(new_office: Callable[..., World]) -> None:
    world = new_office(twilio_api_url="http://127.0.0.1:9")
    call = call_back(world.browser("owner_a"), lead_of(world)).json["call"]
    assert (call["outcome"], call["end_reason"]) == ("failed", "provider_unreachable")


def test_the_credential_is_shown_nowhere(
    office: World, twilio: FakeCalls, caplog: pytest.LogCaptureFixture
) -> None:
    owner, lead_id = office.browser("owner_a"), lead_of(office)
    twilio.script = [(400, 21215)]
    with structlog.testing.capture_logs() as logs:
        answers = [call_back(owner, lead_id), owner.get(SETTINGS), call_back(owner, lead_id, "2")]
    assert "call not placed" in [line["event"] for line in logs]
    assert len(twilio.asked) == 1
    assert not [one for one in answers if TOKENS[A] in one.get_data(as_text=True)]
    assert TOKENS[A] not in repr(logs) + caplog.text


def test_settings_are_kept_whole_and_every_change_is_on_record(office: World) -> None:
    owner = office.browser("owner_a")
    chosen = OPEN | {"quiet_from": "21:00", "quiet_until": "08:30", "countries": ["IL"]}
    answer = owner.write("PUT", SETTINGS, chosen)
    assert (answer.status_code, answer.json["chosen"]) == (200, chosen)
    assert answer.json["own_country"] == "IL"
    assert owner.write("PUT", SETTINGS, chosen).status_code == 200
    actions = [one["action"] for one in owner.get("/api/business/current/audit").json["items"]]
    assert actions.count("phone.outgoing_changed") == 2
    assert owner.write("PUT", SETTINGS, chosen | {"countries": ["XX"]}).status_code == 422
    assert owner.write("PUT", SETTINGS, chosen | {"quiet_from": "25:00"}).status_code == 422


def test_a_language_of_calls_is_the_one_that_is_asked_for(office: World, twilio: FakeCalls) -> None:
    with office.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        change_settings(tx, tenant, caller_for_job(tenant), {"language": "en"})
    call_back(office.browser("owner_a"), lead_of(office))
    assert twilio.asked[0]["Url"][0].endswith("&language=en")


def test_kinds_of_numbers() -> None:
    assert problem_of("+97236123456", ISRAEL) is None
    assert problem_of("+972771234567", ISRAEL) is None
    assert problem_of("+9721800123456", ISRAEL) == "call_premium"
    assert problem_of("0502345678", ISRAEL) == "call_number"
    assert problem_of("+972502345678", frozenset()) == "call_country"
    assert (country_of("+972502345678"), country_of("+881612345678")) == ("IL", None)


ZONE = ZoneInfo("Asia/Jerusalem")
NIGHT = Quiet(20 * 60, 9 * 60, on_closed_days=True)


def at(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("local", "until"),
    [
        ("2026-11-30T12:00", None),
        ("2026-11-30T09:00", None),
        ("2026-11-30T08:59", "2026-11-30T09:00"),
        ("2026-11-30T20:00", "2026-12-01T09:00"),
        ("2026-11-30T23:30", "2026-12-01T09:00"),
        # Friday ends at 13:00 of no eve's: the week is no quiet, only days without any opening are.
        ("2026-11-27T19:00", None),
        ("2026-11-28T12:00", "2026-11-29T09:00"),
        # The eve of the seventh day of Pesach, which ends at 13:00, and that day.
        ("2027-04-27T14:00", "2027-04-29T09:00"),
        ("2026-12-08T12:00", "2026-12-10T09:00"),
    ],
)
def test_when_nobody_is_called(local: str, until: str | None) -> None:
    day = [(8 * 60, 18 * 60)]
    own = SpecialDay(date(2026, 12, 8), date(2026, 12, 9), "חופשה", is_open=False)
    week = [day, day, day, day, day, [(8 * 60, 13 * 60)], []]
    hours = Hours(ZONE, week, frozenset({"pesach_last"}), 13 * 60, [own])
    assert quiet.is_quiet(NIGHT, hours, at(local)) == (until is not None)
    if until is not None:
        assert quiet.ends_at(NIGHT, hours, at(local)) == at(until)


def test_quiet_within_a_day_and_none_at_all() -> None:
    noon = Quiet(13 * 60, 16 * 60, on_closed_days=False)
    hours = Hours(ZONE)
    assert quiet.is_quiet(noon, hours, at("2026-11-30T14:00"))
    assert quiet.ends_at(noon, hours, at("2026-11-30T14:00")) == at("2026-11-30T16:00")
    assert not quiet.is_quiet(noon, hours, at("2026-11-30T03:00"))
    none = Quiet(0, 0, on_closed_days=True)
    assert not quiet.is_quiet(none, hours, at("2026-11-30T03:00"))
    never = Hours(ZONE, [[], [], [], [], [], [], []])
    assert quiet.is_quiet(none, never, at("2026-11-30T12:00"))
    assert quiet.ends_at(none, never, at("2026-11-30T12:00")) is None
