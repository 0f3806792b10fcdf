"""What becomes of a file on its way from its provider: only from there, only so large, only what it says
it is. Every answer comes over a real socket."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import select

from maane.channels.twilio import MEDIA_PLACES as TWILIO_PLACES
from maane.channels.twilio import sign as twilio_signature
from maane.channels.whatsapp.connection import connect_twilio
from maane.channels.whatsapp.media_sources import META_PLACES
from maane.conversations.models import Message
from maane.jobs.queue import TryLater
from maane.media.download import Downloader, DownloadError, Place
from maane.media.models import Attachment
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.fakes import FakeContentHost, FakeFile, FakeGraph, FakeTwilio
from tests.people import A, World
from tests.sent_files import (
    JPEG,
    OGG,
    PDF,
    PNG,
    bytes_of,
    connect,
    deliver,
    endless,
    jobs_of,
    left_on_disk,
    message_of,
    queued,
    seen,
    send,
    take_in,
)
from tests.town import SECRET

IMAGE = {"id": "77", "mime_type": "image/png", "caption": "התמונה שלי"}
ACCOUNT, TOKEN = "AC" + "a" * 32, "0123456789abcdef" * 2
TWILIO_MEDIA = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/ME1"


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    with FakeGraph() as graph:
        graph.media["77"] = FakeFile("image/png", PNG)
        yield graph


@pytest.fixture
def host() -> Iterator[FakeContentHost]:
    with FakeContentHost() as host:
        yield host


@pytest.fixture
def world(new_world: Callable[..., World], graph: FakeGraph) -> World:
    world = new_world(
        whatsapp_app_secret=SECRET, whatsapp_api_url=graph.url, media_time_s=3, media_business_mb=20
    )
    connect(world.database, world.settings)
    return world


def test_an_image_is_kept_with_what_it_is(world: World, graph: FakeGraph) -> None:
    row = send(world, "image", IMAGE)
    assert (row.status, row.kind, row.caption) == ("waiting", "image", "התמונה שלי")
    jobs_of(world).download(A, row.id)
    kept = seen(world, row.id)
    assert (kept.status, kept.content_type, kept.size) == ("stored", "image/png", len(PNG))
    assert bytes_of(world, kept) == PNG
    look_up, download = graph.requests
    assert look_up["path"] == "/77?phone_number_id=100000000000001"
    for asked in (look_up, download):
        assert asked["headers"]["authorization"] == "Bearer EAAG-token"


def test_an_event_that_comes_ten_times_is_one_file(world: World, graph: FakeGraph) -> None:
    for _ in range(10):
        deliver(world, message_of("image", IMAGE, "wamid.same"))
        take_in(world)
    (attachment_id,) = queued(world, "download attachment")
    for _ in range(3):
        jobs_of(world).download(A, attachment_id)
    with world.database.transaction(A, writes=False) as tx:
        assert len(tx.scalars(select(Attachment)).all()) == 1
    assert len(graph.requests) == 2
    assert len(left_on_disk(world)) == 1


def test_a_worker_killed_before_it_noted_the_file_writes_it_again(world: World) -> None:
    row = send(world, "image", IMAGE)
    place = world.settings.media_folder / str(A) / row.file_key[:2]
    place.mkdir(parents=True)
    # What two workers left: one killed while it wrote, one after the file was in its place.
    (place / f".{row.file_key}.0000").write_bytes(b"half a fi")
    (place / row.file_key).write_bytes(b"an earlier try")
    jobs_of(world).download(A, row.id)
    assert bytes_of(world, seen(world, row.id)) == PNG
    assert left_on_disk(world) == [row.file_key]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:9/x",
        "http://lookaside.fbsbx.com/plain",
        "https://lookaside.fbsbx.com.evil.example/x",
        "https://lookaside.fbsbx.com@evil.example/x",
        "https://user:word@lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com:8443/x",
        "https://evil.example\\@lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com%2eevil.example/x",
        "file:///etc/passwd",
        "ftp://lookaside.fbsbx.com/x",
        "//evil.example/x",
        "/etc/passwd",
        "https://",
        "",
        "https://[::1]/x",
        "https://2130706433/x",
        "\x00",
    ],
)
def test_an_address_that_is_not_the_provider_s_is_never_asked(
    world: World, graph: FakeGraph, url: str
) -> None:
    graph.media["77"].url = url or " "
    row = send(world, "image", IMAGE)
    jobs_of(world).download(A, row.id)
    kept = seen(world, row.id)
    assert (kept.status, kept.reason) == ("refused", "foreign_host")
    assert left_on_disk(world) == []


@pytest.mark.parametrize(
    "place",
    ["http://169.254.169.254/", "{host}/secret", "https://evil.example/", "file:///etc/passwd"],
)
def test_a_redirect_elsewhere_is_not_followed(
    world: World, graph: FakeGraph, host: FakeContentHost, place: str
) -> None:
    """``{host}`` is another port of this machine, where somebody listens."""
    host.files["/secret"] = ("image/png", PNG)
    graph.media["77"].answers = [(302, {"Location": place.format(host=host.url)}, b"")]
    row = send(world, "image", IMAGE)
    jobs_of(world).download(A, row.id)
    assert (seen(world, row.id).status, seen(world, row.id).reason) == ("refused", "foreign_host")
    assert host.requests == []


def test_a_redirect_that_never_ends_is_left(world: World, graph: FakeGraph) -> None:
    again = (302, {"Location": f"{graph.url}/lookaside/77?x"}, b"")
    graph.media["77"].answers = [again] * 20
    row = send(world, "image", IMAGE)
    jobs_of(world).download(A, row.id)
    assert seen(world, row.id).reason == "provider_refused"
    assert len(graph.requests) < 15


def test_a_file_that_says_it_is_too_large_is_not_begun(world: World, graph: FakeGraph) -> None:
    graph.media["77"].size = 6 * 1024 * 1024
    row = send(world, "image", IMAGE)
    jobs_of(world).download(A, row.id)
    assert (seen(world, row.id).status, seen(world, row.id).reason) == ("refused", "too_large")
    assert len(graph.requests) == 1


@pytest.mark.parametrize("is_declared", [True, False])
def test_a_file_that_is_larger_than_said_is_cut_off(
    world: World, graph: FakeGraph, is_declared: bool
) -> None:
    """By the length in its header, or by counting where there is none."""
    graph.media["77"].size = 10
    graph.media["77"].body = JPEG + bytes(6 * 1024 * 1024) if is_declared else endless
    row = send(world, "image", IMAGE)
    began_at = time.monotonic()
    jobs_of(world).download(A, row.id)
    assert (seen(world, row.id).status, seen(world, row.id).reason) == ("refused", "too_large")
    assert time.monotonic() - began_at < 3
    assert left_on_disk(world) == []


def test_a_business_whose_files_take_up_all_they_may_gets_no_more(world: World) -> None:
    first = send(world, "image", IMAGE)
    jobs_of(world).download(A, first.id)
    with world.database.transaction(A) as tx:
        tx.scalars(select(Attachment)).one().size = 20 * 1024 * 1024 - 10
    second = send(world, "image", IMAGE, "wamid.second")
    jobs_of(world).download(A, second.id)
    assert (seen(world, second.id).status, seen(world, second.id).reason) == ("refused", "no_room")


@pytest.mark.parametrize(
    ("sent_as", "body"),
    [
        ("image", b"<!doctype html><script>alert(1)</script>"),
        ("image", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("image", PDF),
        ("image", OGG),
        ("image", b""),
        ("audio", b"<html>"),
        ("audio", b"OggS" + bytes(200)),
        ("audio", PNG),
        ("video", JPEG),
        ("sticker", PNG),
    ],
)
def test_bytes_that_are_not_what_they_were_sent_as_are_refused(
    world: World, graph: FakeGraph, sent_as: str, body: bytes
) -> None:
    graph.media["77"] = FakeFile("image/png", body)
    row = send(world, sent_as, IMAGE)
    jobs_of(world).download(A, row.id)
    assert (seen(world, row.id).status, seen(world, row.id).reason) == ("refused", "wrong_type")
    assert left_on_disk(world) == []


def test_a_slow_trickle_ends_with_the_time(world: World, graph: FakeGraph) -> None:
    def trickle() -> Iterator[bytes]:
        for _ in range(100):
            yield PNG
            time.sleep(0.2)

    graph.media["77"].body = trickle
    row = send(world, "image", IMAGE)
    began_at = time.monotonic()
    with pytest.raises(TryLater):
        jobs_of(world).download(A, row.id)
    assert 2.5 < time.monotonic() - began_at < 6
    assert left_on_disk(world) == []
    jobs_of(world).give_up_download(A, row.id)
    assert (seen(world, row.id).status, seen(world, row.id).reason) == ("failed", "unreachable")


def test_an_address_that_expired_is_asked_for_anew(world: World, graph: FakeGraph) -> None:
    graph.expired = {"address=1"}
    row = send(world, "image", IMAGE)
    jobs_of(world).download(A, row.id)
    assert bytes_of(world, seen(world, row.id)) == PNG
    assert [asked["path"].partition("?")[0] for asked in graph.requests] == [
        "/77",
        "/lookaside/77",
        "/77",
        "/lookaside/77",
    ]


@pytest.mark.parametrize(("age_s", "status"), [(0, "waiting"), (61, "refused")])
def test_a_file_that_is_not_there_may_be_late_and_then_is_gone(
    world: World, age_s: float, status: str
) -> None:
    row = send(world, "image", {"id": "900", "mime_type": "image/png"}, age_s=age_s)
    if status == "waiting":
        with pytest.raises(TryLater):
            jobs_of(world).download(A, row.id)
    else:
        jobs_of(world).download(A, row.id)
    assert (seen(world, row.id).status, seen(world, row.id).reason) == (status, "gone")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_provider_is_asked_again_when_it_says(
    world: World, graph: FakeGraph, status: int
) -> None:
    graph.media["77"].answers = [(status, {"Retry-After": "7"}, b"")]
    row = send(world, "image", IMAGE)
    with pytest.raises(TryLater) as later:
        jobs_of(world).download(A, row.id)
    assert later.value.after_s == 7
    jobs_of(world).download(A, row.id)
    assert seen(world, row.id).status == "stored"
    assert seen(world, row.id).reason is None


def test_a_token_that_is_refused_stands_on_the_file(world: World, graph: FakeGraph) -> None:
    graph.media["77"].answers = [(401, {}, b""), (401, {}, b"")]
    row = send(world, "image", IMAGE)
    jobs_of(world).download(A, row.id)
    assert (seen(world, row.id).status, seen(world, row.id).reason) == (
        "failed",
        "provider_refused",
    )


@pytest.mark.parametrize("source", ["../77", "77/messages", "77?fields=x", "77#", "7 7", "a" * 200])
def test_a_media_id_is_no_way_to_another_address(
    world: World, graph: FakeGraph, source: str
) -> None:
    row = send(world, "image", {"id": source, "mime_type": "image/png"}, age_s=100)
    jobs_of(world).download(A, row.id)
    assert (seen(world, row.id).status, seen(world, row.id).reason) == ("refused", "gone")
    assert graph.requests == []


def test_a_disk_that_takes_nothing_is_tried_again_and_then_said(
    world: World, tmp_path: Path
) -> None:
    row = send(world, "image", IMAGE)
    world.settings.media_folder.parent.mkdir(exist_ok=True)
    world.settings.media_folder.write_text("no folder")
    with pytest.raises(TryLater):
        jobs_of(world).download(A, row.id)
    jobs_of(world).give_up_download(A, row.id)
    assert (seen(world, row.id).status, seen(world, row.id).reason) == ("failed", "not_kept")


def test_the_words_of_a_file_are_what_the_model_reads(world: World, graph: FakeGraph) -> None:
    send(world, "document", {"id": "77", "filename": "חוזה‮fdp.exe", "caption": "לחתימה"})
    with world.database.transaction(A, writes=False) as tx:
        assert tx.scalars(select(Message.text)).all() == ["[document: חוזהfdp.exe] לחתימה"]


@pytest.mark.parametrize("host_name", ["localhost", "127.0.0.1", "::1", "10.0.0.1", "169.254.1.1"])
def test_a_public_place_must_have_a_public_address(host_name: str) -> None:
    """With the real resolver: a name on the list that leads into this network is not followed."""
    url_host = f"[{host_name}]" if ":" in host_name else host_name
    downloader = Downloader([Place(f"https://{url_host}")], "Bearer x", 3)
    with pytest.raises(DownloadError) as error:
        downloader.document(f"https://{url_host}/x")
    assert error.value.reason == "foreign_host"


def test_the_places_are_public_and_only_meta_s_gets_a_token() -> None:
    assert [place.origin for place in META_PLACES] == ["https://lookaside.fbsbx.com"]
    assert not any(place.gets_credentials for place in TWILIO_PLACES)
    downloader = Downloader(TWILIO_PLACES, "Basic x", 3)
    downloader.place_of(httpx.URL("https://S3-external-1.amazonaws.com/media.twiliocdn.com/AC/x"))
    for other in ("/other-bucket/x", "/media.twiliocdn.com.evil/x", "/media.twiliocdn.com/../b/x"):
        with pytest.raises(DownloadError):
            downloader.place_of(httpx.URL(f"https://s3-external-1.amazonaws.com{other}"))


def test_twilio_s_credentials_stay_at_twilio(
    new_world: Callable[..., World], host: FakeContentHost
) -> None:
    with FakeTwilio(ACCOUNT, TOKEN) as twilio:
        world = new_world(twilio_api_url=twilio.url, media_origins=host.url)
        row = _sent_over_twilio(world, twilio.url + TWILIO_MEDIA)
        twilio.media[TWILIO_MEDIA] = f"{host.url}/signed"
        host.files["/signed"] = ("image/png", PNG)
        jobs_of(world).download(A, row.id)
        assert bytes_of(world, seen(world, row.id)) == PNG
        assert twilio.requests[-1]["headers"]["authorization"].startswith("Basic ")
        assert "authorization" not in host.requests[0]["headers"]


@pytest.mark.parametrize(
    "path",
    [
        f"/2010-04-01/Accounts/{ACCOUNT}.json",
        f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json",
        f"/2010-04-01/Accounts/AC{'b' * 32}/Messages/MM1/Media/ME1",
        f"/2010-04-01/Accounts/{ACCOUNT}/Messages/../Calls.json",
    ],
)
def test_twilio_s_credentials_open_the_media_of_their_account_only(
    new_world: Callable[..., World], path: str
) -> None:
    with FakeTwilio(ACCOUNT, TOKEN) as twilio:
        world = new_world(twilio_api_url=twilio.url)
        row = _sent_over_twilio(world, twilio.url + path)
        jobs_of(world).download(A, row.id)
        assert (seen(world, row.id).status, seen(world, row.id).reason) == (
            "refused",
            "foreign_host",
        )
        assert twilio.requests == []


def _sent_over_twilio(world: World, url: str) -> Attachment:
    with world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        caller = caller_for_job(tenant)
        connect_twilio(tx, tenant, caller, world.settings, ACCOUNT, "+97236123456", TOKEN)
    form: list[tuple[str, str]] = [
        ("MessageSid", "MM1"),
        ("AccountSid", ACCOUNT),
        ("From", "whatsapp:+972502345678"),
        ("To", "whatsapp:+97236123456"),
        ("Body", "תמונה"),
        ("NumMedia", "1"),
        ("MediaUrl0", url),
        ("MediaContentType0", "image/png"),
    ]
    _deliver_twilio(world, form)
    take_in(world)
    with world.database.transaction(A, writes=False) as tx:
        return tx.scalars(select(Attachment)).one()


def _deliver_twilio(world: World, form: list[tuple[str, str]]) -> None:
    path = "/webhook/twilio/whatsapp"
    signature = twilio_signature(TOKEN, f"http://localhost:8000{path}", form)
    answer = world.app.test_client().post(
        path,
        data=urlencode(form),
        headers={"X-Twilio-Signature": signature},
        content_type="application/x-www-form-urlencoded",
        base_url="http://localhost:8000",
    )
    assert answer.status_code == 200
