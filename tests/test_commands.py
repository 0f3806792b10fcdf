"""The command line, as an operator types it, in processes of its own."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from maane.ops.supervisor import roles_of
from maane.settings import Settings
from tests.people import PASSWORD
from tests.postgres import free_port
from tests.serving import Curl, Server, environment


def maane(settings: Settings, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "maane", *arguments],
        input=stdin,
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def settings(new_settings: object) -> Settings:
    made: Settings = new_settings()  # type: ignore[operator]
    return made


def test_a_business_and_its_people_from_the_shell(settings: Settings, tmp_path: Path) -> None:
    created = maane(settings, "business", "create", "--name", "מספרה")
    assert created.stdout == "3\n"
    person = ("user", "create", "--email", "N@Example.com", "--password-stdin")
    done = maane(settings, *person, "--role", "business", "--business", "3", stdin=PASSWORD + "\n")
    assert done.returncode == 0, done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    with Server(settings) as server:
        curl = Curl(server.url, tmp_path / "jar")
        body = {"email": "n@example.com", "password": PASSWORD}
        me = curl("POST", "/api/auth/login", body=body)
        assert me.body["tenant"]["name"] == "מספרה"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--role", "business"), "a business user needs a business"),
        (("--role", "business", "--business", "99"), "there is no such business"),
        (("--role", "admin", "--email", "owner_a@example.com"), "email_taken"),
        (("--role", "admin", "--email", "nonsense"), "is not an e-mail address"),
    ],
)
def test_a_refused_user_is_one_line(
    settings: Settings, arguments: tuple[str, ...], words: str
) -> None:
    base = ("user", "create", "--email", "new@example.com", "--password-stdin")
    done = maane(settings, *base, *arguments, stdin=PASSWORD + "\n")
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_short_password_is_refused(settings: Settings) -> None:
    base = ("user", "create", "--email", "new@example.com", "--role", "admin", "--password-stdin")
    assert "10 to 128 characters" in maane(settings, *base, stdin="short\n").stderr


def test_the_table_of_routes_names_access_and_csrf(settings: Settings) -> None:
    lines = maane(settings, "routes").stdout.splitlines()
    assert lines[0].split() == ["PATH", "METHODS", "ACCESS", "CSRF"]
    rows = {tuple(line.split()[:2]): line for line in lines[1:]}
    assert rows["/api/business/current/prompt", "PUT"].endswith("required")
    assert "exempt: " in rows["/api/auth/login", "POST"]
    assert "public (" in rows["/healthz", "GET"]


def test_the_demo_is_loaded_once_and_its_passwords_are_private(
    settings: Settings, tmp_path: Path
) -> None:
    empty = settings.model_copy(
        update={"var_dir": tmp_path / "empty", "database_url": "", "migration_database_url": ""}
    )
    assert maane(empty, "migrate").returncode == 0
    first = maane(empty, "demo")
    assert first.stdout.count("@demo.example") == 4
    logins = tmp_path / "empty" / "demo-logins.txt"
    assert stat.S_IMODE(logins.stat().st_mode) == 0o600
    second = maane(empty, "demo").stdout
    assert str(logins) in second
    for line in logins.read_text().splitlines():
        assert line.split()[1] not in second


def test_migrating_twice_changes_nothing_and_two_at_once_are_safe(settings: Settings) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "maane", "migrate"],
            env=environment(settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for _ in range(2)
    ]
    for process in running:
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0, output


def test_an_unmigrated_database_is_named(settings: Settings, tmp_path: Path) -> None:
    empty = settings.model_copy(
        update={"var_dir": tmp_path / "none", "database_url": "", "migration_database_url": ""}
    )
    done = maane(empty, "serve", "--port", str(free_port()))
    assert done.returncode == 2
    assert "run maane migrate" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_named(settings: Settings) -> None:
    with Server(settings) as server:
        done = maane(settings, "web", "--port", str(server.port))
    assert done.returncode == 2
    assert f"MAANE_PORT: 127.0.0.1:{server.port} cannot be had" in done.stderr


def _descendants(pid: int) -> set[int]:
    found: set[int] = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                found |= {int(entry.name)} | _descendants(int(entry.name))
    return found


def test_ctrl_c_ends_every_process_and_a_killed_role_comes_back(settings: Settings) -> None:
    port, voice_port = free_port(), free_port()
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    with (settings.var_dir / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "maane", "serve"),
                *("--port", str(port), "--voice-port", str(voice_port)),
            ],
            env=environment(settings),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_for(port)
        _wait_for(voice_port)
        web = next(pid for pid in _descendants(process.pid) if _runs(pid, "web"))
        os.killpg(os.getpgid(web), signal.SIGKILL)
        time.sleep(0.2)
        _wait_for(port)
        family = _descendants(process.pid)
        assert len(family) >= 3
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert not [pid for pid in family if Path(f"/proc/{pid}").exists()]
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(20)


def test_two_workers_of_one_machine_have_names_of_their_own() -> None:
    roles = roles_of(Settings(database_url="postgresql://maane@127.0.0.1/maane", worker_id="host"))
    assert [role.name for role in roles] == ["web", "voice", "worker", "worker"]
    assert [role.variables for role in roles[2:]] == [{}, {"MAANE_WORKER_ID": "host/2"}]


def test_sqlite_has_one_worker(tmp_path: Path) -> None:
    embedded = Settings(var_dir=tmp_path)
    assert [role.name for role in roles_of(embedded)].count("worker") == 1
    done = subprocess.run(
        [sys.executable, "-m", "maane", "serve"],
        env=environment(embedded, MAANE_WORKERS="2"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "MAANE_WORKERS: SQLite has one writer" in done.stderr


def _runs(pid: int, role: str) -> bool:
    command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return command[1:4] == [b"-m", b"maane", role.encode()]


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=1).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"nothing answers on {port}")


def test_a_number_at_twilio_from_the_shell(settings: Settings) -> None:
    account = "AC" + "a" * 32
    right = ("--business", "1", "--account-sid", account, "--number", "03-612-3456")
    command = ("channel", "twilio-whatsapp", "--auth-token-stdin")
    done = maane(settings, *command, *right, stdin="hush-hush\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for arguments, stdin, words in (
        ((*right, "--account-sid", "AC1"), "hush-hush\n", "--account-sid"),
        ((*right, "--number", "12"), "hush-hush\n", "--number"),
        (right, "\n", "nothing came in"),
        ((*right, "--business", "2"), "hush-hush\n", "number_taken"),
    ):
        refused = maane(settings, *command, *arguments, stdin=stdin)
        assert (refused.returncode, refused.stdout) == (2, ""), refused.stderr
        assert words in refused.stderr
        assert "hush-hush" not in refused.stderr
