"""One turn: what to say to a message, by the model where there is one, else by intake.

What the model did by its tools takes effect with the reply that tells of it, in the transaction that
decides on that reply (``tools.carry_out``): neither can be without the other, a reply that went stale
leaves nothing behind, and a turn that is run again after a kill does nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from time import monotonic
from typing import Literal

from maane.assistant import booking, call_words
from maane.assistant.call_words import in_language
from maane.assistant.claims import (
    claims_appointment,
    claims_handover,
    surely_claims_appointment,
    without_times,
)
from maane.assistant.history import (
    awaiting,
    is_unasked,
    last_said,
    said_again,
    said_by_intake,
    said_in_call,
)
from maane.assistant.intake import DONE, IntakeStep, after_voice_note, next_spoken, next_step
from maane.assistant.model import Model, ModelError, Said, Tool
from maane.assistant.rules import (
    CALL_RULES,
    LANGUAGES,
    LONGEST_HISTORY,
    LONGEST_SAID,
    MISSED_RULES,
    RULES,
    TEXT_RULES,
    TRANSFER_RULES,
    outgoing_rules,
    speakable,
)
from maane.assistant.tools import Deeds, Offered, tools_for
from maane.assistant.turn import Consent as Consent
from maane.assistant.turn import Reply as Reply
from maane.assistant.turn import Spent as Spent
from maane.assistant.turn import Turn as Turn
from maane.hours import words as hours_words
from maane.kit.db import Database, now
from maane.kit.logging import LOG
from maane.kit.text import language_of, shortened
from maane.media.words import UNHEARD, spoken

LONGEST_REPLY = 4096
LONGEST_WISH = 200
_SAYINGS: dict[str, tuple[str, str]] = {
    "he": (
        "העברתי את השיחה לאיש צוות של {business}. יחזרו אליך כאן.",
        "בסדר, לא נכתוב לך יותר כאן.",
    ),
    "en": (
        "I passed this on to a person at {business}. They will answer you here.",
        "All right, we will not write to you here any more.",
    ),
    "ar": ("حوّلت المحادثة إلى أحد موظفي {business}. سيجيبك هنا.", "حسنًا، لن نكتب لك هنا بعد الآن."),
    "ru": (
        "Я передал разговор сотруднику {business}. Вам ответят здесь.",
        "Хорошо, мы больше не будем вам здесь писать.",
    ),
}
"""For a turn that handed over, and for one that was asked to be the last."""


def compose_reply(model: Model | None, turn: Turn, database: Database) -> Reply:
    """The reply to the messages at the end of the turn's history. Never raises for a model that
    fails or that spent its budget; what it did until then stays done."""
    if turn.is_last:
        _, stopped = _SAYINGS.get(_language(turn), _SAYINGS["en"])
        return Reply(stopped, "assistant")
    if turn.away is not None and turn.hours is not None:
        return Reply(hours_words.away(turn.hours, turn.away.until, _language(turn)), "assistant")
    if (own := own_answer(turn)) is not None:
        return own
    deeds, spent = Deeds(), Spent()
    tools = [spent.watching(tool) for tool in tools_of(turn, database, deeds)]
    began = monotonic()
    text = None if model is None else _asked(model, turn, tools)
    spent.model_s = monotonic() - began - spent.tools_s
    return concluded(turn, deeds, spent, text)


def concluded(
    turn: Turn, deeds: Deeds, spent: Spent, text: str | None, *, is_said: bool = False
) -> Reply:
    """The reply that comes of what a model said, None for nothing, and did. ``is_said``: it was spoken
    while it was made, and cannot be taken back."""
    _, ended = _own_sayings(turn)
    if text is not None and is_unfounded(turn, deeds, text):
        text = None
    elif text is not None and claims_handover(text):
        hand_over(turn, deeds)
    if deeds.wishes:
        # What became of an appointment is known only once it is in the database: no word of the model's
        # goes with it, for it could tell otherwise.
        deeds.wishes.language = _language(turn)
        text = None if deeds.handed_over is not None else ""
    if is_fixed(turn, deeds):
        return _fixed(turn, deeds, spent)
    if deeds.is_stopped or (deeds.is_call_ended and text is None):
        # Whoever asked for silence gets one sentence, and it is not the model's to choose.
        text = ended
    elif deeds.handed_over is not None:
        text = _after_handover(turn, text, is_said=is_said)
    if text is not None:
        return Reply(
            _cut(turn, text),
            "assistant",
            deeds=deeds,
            spent=spent,
            ends_call=deeds.is_call_ended,
            consent=consent_in(turn),
        )
    return intake_reply(turn, deeds, spent)


def is_unfounded(turn: Turn, deeds: Deeds, text: str) -> bool:
    """True for a model's words that something was done to an appointment, where no tool was asked for it.
    What follows is noted: where appointments are offered, what the database holds is told, else a person
    answers what nobody here can."""
    if deeds.wishes:
        return False
    if turn.offers_appointments:
        deeds.wishes.is_claimed = claims_appointment(text)
        return deeds.wishes.is_claimed
    if not surely_claims_appointment(text):
        return False
    hand_over(turn, deeds)
    return True


def hand_over(turn: Turn, deeds: Deeds) -> None:
    """Makes it true that a person is told, of what the customer said, unless it is."""
    if deeds.handed_over is None:
        deeds.handed_over = awaiting(turn.history)[:LONGEST_WISH]


def _after_handover(turn: Turn, text: str | None, *, is_said: bool) -> str:
    """What is said with a handover. What is written is ours alone; a call goes on, and there a model's
    words stand but for those that say when somebody comes, which nobody promised."""
    if turn.is_call and text is not None and (kept := text if is_said else without_times(text)):
        return kept
    return called_back(turn)


def is_fixed(turn: Turn, deeds: Deeds) -> bool:
    """True where what follows was decided by a tool, and its words are ours and not the model's: a person
    is rung, or a caller is asked whether they want a text."""
    is_rung = deeds.handed_over is not None and turn.transfer == "ready"
    return turn.is_call and (is_rung or deeds.offers_text)


def _fixed(turn: Turn, deeds: Deeds, spent: Spent) -> Reply:
    language, business = _own_language(turn), turn.tenant.name
    if deeds.handed_over is not None and turn.transfer == "ready":
        text = in_language(call_words.PUT_THROUGH, language).format(business=business)
        return Reply(text, "assistant", deeds=deeds, spent=spent, transfers=True)
    text = in_language(call_words.OFFER_TEXT, language)
    return Reply(text, "assistant", deeds=deeds, spent=spent, consent="asked")


def called_back(turn: Turn) -> str:
    """What somebody is told who wanted a person: one answers them, or calls back."""
    handed_over, _ = _own_sayings(turn)
    return _with_opening(turn, handed_over.format(business=turn.tenant.name))


def untold_of(turn: Turn, deeds: Deeds) -> str:
    """What a caller must be told of deeds whose words they did not hear; mostly nothing."""
    if deeds.handed_over is None or turn.transfer == "ready":
        return ""
    return called_back(turn)


def own_answer(turn: Turn) -> Reply | None:
    """The answer for which no model is asked, nor intake: to a plain yes to the question whether a text
    is wanted, and what is only said again."""
    if (agreed := _agreement(turn)) is not None or not turn.is_call:
        return agreed
    again = said_again(turn.history, turn.last)
    if again is None:
        return None
    # It uses up no question of intake's, nor the one whether a text is wanted.
    author: Literal["assistant", "intake"] = "intake" if again.author == "intake" else "assistant"
    return Reply(again.text, author, consent="asked" if turn.text == "asked" else None)


def _agreement(turn: Turn) -> Reply | None:
    if consent_in(turn) != "agreed":
        return None
    text = in_language(call_words.TEXT_COMES, _own_language(turn))
    asked = last_said(turn.history)
    # Where intake asked, intake goes on: it counts what it said.
    by_intake = asked is not None and asked.author == "intake"
    return Reply(text, "intake" if by_intake else "assistant", consent="agreed")


def consent_in(turn: Turn) -> Consent | None:
    """What a caller said to that question; None where they were not asked."""
    if turn.text != "asked":
        return None
    words = awaiting(turn.history)
    if call_words.is_yes(words):
        return "agreed"
    return "refused" if call_words.begins_with_no(words) else "unclear"


def _own_sayings(turn: Turn) -> tuple[str, str]:
    language = _own_language(turn)
    if turn.is_call:
        return (
            in_language(call_words.CALLED_BACK, language),
            in_language(call_words.GOODBYE, language),
        )
    return _SAYINGS.get(language, _SAYINGS["en"])


def intake_reply(turn: Turn, deeds: Deeds | None = None, spent: Spent | None = None) -> Reply:
    """What is said where no model says anything, or none in time: intake takes a message. What a model
    did by its tools before it failed is in ``deeds``."""
    deeds, spent = deeds or Deeds(), spent or Spent()
    wish = awaiting(turn.history)
    if turn.is_call and turn.transfer == "ready" and call_words.wants_person(wish):
        hand_over(turn, deeds)
        return replace(_fixed(turn, deeds, spent), author="intake")
    step = _intake(turn)
    text, consent = _with_opening(turn, step.text) if step.is_taken else step.text, consent_in(turn)
    if step.is_taken and turn.text == "may":
        text, consent = in_language(call_words.OFFER_TEXT, _own_language(turn)), "asked"
    return Reply(
        _cut(turn, text),
        "intake",
        name=step.name,
        need=step.need,
        is_taken=step.is_taken,
        deeds=deeds,
        spent=spent,
        ends_call=step.ends_call,
        consent=consent,
    )


def tools_of(turn: Turn, database: Database, deeds: Deeds) -> Sequence[Tool]:
    """The tools of a turn, which write into ``deeds``."""
    offered = Offered(turn.is_call, turn.transfer == "ready", turn.text == "may")
    tools = tools_for(database, turn.tenant, deeds, offered)
    if not turn.offers_appointments:
        return tools
    conversation_id = turn.history[-1].conversation_id
    return (*tools, *booking.tools_for(database, turn.tenant, conversation_id, deeds.wishes))


def _own_language(turn: Turn) -> str:
    return turn.language or turn.tenant.language


def _language(turn: Turn) -> str:
    """The language that the customer wrote in last, else the business's."""
    wrote = (m.text for m in reversed(turn.history) if m.direction == "inbound")
    return next((found for text in wrote if (found := language_of(text))), _own_language(turn))


def _asked(model: Model, turn: Turn, tools: Sequence[Tool]) -> str | None:
    try:
        return model.reply(instructions_of(turn), said_of(turn), tools)
    except ModelError as error:
        LOG.warning(
            "model failed",
            business_id=turn.tenant.id,
            message_id=turn.history[-1].id,
            reason=error.reason,
        )
        return None


def instructions_of(turn: Turn) -> str:
    """The business's prompt, and our rules."""
    parts = [turn.prompt if turn.prompt.strip() else "", CALL_RULES if turn.is_call else RULES]
    if turn.calls_about is not None:
        parts.append(outgoing_rules(turn.known_name, turn.calls_about))
    if turn.transfer == "ready":
        language = LANGUAGES.get(turn.tenant.language, "English")
        parts.append(TRANSFER_RULES.format(language=language))
    elif turn.transfer == "missed":
        parts.append(MISSED_RULES)
    if turn.text == "may":
        parts.append(TEXT_RULES)
    if turn.hours is not None:
        parts.append(hours_words.for_model(turn.hours, now()))
    if turn.offers_appointments:
        parts.append(booking.rules(turn.tenant.timezone))
    return "\n\n".join(part for part in parts if part)


def _with_opening(turn: Turn, promise: str) -> str:
    """A promise that a person comes, with when there is one to come."""
    opening = hours_words.opening(turn.hours, now(), _own_language(turn))
    return f"{promise} {opening}".strip()


def said_of(turn: Turn) -> list[Said]:
    """What one side said in a row is one thing said: many models take turns only one by one. Of what is
    long the beginning is kept, and of all together what was said last."""
    kept: list[tuple[str, str]] = []
    room = LONGEST_HISTORY
    for message in reversed(turn.history):
        text = message.text
        text = text if len(text) <= LONGEST_SAID else f"{text[: LONGEST_SAID - 1]}…"
        room -= len(text)
        if room < 0:
            break
        kept.append((message.direction, text))
    return [
        Said("customer" if direction == "inbound" else "us", "\n".join(text for _, text in said))
        for direction, said in groupby(reversed(kept), key=lambda one: one[0])
    ]


def _intake(turn: Turn) -> IntakeStep:
    wrote = [message.text for message in turn.history if message.awaits_answer]
    words = "\n".join(filter(None, map(spoken, wrote)))
    is_unheard = any(UNHEARD in text for text in wrote)
    tenant, name = turn.tenant, turn.known_name
    # A lead that nobody named yet bears its number, which is no way to call a person.
    called = None if name is None or name.lstrip("+").isdigit() else name
    asked = last_said(turn.history)
    if turn.transfer == "missed" and asked is not None and is_unasked(asked):
        # A yes or a no to whether they want to leave a message is none of it.
        if call_words.is_no(words):
            goodbye = in_language(call_words.GOODBYE, _own_language(turn))
            return IntakeStep(goodbye, ends_call=True)
        words = "" if call_words.is_yes(words) else words
    if turn.is_call:
        has_number = turn.has_number
        said = said_in_call(turn.history)
        if turn.calls_about is not None and called is not None:
            # Whom we called by name is not asked for it: what they say is the message.
            said += DONE - 1
        return next_spoken(
            _own_language(turn), tenant.name, said, called, words, has_number=has_number
        )
    step = after_voice_note if is_unheard else next_step
    return step(tenant.language, tenant.name, said_by_intake(turn.history), called, words)


def _cut(turn: Turn, text: str) -> str:
    if turn.is_call:
        return speakable(text)
    return shortened(text, LONGEST_REPLY)
