"""Behind a real proxy: nginx with the lines that the guide for operators gives, over https."""

from __future__ import annotations

import json
import os
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from click.testing import CliRunner
from websockets.sync.client import connect as open_socket

from maane.channels.voice import settings as choices
from maane.channels.voice.connection import connect
from maane.cli import main
from maane.kit.db import Database
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.certificates import make_certificate
from tests.fake_twilio_voice import Phone, signature
from tests.people import PASSWORD, A, email_of
from tests.postgres import free_port
from tests.serving import Server

GUIDE = Path(__file__).parents[2] / "docs" / "operators.md"
ACCOUNT, TOKEN, NUMBER = "AC" + "a" * 32, "0123456789abcdef" * 2, "+97236123456"


@contextmanager
def nginx(folder: Path, port: int, web: int, voice: int) -> Iterator[Path]:
    """A proxy at ``https://127.0.0.1:port``; its certificate."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("no nginx on this machine (scripts/need nginx)")
    certificate = make_certificate(folder)
    (lines,) = re.findall(r"```nginx\n(.+?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    lines = lines.replace("127.0.0.1:8001", f"127.0.0.1:{voice}")
    lines = lines.replace("127.0.0.1:8000", f"127.0.0.1:{web}")
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # As root nginx would serve as somebody who may not write into this folder.
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}pid {folder}/nginx.pid;\ndaemon off;\nworker_processes 1;\n"
        "events { worker_connections 256; }\n"
        f"http {{\naccess_log off;\nerror_log {folder}/error.log;\n{places}"
        f"server {{\nlisten 127.0.0.1:{port} ssl;\nserver_name 127.0.0.1;\n"
        f"ssl_certificate {certificate};\nssl_certificate_key {certificate};\n{lines}}}\n}}\n"
    )
    command = [program, "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while True:
            assert process.poll() is None, (folder / "error.log").read_text()
            try:
                httpx.get(f"https://127.0.0.1:{port}/livez", verify=False).raise_for_status()
                break
            except httpx.HTTPError:
                assert time.monotonic() < deadline, (folder / "error.log").read_text()
                time.sleep(0.1)
        yield certificate
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def place(
    new_module_settings: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """The public address of a Maane behind nginx, whose business A answers calls over sockets; and the
    certificate of the proxy."""
    settings, folder = new_module_settings(), tmp_path_factory.mktemp("nginx")
    port = free_port()
    variables = {"MAANE_PUBLIC_URL": f"https://127.0.0.1:{port}"}
    database = Database(settings.database)
    with database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        caller = caller_for_job(tenant)
        connect(tx, tenant, caller, settings, ACCOUNT, NUMBER, TOKEN)
        choices.change(tx, tenant, caller, {"engine": choices.RELAY})
    database.dispose()
    with (
        Server(settings, variables) as web,
        Server(settings, variables, role="voice") as voice,
        nginx(folder, port, web.port, voice.port) as certificate,
    ):
        yield variables["MAANE_PUBLIC_URL"], certificate


def test_every_write_works_through_it(place: tuple[str, Path]) -> None:
    url, certificate = place
    arguments = ["doctor", url, "--email", email_of("admin_at_home"), "--password-stdin"]
    done = CliRunner().invoke(main, [*arguments, "--ca", str(certificate)], input=f"{PASSWORD}\n")
    assert done.exit_code == 0, done.output


def test_the_largest_delivery_gets_through_and_what_is_larger_is_refused_in_our_words(
    place: tuple[str, Path],
) -> None:
    """Meta delivers up to 3 MB at once; nginx lets 1 MB through by itself, and refuses in a page of its
    own."""
    url, _ = place
    for size, expected in ((3_000_000, (403, "signature")), (6_000_000, (413, "too_large"))):
        answer = httpx.post(
            f"{url}/webhook/whatsapp", content=b"x" * size, verify=False, timeout=30
        )
        assert (answer.status_code, answer.json()["error"]) == expected


def test_a_call_and_its_socket_are_signed_over_the_public_address(
    place: tuple[str, Path],
) -> None:
    url, _ = place
    line = Phone(url, url, ACCOUNT, TOKEN, NUMBER).call()
    assert line.connecting is not None, line.answers
    relay = line.connecting[0]
    address = relay.attrib["url"]
    assert urlsplit(address).scheme == "wss"
    assert urlsplit(address).netloc == urlsplit(url).netloc
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    headers = {"X-Twilio-Signature": signature(TOKEN, address, {})}
    with open_socket(
        address, additional_headers=headers, ssl=trusting, compression=None, proxy=None
    ) as socket:
        parameters = {one.attrib["name"]: one.attrib["value"] for one in relay}
        setup = {"type": "setup", "callSid": line.sid, "accountSid": ACCOUNT}
        socket.send(json.dumps(setup | {"customParameters": parameters}))
        socket.send(json.dumps({"type": "prompt", "voicePrompt": "שלום", "last": True}))
        said = ""
        while not (frame := json.loads(socket.recv(20)))["last"]:
            said += frame["token"]
        assert said + frame["token"]
    line.hang_up()
