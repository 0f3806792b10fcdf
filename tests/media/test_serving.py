"""How a file is given to a browser: only to its business, never as a page, in ranges where asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from maane.kit.db import now
from maane.media.files import Files
from maane.media.models import Attachment
from maane.media.names import LONGEST, download_name, file_name
from tests.fakes import FakeFile, FakeGraph
from tests.people import A, B, World
from tests.sent_files import OGG, PDF, PNG, connect, jobs_of, seen, send
from tests.town import SECRET

FILES = "/api/business/current/attachments"


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    with FakeGraph() as graph:
        yield graph


@pytest.fixture
def world(new_world: Callable[..., World], graph: FakeGraph) -> World:
    world = new_world(whatsapp_app_secret=SECRET, whatsapp_api_url=graph.url)
    connect(world.database, world.settings)
    return world


def kept(world: World, graph: FakeGraph, kind: str, body: bytes, **content: str) -> Attachment:
    graph.media["77"] = FakeFile("application/x-claimed", body)
    row = send(world, kind, {"id": "77", **content})
    jobs_of(world).download(A, row.id)
    assert seen(world, row.id).status == "stored"
    return seen(world, row.id)


def test_an_image_is_shown_in_a_sandbox_and_asked_for_again(world: World, graph: FakeGraph) -> None:
    row = kept(world, graph, "image", PNG)
    browser = world.browser("owner_a")
    answer = browser.get(f"{FILES}/{row.id}")
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/png", PNG)
    assert parse_options_header(answer.headers["Content-Disposition"])[0] == "inline"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox; default-src 'none'" in answer.headers.getlist("Content-Security-Policy")
    assert {"private", "no-cache"} == set(answer.headers["Cache-Control"].split(", "))
    assert "no-store" not in answer.headers["Cache-Control"]
    etag = answer.headers["ETag"]
    assert etag == f'"{row.sha256}"'
    again = browser.get(f"{FILES}/{row.id}", headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    # The guard is asked before the browser's own copy is shown.
    stranger = world.browser("owner_b").get(f"{FILES}/{row.id}", headers={"If-None-Match": etag})
    assert (stranger.status_code, stranger.json) == (404, {"error": "not_found"})
    assert world.visitor().get(f"{FILES}/{row.id}").status_code == 401


def test_audio_is_sought_in_ranges(world: World, graph: FakeGraph) -> None:
    row = kept(world, graph, "audio", OGG)
    browser = world.browser("owner_a")
    whole = browser.get(f"{FILES}/{row.id}")
    assert whole.headers["Accept-Ranges"] == "bytes"
    for asked, begin, end in (("0-1", 0, 2), ("100-", 100, len(OGG)), ("-5", len(OGG) - 5, None)):
        part = browser.get(f"{FILES}/{row.id}", headers={"Range": f"bytes={asked}"})
        assert (part.status_code, part.mimetype, part.data) == (206, "audio/ogg", OGG[begin:end])
        last = (len(OGG) if end is None else end) - 1
        assert part.headers["Content-Range"] == f"bytes {begin}-{last}/{len(OGG)}"
    beyond = browser.get(f"{FILES}/{row.id}", headers={"Range": "bytes=99999-"})
    assert (beyond.status_code, beyond.json) == (416, {"error": "range_not_satisfiable"})
    assert beyond.headers["Content-Range"] == f"bytes */{len(OGG)}"
    assert beyond.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("body", "name", "content_type"),
    [
        (b"<!doctype html><script>alert(1)</script>", "page.html", "application/octet-stream"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "application/octet-stream"),
        (PDF, "חשבונית.pdf", "application/pdf"),
        (b"PK\x03\x04" + bytes(50), "a.docx", "application/zip"),
        (b"", "nothing.txt", "application/octet-stream"),
    ],
)
def test_a_document_is_only_ever_downloaded(
    world: World, graph: FakeGraph, body: bytes, name: str, content_type: str
) -> None:
    row = kept(world, graph, "document", body, filename=name, mime_type="text/html")
    answer = world.browser("owner_a").get(f"{FILES}/{row.id}")
    assert (answer.mimetype, answer.data) == (content_type, body)
    how, options = parse_options_header(answer.headers["Content-Disposition"])
    assert (how, options["filename"]) == ("attachment", name)


def test_a_file_that_is_not_there_yet_is_not_found(world: World, graph: FakeGraph) -> None:
    row = send(world, "image", {"id": "900"})
    assert world.browser("owner_a").get(f"{FILES}/{row.id}").status_code == 404


def test_a_file_that_another_machine_has_is_said_to_be_away(world: World, graph: FakeGraph) -> None:
    row = kept(world, graph, "image", PNG)
    Files(world.settings.media_folder).remove(A, row.file_key)
    answer = world.browser("owner_a").get(f"{FILES}/{row.id}")
    assert (answer.status_code, answer.json) == (503, {"error": "unavailable", "reason": "file"})


def test_a_message_shows_its_files_and_the_list_their_kind(world: World, graph: FakeGraph) -> None:
    row = kept(world, graph, "document", PDF, filename="a‮b.pdf", caption="לחתימה")
    browser = world.browser("owner_a")
    (conversation,) = browser.get("/api/business/current/conversations").json["items"]
    assert conversation["last_message"]["text"] == "לחתימה"
    assert conversation["last_message"]["kind"] == "document"
    path = f"/api/business/current/conversations/{conversation['id']}/messages"
    (message,) = browser.get(path).json["items"]
    assert message["attachments"] == [
        {
            "id": row.id,
            "kind": "document",
            "status": "stored",
            "reason": None,
            "file_name": "ab.pdf",
            "content_type": "application/pdf",
            "size": len(PDF),
            "caption": "לחתימה",
            "transcript_status": None,
            "transcript": None,
        }
    ]


NASTY = (
    "\u202egpj.exe",
    "../../etc/passwd",
    "..\\..\\boot.ini",
    'a"; filename="b.html',
    "a\r\nSet-Cookie: x=1\r\n\r\n<script>",
    "a\nb.pdf",
    "\x00.png",
    "CON.txt",
    ".htaccess",
    "..",
    "/",
    "   ",
    "\ufeff\u200b\u2066",
    "א" * 5000 + ".pdf",
    "a." + "b" * 5000,
    "%2e%2e%2f",
    "=?utf-8?b?x?=",
    "😀.png",
    "e\u0301.txt",
)


@given(st.text(max_size=300) | st.sampled_from(NASTY))
@settings(max_examples=300, deadline=None)
def test_any_name_is_one_safe_name(name: str) -> None:
    safe = download_name(name, "document", "application/pdf")
    assert safe
    assert len(safe) <= LONGEST + 1
    assert not set(safe) & set('/\\:*?"<>|\r\n\0')
    assert not any(0x202A <= ord(c) <= 0x202E or 0x2066 <= ord(c) <= 0x2069 for c in safe)
    assert not safe.startswith(".")
    assert file_name(safe) == safe


@pytest.mark.parametrize("name", NASTY)
def test_any_name_stays_within_its_header(world: World, name: str) -> None:
    row = _stored(world, name)
    answer = world.browser("owner_a").get(f"{FILES}/{row.id}")
    assert answer.data == PDF
    how, options = parse_options_header(answer.headers["Content-Disposition"])
    assert how == "attachment"
    assert options == {"filename": download_name(name, "document", "application/pdf")}
    assert "Set-Cookie: x" not in str(answer.headers)


def test_the_file_of_another_business_is_as_if_it_were_none(world: World) -> None:
    row = _stored(world, "a.pdf")
    browser = world.browser("owner_b")
    theirs, none = browser.get(f"{FILES}/{row.id}"), browser.get(f"{FILES}/999999")
    assert theirs.status_code == none.status_code == 404
    assert theirs.data == none.data
    assert row.business_id != B


def _stored(world: World, name: str) -> Attachment:
    """A file that is there, whatever it is called."""
    row = send(world, "document", {"id": "900"})
    with world.database.transaction(A) as tx:
        row = tx.get_one(Attachment, row.id)
        row.file_name = name.replace("\x00", "")
        row.status, row.content_type, row.size = "stored", "application/pdf", len(PDF)
        row.sha256, row.created_at = "0" * 64, now()
    with Files(world.settings.media_folder).writing(A, row.file_key) as file:
        file.write(PDF)
    return row
