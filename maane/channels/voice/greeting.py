"""The first words of a call: of one that came in, and of one that the business makes."""

from __future__ import annotations

from dataclasses import dataclass

from maane.calls.models import Call
from maane.channels.voice.languages import DEFAULT
from maane.channels.voice.settings import Chosen
from maane.conversations import operations as conversations
from maane.kit.db import Transaction
from maane.leads import operations as leads
from maane.tenancy.access import Tenant


@dataclass(frozen=True, slots=True)
class Sentences:
    """``greeting`` is said to a lead whom the assistant calls: who speaks, and why; ``named`` is how the
    name is put into it. The others are for a person of the business whose own phone was rung: ``whisper``
    says whom a key will call, ``unconfirmed`` ends a call for which none was pressed, ``rings`` goes
    before the ringing, ``reached`` and ``unreached`` come after it."""

    greeting: str
    named: str
    whisper: str
    unconfirmed: str
    rings: str
    reached: str
    unreached: str


_SENTENCES: dict[str, Sentences] = {
    "he": Sentences(
        "שלום{name}, כאן העוזר הקולי של {business}, בהמשך לפנייה שלך אלינו. זה זמן טוב לדבר?",
        " {name}",
        "כאן {business}. כדי להתקשר אל {name} מקישים על מקש כלשהו.",
        "לא הוקש מקש, אז לא מתקשרים. להתראות.",
        "מחייגים.",
        "השיחה הסתיימה. להתראות.",
        "אין מענה. להתראות.",
    ),
    "en": Sentences(
        "Hello{name}, this is the voice assistant of {business}, calling back about your request. "
        "Is this a good time to talk?",
        " {name}",
        "This is {business}. To call {name}, press any key.",
        "No key was pressed, so nobody is called. Goodbye.",
        "Calling now.",
        "The call has ended. Goodbye.",
        "There is no answer. Goodbye.",
    ),
    "ar": Sentences(
        "مرحبًا{name}، معك المساعد الصوتي لـ{business}، نعاود الاتصال بخصوص طلبك. هل الوقت مناسب للحديث؟",
        " {name}",
        "هنا {business}. للاتصال بـ{name} اضغط على أي زر.",
        "لم يُضغط أي زر، لذلك لن نتصل بأحد. إلى اللقاء.",
        "جارٍ الاتصال.",
        "انتهت المكالمة. إلى اللقاء.",
        "لا يوجد رد. إلى اللقاء.",
    ),
    "ru": Sentences(
        "Здравствуйте{name}, это голосовой помощник компании {business}. Мы перезваниваем по вашему "
        "обращению. Вам удобно говорить?",
        ", {name}",
        "Это {business}. Чтобы позвонить {name}, нажмите любую клавишу.",
        "Клавиша не нажата, поэтому мы никому не звоним. До свидания.",
        "Набираем номер.",
        "Разговор окончен. До свидания.",
        "Ответа нет. До свидания.",
    ),
}


def sentences_of(language: str) -> Sentences:
    return _SENTENCES.get(language, _SENTENCES[DEFAULT])


def first_words(tx: Transaction, tenant: Tenant, call: Call, chosen: Chosen) -> str:
    """What is said first in a call, and that it is recorded where it is. Whoever picks up a call of ours
    may be somebody else, so what it is about is not said yet."""
    if call.direction == "inbound":
        return chosen.greets(tenant.name)
    sentences, name = sentences_of(chosen.language), lead_name(tx, tenant, call)
    named = "" if name is None else sentences.named.format(name=name)
    # Not by format: a name may hold braces.
    words = sentences.greeting.replace("{name}", named).replace("{business}", tenant.name)
    return f"{words} {chosen.sentences.recorded}" if call.is_recorded else words


def lead_name(tx: Transaction, tenant: Tenant, call: Call) -> str | None:
    """What the lead of a call is called; None where it bears a number in a name's place."""
    lead_id = conversations.lead_id_of(tx, tenant, call.conversation_id)
    if lead_id is None:
        return None
    name = leads.get_lead(tx, tenant, lead_id).name
    return None if name in conversations.contact_names(tx, tenant, call.conversation_id) else name
