"""A customer who ends automatic messages by a word, with real processes: one sentence, then silence,
and no model is asked."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import select

from maane.channels.whatsapp import operations
from maane.conversations import operations as conversations
from maane.conversations import people
from maane.conversations.models import Conversation
from maane.conversations.operations import Contact, Incoming
from maane.jobs.queue import Jobs
from maane.kit.db import now
from maane.notifications import operations as notifications
from maane.notifications.models import Notification
from maane.tenancy.access import Caller, Tenant, caller_for_job, tenant_for_job
from maane.tenancy.models import AuditEvent
from tests.fakes import calls, echo, told
from tests.people import A, World
from tests.town import Customer, Town

LAST = "בסדר, לא נכתוב לך יותר כאן."
LASTS = (LAST, "All right, we will not write to you here any more.")


def conversation(customer: Customer) -> Conversation:
    with customer.town.database.transaction(A, writes=False) as tx:
        mine = select(Conversation).where(Conversation.contact_key == customer.digits)
        return tx.scalars(mine).one()


def audited(town: Town, key: int) -> list[str]:
    with town.database.transaction(A, writes=False) as tx:
        wanted = select(AuditEvent.action).where(AuditEvent.subject == f"conversation:{key}")
        return list(tx.scalars(wanted.order_by(AuditEvent.id)))


def act(town: Town, verb: Any, *arguments: Any) -> Any:
    with town.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        return verb(tx, tenant, caller_for_job(tenant), *arguments)


def is_taken_in(customer: Customer, number: int) -> None:
    """All the customer's messages were taken in, and nothing more is said to them."""
    customer.wait(
        lambda: len([m for m in customer.messages() if m.direction == "inbound"]) == number
    )
    time.sleep(0.5)


def test_the_word_alone_is_answered_by_one_sentence_and_no_model_is_asked(town: Town) -> None:
    customer = town.customer()
    customer.write("מה המחיר?")
    customer.wait_for_answers(1)
    asked = len(town.model.requests)
    customer.write("הסר!")
    answers = customer.wait_for_answers(2)
    assert (answers[-1].text, answers[-1].author) == (LAST, "assistant")
    row = conversation(customer)
    assert (row.owner, row.silence_reason, row.owned_until_at) == ("person", "stopped", None)
    assert (row.owner_user_id, row.is_waiting) == (None, False)
    for words in ("הסר", "ועוד שאלה", "STOP"):
        customer.write(words)
    is_taken_in(customer, 5)
    assert len(customer.sent()) == 2
    assert len(town.model.requests) == asked
    assert conversation(customer).is_waiting  # a person may see that they wrote again
    assert audited(town, row.id).count("conversation.stopped") == 1


@pytest.mark.parametrize("pause_s", [0, 1])
def test_a_burst_with_the_word_in_it_and_its_duplicates_is_told_once(
    town: Town, pause_s: int
) -> None:
    town.pause(pause_s)
    customer = town.customer()
    for number, words in enumerate(["שלום", "stop", "Stop", "תודה"], 1):
        wamid = f"wamid.{customer.digits}.burst.{number}"
        customer.write(words, wamid)
        customer.write(words, wamid)
    customer.wait(lambda: any(m.text in LASTS and m.status == "sent" for m in customer.answers()))
    is_taken_in(customer, 4)
    last = [m for m in customer.answers() if m.text in LASTS]
    assert [m.status for m in last] == ["sent"]
    assert customer.answers()[-1].id == last[0].id
    assert conversation(customer).silence_reason == "stopped"


def test_the_word_to_begin_again_gives_the_conversation_back(town: Town) -> None:
    town.model.say = echo
    customer = town.customer()
    customer.write("START")  # nothing was stopped: words like any others
    first = customer.wait_for_answers(1)[0]
    assert first.text.endswith("START")
    customer.write("stop")
    customer.wait_for_answers(2)
    customer.write("הלו?")
    is_taken_in(customer, 3)
    customer.write("חזור")
    assert customer.wait_for_answers(3)[-1].text.endswith("חזור")
    row = conversation(customer)
    assert (row.owner, row.silence_reason) == ("assistant", None)
    assert audited(town, row.id) == ["conversation.stopped", "conversation.handed_back"]
    customer.write("стоп")
    assert customer.wait_for_answers(4)[-1].text.startswith("Хорошо")


def test_a_conversation_that_a_person_has_falls_silent_too_and_stays_theirs(town: Town) -> None:
    customer = town.customer()
    customer.write("שלום")
    customer.wait_for_answers(1)
    key = conversation(customer).id
    act(town, people.take_over, key)
    customer.write("הסירו אותי")
    assert customer.wait_for_answers(2)[-1].text == LAST
    assert conversation(customer).silence_reason == "stopped"

    def write(tx: Any, tenant: Tenant, caller: Caller) -> None:
        jobs = Jobs(town.database, town.settings.secret("partitions"))
        people.write_message(tx, jobs, tenant, caller, key, "קיבלנו", f"k{key}")

    act(town, write)
    customer.wait_for_answers(3)
    row = conversation(customer)
    assert (row.silence_reason, row.owned_until_at) == ("stopped", None)
    act(town, people.close, key)
    customer.write("שוב אני")
    is_taken_in(customer, 3)
    assert len(customer.answers()) == 3


def test_after_the_word_a_handover_escalates_no_more(town: Town) -> None:
    def say(messages: Any) -> Any:
        return "מעבירה" if told(messages) else calls(("hand_to_person", {"reason": "x"}))

    town.model.say = say
    customer = town.customer()
    customer.write("אפשר אדם?")
    customer.wait_for_answers(1)
    customer.write("עצרו")
    customer.wait_for_answers(2)
    row = conversation(customer)
    with town.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        notice = tx.scalars(
            select(Notification).where(Notification.conversation_id == row.id)
        ).one()
        assert notice.escalates_at is not None
        notice.escalates_at = notice.created_at
        tx.flush()
        jobs = Jobs(town.database, town.settings.secret("partitions"))
        assert notifications.escalate(tx, jobs, tenant, notice.id) is None
    assert len(customer.answers()) == 2
    assert conversation(customer).escalated_at is None


def test_what_was_about_to_be_said_is_kept_back(town: Town) -> None:
    customer = town.customer()
    town.graph.script = [(503, 131000), (503, 131000), (503, 131000)]
    customer.write("מה המחיר?")
    customer.wait(lambda: any(m.error for m in customer.answers()))
    customer.write("הסר")
    customer.wait(lambda: any(m.text == LAST and m.status == "sent" for m in customer.answers()))
    time.sleep(0.5)
    assert [m.status for m in customer.answers()] == ["withheld", "sent"]
    assert customer.answers()[0].error == "stopped"
    assert len([r for r in customer.sent() if LAST in str(r["body"])]) >= 1


def test_a_business_has_words_of_its_own(town: Town) -> None:
    act(town, operations.change_words, ["מספיק"], ["עוד"])
    try:
        customer = town.customer()
        customer.write("stop")
        assert customer.wait_for_answers(1)[0].text != LAST
        customer.write("מַסְפִּיק")
        assert customer.wait_for_answers(2)[-1].text == LAST
    finally:
        act(town, operations.change_words, operations.consent.OUT, operations.consent.BACK)


def test_a_suspended_business_notes_the_word_too(town: Town) -> None:
    with town.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        row = conversations.take_in(
            tx,
            tenant,
            Contact("whatsapp", "972509999999", None, None),
            [Incoming("wamid.suspended", "STOP", now(), now(), awaits_answer=False)],
        )
        assert (row.silence_reason, row.is_waiting) == ("stopped", False)


def test_the_words_are_changed_over_http_and_none_may_mean_both(world: World) -> None:
    owner = world.browser("owner_a")
    path = "/api/business/current/whatsapp/opt-out"
    defaults: Any = owner.get(path).json
    assert "הסר" in defaults["out_words"]
    assert defaults["out_words"] == defaults["default_out_words"]
    mine = {"out_words": ["Enough!"], "back_words": ["more"]}
    answer = owner.write("PUT", path, mine)
    assert (answer.status_code, answer.json) == (200, defaults | mine)
    assert owner.get("/api/business/current/whatsapp/settings").json == {"pause_s": 3}
    assert world.browser("owner_b").get(path).json == defaults
    for wrong in (
        {"out_words": [], "back_words": ["more"]},
        {"out_words": ["!?"], "back_words": ["more"]},
        {"out_words": ["MORE."], "back_words": ["more"]},
        {"out_words": ["x" * 61], "back_words": ["more"]},
        {"out_words": ["a\nb"], "back_words": ["more"]},
    ):
        assert owner.write("PUT", path, wrong).status_code == 422
    assert owner.get(path).json == defaults | mine
    log: Any = owner.get("/api/business/current/audit").json
    assert [e["subject"] for e in log["items"] if e["action"] == "whatsapp.changed"] == [
        f"business:{A} opt_out"
    ]
