"""What a business has that has been in use for a while."""

from __future__ import annotations

from bench.databases import Place

MESSAGES_A_CONVERSATION = 10


def fill_leads(here: Place, count: int) -> None:
    columns = "id, business_id, name, phone, note, status, source, created_at, updated_at"
    here.execute(
        "INSERT INTO lead_stages (business_id, key, position, kind) VALUES (1, 'new', 0, 'open') "
        "ON CONFLICT DO NOTHING"
    )
    here.execute(
        f"INSERT INTO leads ({columns}) {_numbers(count)} SELECT n, 1, 'Lead ' || n, "
        "'+97250' || n, 'note', 'new', 'manual', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP FROM numbers"
    )
    here.count_on("leads")
    here.execute("ANALYZE")


def fill_inbox(here: Place, count: int) -> None:
    """Conversations of ten messages, each with its lead and half of them read."""
    each, conversations = MESSAGES_A_CONVERSATION, count // MESSAGES_A_CONVERSATION
    fill_leads(here, conversations)
    here.execute(
        "INSERT INTO conversations (id, business_id, channel, contact_key, contact_phone, "
        "contact_name, prompt_version, stale_rounds, status, owner, is_waiting, last_message_id, "
        "last_message_at, last_inbound_id, last_inbound_at, created_at) "
        f"{_numbers(conversations)} SELECT n, 1, 'whatsapp', '97250' || n, '+97250' || n, "
        "'Name ' || n, 1, 0, CASE WHEN n % 3 = 0 THEN 'closed' ELSE 'open' END, 'assistant', "
        f"n % 50 = 0, n * {each}, CURRENT_TIMESTAMP, n * {each} - 1, CURRENT_TIMESTAMP, "
        "CURRENT_TIMESTAMP FROM numbers"
    )
    here.execute(
        "INSERT INTO messages (id, business_id, conversation_id, direction, author, text, status, "
        f"awaits_answer, created_at) {_numbers(count)} SELECT n, 1, (n - 1) / {each} + 1, "
        "CASE WHEN n % 2 = 0 THEN 'outbound' ELSE 'inbound' END, "
        "CASE WHEN n % 2 = 0 THEN 'assistant' ELSE 'customer' END, 'שלום, יש תור למחר? ' || n, "
        "CASE WHEN n % 2 = 0 THEN 'sent' ELSE 'received' END, n < 0, CURRENT_TIMESTAMP FROM numbers"
    )
    here.execute(
        "INSERT INTO conversation_leads (business_id, conversation_id, lead_id) "
        f"{_numbers(conversations)} SELECT 1, n, n FROM numbers"
    )
    here.execute(
        "INSERT INTO conversation_reads (business_id, conversation_id, user_id, message_id) "
        f"{_numbers(conversations)} SELECT 1, n, (SELECT min(id) FROM users), n * {each} FROM "
        "numbers WHERE n % 2 = 0"
    )
    here.execute(
        "INSERT INTO inbound_events (id, business_id, provider, external_id, contact_key, payload, "
        f"received_at, processed_at, retries) {_numbers(count)} SELECT n, 1, 'whatsapp', "
        f"'filled.' || n, '97250' || ((n - 1) / {each} + 1), '{{}}', CURRENT_TIMESTAMP, "
        "CURRENT_TIMESTAMP, 0 FROM numbers WHERE n % 2 = 0"
    )
    for table in ("conversations", "messages", "inbound_events"):
        here.count_on(table)
    here.execute("ANALYZE")


def fill_calls(here: Place, count: int) -> None:
    """Calls of five turns each, whose words are the messages of ``fill_inbox``, twice as many."""
    each = MESSAGES_A_CONVERSATION // 2
    fill_inbox(here, count * 2)
    here.execute(
        "INSERT INTO calls (id, business_id, conversation_id, external_id, account_sid, direction, "
        "from_number, to_number, engine, language, status, silences, is_recorded, started_at, "
        f"last_heard_at) {_numbers(count // each)} SELECT n, 1, n, 'filled' || n, 'AC', 'inbound', "
        "'+97250' || n, '+97236000000', 'relay', 'he', 'completed', 0, n < 0, CURRENT_TIMESTAMP, "
        "CURRENT_TIMESTAMP FROM numbers"
    )
    here.execute(
        "INSERT INTO call_turns (id, business_id, call_id, step, kind, state, heard_id, said_id, "
        "is_partial, ends_call, transfers, rounds, heard_at, tools) "
        f"{_numbers(count)} SELECT n, 1, (n - 1) / {each} + 1, (n - 1) % {each}, 'speech', 'said', "
        "n * 2 - 1, n * 2, n < 0, n < 0, n < 0, 0, CURRENT_TIMESTAMP, '[]' FROM numbers"
    )
    for table in ("calls", "call_turns"):
        here.count_on(table)
    here.execute("ANALYZE")


def _numbers(count: int) -> str:
    return (
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers "
        f"WHERE n < {count})"
    )
