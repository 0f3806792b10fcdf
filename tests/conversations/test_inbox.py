"""The inbox: filters, search, unread, assignment, notes, and answers of 304."""

from __future__ import annotations

from typing import Any

import pytest

from maane.channels.whatsapp.jobs import Work
from maane.conversations import operations as conversations
from maane.conversations import search
from maane.kit.db import now
from maane.leads import operations as leads
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.people import A, Browser, World, email_of

PATH = "/api/business/current/conversations"


class Inbox:
    """Three customers of business A who wrote in this order, and the owner who reads."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.owner = world.browser("owner_a")
        self.count = 0
        self.dana = self.write("דנה כהן", "+972501111111", "כמה עולה תספורת?")
        self.avi = self.write("Avi Levi", "+972502222222", "Are you open on Friday?")
        self.ruth = self.write("רות", "+972503333333", "אפשר תור?")

    def write(self, name: str, phone: str, text: str) -> int:
        """A customer's message; the id of their conversation."""
        self.count += 1
        contact = conversations.Contact("whatsapp", phone.lstrip("+"), phone, name)
        with self.world.database.transaction(A) as tx:
            tenant = tenant_for_job(tx, A)
            said = conversations.Incoming(f"m{self.count}", text, now(), now(), awaits_answer=True)
            return conversations.take_in(tx, tenant, contact, [said]).id

    def names(self, query: str = "", browser: Browser | None = None) -> list[str]:
        page: Any = (browser or self.owner).get(f"{PATH}?{query}").json
        return [item["contact_name"] for item in page["items"]]

    def act(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.owner.write(method, f"{PATH}/{path}", body)
        assert answer.status_code < 300, answer.json
        return answer.json

    def one(self, key: int, browser: Browser | None = None) -> Any:
        return (browser or self.owner).get(f"{PATH}/{key}").json


@pytest.fixture
def inbox(world: World) -> Inbox:
    return Inbox(world)


def test_who_wrote_last_stands_first_on_every_page(inbox: Inbox) -> None:
    inbox.write("דנה כהן", "+972501111111", "הלו?")
    assert inbox.names() == ["דנה כהן", "רות", "Avi Levi"]
    first: Any = inbox.owner.get(f"{PATH}?limit=2").json
    assert first["items"][0]["last_message"]["text"] == "הלו?"
    assert inbox.names(f"limit=2&after={first['next']}") == ["Avi Levi"]


def test_the_filters(inbox: Inbox) -> None:
    inbox.act("POST", f"{inbox.avi}/close")
    inbox.act("POST", f"{inbox.dana}/take-over")
    assert inbox.names("status=open") == ["רות", "דנה כהן"]
    assert inbox.names("status=closed") == ["Avi Levi"]
    assert inbox.names("status=waiting") == ["דנה כהן"]
    assert inbox.names("status=mine") == ["דנה כהן"]
    assert inbox.names("status=all") == ["רות", "Avi Levi", "דנה כהן"]
    body = {"text": "כאן", "idempotency_key": "k"}
    inbox.act("POST", f"{inbox.dana}/messages", body)
    assert inbox.names("status=waiting") == []


def test_an_answer_that_fails_leaves_its_customer_waiting(inbox: Inbox) -> None:
    """No number is connected, so the job of the message that a person wrote gives up at once."""
    message = inbox.act("POST", f"{inbox.dana}/messages", {"text": "כאן", "idempotency_key": "k"})
    Work(inbox.world.database, inbox.world.settings, None).sending.send(A, message["id"])
    assert inbox.names("status=waiting") == ["דנה כהן"]
    assert inbox.one(inbox.dana)["last_message"]["status"] == "failed"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("דנה", ["דנה כהן"]),
        ("avi", ["Avi Levi"]),
        ("תור", ["רות"]),
        ("OPEN ON", ["Avi Levi"]),
        ("050-222", ["Avi Levi"]),
        ("+972 50 3333333", ["רות"]),
        ("%", []),
        ("_", []),
        ("לא נאמר", []),
    ],
)
def test_search_by_name_number_and_words(inbox: Inbox, words: str, found: list[str]) -> None:
    answer: Any = inbox.owner.get(PATH, query_string={"q": words}).json
    assert [item["contact_name"] for item in answer["items"]] == found


def test_who_said_their_name_is_shown_and_found_by_it(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = inbox.write("+972504444444", "+972504444444", "שלום")
    with inbox.world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        caller = caller_for_job(tenant)
        lead = leads.open_for_contact(
            tx, tenant, caller, "+972504444444", "+972504444444", source="whatsapp"
        )
        conversations.tie_lead(tx, tenant, key, lead.id)
    assert inbox.names()[0] == "+972504444444"
    with inbox.world.database.transaction(A) as tx:
        leads.save_details(
            tx,
            tenant,
            caller,
            lead.id,
            name="אורנה גל",
            phone=None,
            email=None,
            note=None,
            stand_ins={"+972504444444"},
        )
    assert inbox.names()[0] == inbox.one(key)["contact_name"] == "אורנה גל"
    assert inbox.names("q=אורנה") == ["אורנה גל"]
    assert inbox.names("q=4444444") == ["אורנה גל"]
    monkeypatch.setattr(search, "SEARCHED_LEADS", 0)
    assert inbox.names("q=אורנה") == []


def test_a_search_looks_at_the_newest_only(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SEARCHED_MESSAGES", 2)
    assert inbox.names("q=תספורת") == []
    monkeypatch.setattr(search, "SEARCHED_CONVERSATIONS", 2)
    assert inbox.names("q=דנה") == []
    assert inbox.names("q=רות") == ["רות"]


def test_each_user_has_read_for_themselves(inbox: Inbox) -> None:
    other = inbox.world.browser("admin_at_home")
    assert inbox.one(inbox.dana)["is_unread"]
    last = inbox.owner.get(f"{PATH}/{inbox.dana}/messages").json["items"][0]["id"]  # type: ignore[index]
    marked = inbox.act("PUT", f"{inbox.dana}/read", {"message_id": last + 1000})
    assert marked["message_id"] == last
    inbox.act("PUT", f"{inbox.dana}/read", {"message_id": 1})
    assert not inbox.one(inbox.dana)["is_unread"]
    assert inbox.one(inbox.dana, other)["is_unread"]
    inbox.write("דנה כהן", "+972501111111", "הלו?")
    assert inbox.one(inbox.dana)["is_unread"]


def test_assignment_is_to_users_of_the_business(inbox: Inbox) -> None:
    users: Any = inbox.owner.get("/api/business/current/users").json
    ids = {user["name"]: user["id"] for user in users["items"]}
    assert sorted(ids) == ["admin_at_home", "owner_a"]
    shown = inbox.act("PUT", f"{inbox.dana}/assignee", {"user_id": ids["admin_at_home"]})
    assert shown["assigned_to"] == {"id": ids["admin_at_home"], "name": "admin_at_home"}
    assert inbox.names("status=mine") == []
    assert inbox.names("status=mine", inbox.world.browser("admin_at_home")) == ["דנה כהן"]
    assert inbox.act("PUT", f"{inbox.dana}/assignee", {"user_id": None})["assigned_to"] is None
    stranger: Any = inbox.world.browser("owner_b").get("/api/auth/me").json
    assert stranger["user"]["email"] == email_of("owner_b")
    for user_id in (stranger["user"]["id"], 999_999):
        answer = inbox.owner.write("PUT", f"{PATH}/{inbox.dana}/assignee", {"user_id": user_id})
        assert answer.status_code == 422


def test_notes_stay_inside(inbox: Inbox) -> None:
    inbox.act("POST", f"{inbox.dana}/notes", {"text": "לקוחה ותיקה"})
    inbox.act("POST", f"{inbox.dana}/notes", {"text": "מעדיפה בוקר"})
    page: Any = inbox.owner.get(f"{PATH}/{inbox.dana}/notes").json
    assert [(n["author_name"], n["text"]) for n in page["items"]] == [
        ("owner_a", "מעדיפה בוקר"),
        ("owner_a", "לקוחה ותיקה"),
    ]
    said: Any = inbox.owner.get(f"{PATH}/{inbox.dana}/messages").json
    assert [m["text"] for m in said["items"]] == ["כמה עולה תספורת?"]
    with inbox.world.database.transaction(A, writes=False) as tx:
        tenant = tenant_for_job(tx, A)
        message = conversations.message_of_event(tx, tenant, "m1")
        assert message is not None
        told = conversations.history(tx, tenant, message)
    assert [m.text for m in told] == ["כמה עולה תספורת?"]


@pytest.mark.parametrize("path", ["", "/1", "/1/messages", "/1/notes"])
def test_what_has_not_changed_is_not_sent_again(inbox: Inbox, path: str) -> None:
    first = inbox.owner.get(PATH + path)
    tag = first.headers["ETag"]
    again = inbox.owner.get(PATH + path, headers={"If-None-Match": tag})
    assert (again.status_code, again.get_data(), again.headers["ETag"]) == (304, b"", tag)
    assert again.headers["Cache-Control"] == "no-store"
    inbox.write("דנה כהן", "+972501111111", "הלו?")
    inbox.act("POST", f"{inbox.dana}/notes", {"text": "חדש"})
    changed = inbox.owner.get(PATH + path, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.headers["ETag"] != tag) == (200, True)
