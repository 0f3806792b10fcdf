"""``maane doctor``: the truth test against any running Maane, over HTTP alone.

It imports neither the application nor the database, so it judges what a browser would meet. At the
end it names the one layer at fault and what to do; ``layers.py`` lists them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click
import httpx

from maane.ops.doctor.layers import LAYERS, Fault, Step, Verdict
from maane.ops.doctor.walk import Walk
from maane.ops.doctor.wire import Wire, origin_of

__all__ = ["LAYERS", "Step", "Verdict", "command", "diagnose"]


def diagnose(
    url: str,
    email: str,
    password: str,
    *,
    verify: bool | str | Path = True,
    out: Callable[[str], None],
) -> Verdict:
    """Runs every step against ``url``, the origin of a Maane. Never raises for what a server does.

    ``verify`` is True, False, or a file of certificates to trust. ``out`` gets a line per step as
    it happens. However it ends, an interruption included, the impersonation and the session that it
    began are ended.
    """
    try:
        wire = Wire(_origin(url), verify, secrets={password})
        wire.open()
    except Fault as fault:
        return Verdict(fault.layer, fault.advice, [])
    walk = Walk(wire, email, password, out)
    try:
        try:
            walk.run()
        finally:
            walk.leave()
    except Fault as fault:
        return Verdict(fault.layer, fault.advice, walk.steps)
    finally:
        wire.close()
    return Verdict(None, "", walk.steps)


@click.command("doctor")
@click.argument("url")
@click.option("--email", required=True, help="The user to log in as.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--insecure", is_flag=True, help="Pass over the certificate of https.")
@click.option(
    "--ca",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Trust the certificates in this PEM file.",
)
def command(url: str, email: str, password_stdin: bool, insecure: bool, ca: Path | None) -> None:
    """Run the truth test against the Maane at URL, and name the one layer at fault.

    It logs in, saves the prompts as they are, impersonates a business and stops, and checks that
    forged writes are refused. It leaves the texts as they were. Exits with 0 only when every step
    passed.
    """
    if not password_stdin:
        raise click.UsageError("The password is only taken from standard input: --password-stdin")
    if insecure and ca is not None:
        raise click.UsageError("--insecure and --ca exclude each other")
    password = _read_password()
    verify: bool | Path = False if insecure else ca or True
    verdict = diagnose(url, email, password, verify=verify, out=click.echo)
    click.echo()
    if verdict.layer is None:
        passed = sum(step.outcome == "pass" for step in verdict.steps)
        click.echo(f"All {passed} steps passed: writes work at this address.")
        return
    click.echo(f"Layer at fault: {verdict.layer} ({LAYERS[verdict.layer]})")
    click.echo(f"What to do: {verdict.advice}")
    sys.exit(1)


def _origin(url: str) -> str:
    """The origin of what was typed. Raises ``Fault`` for what is no origin."""
    spelling = "Give the address as http://host:port or https://host, without a path."
    try:
        parsed = httpx.URL(url.strip())
        origin = origin_of(parsed)
    except (httpx.InvalidURL, ValueError):
        raise Fault("unreachable", f"That is no address of a server. {spelling}") from None
    if parsed.path not in ("", "/") or parsed.query or parsed.userinfo:
        raise Fault("unreachable", f"Maane is served at the root of its address. {spelling}")
    return origin


def _read_password() -> str:
    """The password: the first line, as ``maane user create`` reads it."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, err=True))
    # Bytes that are not UTF-8 are passed on as they are, and the server refuses the login.
    password = sys.stdin.buffer.readline().decode("utf-8", "surrogateescape").rstrip("\r\n")
    if not password:
        raise click.UsageError("The first line of standard input holds no password")
    return password
