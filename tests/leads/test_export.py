"""The file of all leads."""

from __future__ import annotations

import csv
from io import StringIO

from sqlalchemy import select

from maane.leads.export import COLUMNS, ROWS_AT_ONCE
from maane.leads.models import Lead
from maane.tenancy.models import AuditEvent
from tests.people import A, World

PATH = "/api/business/current/leads"
STAGES = f"{PATH}/stages"


def _rows(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(StringIO(text[1:])))


def test_the_file_holds_each_lead_of_the_business_and_no_other(world: World) -> None:
    browser = world.browser("owner_a")
    count = ROWS_AT_ONCE * 2 + 1
    for number in range(count):
        browser.write("POST", PATH, {"name": f'לקוח "{number}", ועוד\nשורה'.replace("\n", " ")})
    answer = browser.write("POST", f"{PATH}/export")
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="leads-')
    assert answer.headers["Cache-Control"] == "no-store"
    rows = _rows(answer.get_data(as_text=True))
    assert tuple(rows[0]) == COLUMNS
    with world.database.transaction(A, writes=False) as tx:
        ours = tx.scalars(select(Lead.id).where(Lead.business_id == A)).all()
    assert sorted(int(row["id"]) for row in rows) == sorted(ours)
    assert len(rows) == count + 1
    assert rows[0]["name"] == f'לקוח "{count - 1}", ועוד שורה'
    assert rows[-1]["phone"] == "+972502345678"


def test_what_a_customer_wrote_is_no_formula(world: World) -> None:
    browser = world.browser("owner_a")
    evil = '=HYPERLINK("http://evil.example","x")'
    browser.write("POST", PATH, {"name": evil, "note": "@SUM(1)"})
    row = _rows(browser.write("POST", f"{PATH}/export").get_data(as_text=True))[0]
    assert row["name"] == f"'{evil}"
    assert row["note"] == "'@SUM(1)"


def test_a_stage_is_called_by_its_name(world: World) -> None:
    browser = world.browser("owner_a")
    browser.write("POST", PATH, {"name": "דנה"})
    rows = _rows(browser.write("POST", f"{PATH}/export").get_data(as_text=True))
    assert (rows[0]["status"], rows[0]["stage"]) == ("new", "חדש")
    shown = browser.get(STAGES).json["items"]
    kept = [{"key": s["key"], "name": s["name"], "kind": s["kind"]} for s in shown]
    kept[0]["name"] = "=פנייה"
    assert browser.write("PUT", STAGES, {"stages": kept, "move_to": {}}).status_code == 200
    rows = _rows(browser.write("POST", f"{PATH}/export").get_data(as_text=True))
    assert (rows[0]["status"], rows[0]["stage"]) == ("new", "'=פנייה")


def test_that_leads_were_taken_out_is_on_record(world: World) -> None:
    assert world.browser("owner_a").write("POST", f"{PATH}/export").status_code == 200
    with world.database.transaction(A, writes=False) as tx:
        last = tx.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert (last.action, last.actor_email) == ("leads.exported", "owner_a@example.com")
