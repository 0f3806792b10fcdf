"""The command line. Every wrong setting or refusal is one line on standard error, exit code 2."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from maane import __version__
from maane.kit.errors import Problem, Unavailable
from maane.kit.logging import configure_logging
from maane.ops.counting import together
from maane.ops.doctor import command as doctor
from maane.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from maane.channels.credentials import TwilioConnectionBody

F = TypeVar("F", bound=Callable[..., Any])


@contextmanager
def _plainly() -> Iterator[None]:
    """Turns what an operator can mend into one line."""
    try:
        yield
    except SettingsError as error:
        click.echo(f"maane: {error}", err=True)
        sys.exit(2)
    except Unavailable:
        click.echo("maane: the database cannot be reached", err=True)
        sys.exit(2)
    except Problem as problem:
        click.echo(f"maane: refused: {json.dumps(problem.body(), ensure_ascii=False)}", err=True)
        sys.exit(2)


def _settings(**options: object) -> Settings:
    """Settings with the options given on the command line. They go into the environment, since the
    processes that are started from here read it again. Read before a role is imported, which takes
    seconds: a wrong one is said at once."""
    for name, value in options.items():
        if value is not None:
            os.environ[f"MAANE_{name.upper()}"] = str(value)
    return load_settings()


def _address(view: F) -> F:
    view = click.option("--host", help="Address to listen on.")(view)
    return click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.")(view)


def _tls(view: F) -> F:
    file = click.Path(exists=True, dir_okay=False, path_type=Path)
    view = click.option("--tls-cert", type=file, help="Certificate chain (PEM).")(view)
    return click.option("--tls-key", type=file, help="Private key (PEM).")(view)


@click.group()
@click.version_option(__version__, prog_name="maane")
def main() -> None:
    """Maane: a self-hosted receptionist for small businesses."""


@main.command()
@_address
@_tls
@click.option("--voice-port", type=click.IntRange(1, 65535), help="Port of the call sockets.")
def serve(**options: Any) -> None:
    """Start and watch all roles: web, voice and worker."""
    with _plainly():
        from maane.ops.schema import check_migrated
        from maane.ops.supervisor import roles_of, supervise
        from maane.ops.web import refuse_taken

        settings = _settings(**options)
        configure_logging(settings.log_level, process="serve")
        roles = roles_of(settings)
        check_migrated(settings)
        refuse_taken(settings.host, settings.port, "MAANE_PORT")
        refuse_taken(settings.host, settings.voice_port, "MAANE_VOICE_PORT")
        scheme = "https" if settings.is_tls else "http"
        shown = "localhost" if settings.host in ("127.0.0.1", "0.0.0.0") else settings.host  # noqa: S104
        click.echo(
            f"Maane {__version__}: {settings.public_url or f'{scheme}://{shown}:{settings.port}'}"
        )
        sys.stdout.flush()
        sys.exit(supervise(roles))


@main.command()
@_address
@_tls
def web(**options: Any) -> None:
    """Serve pages, API and webhooks."""
    with _plainly(), together():
        settings = _settings(**options)

        from maane.app import create_app
        from maane.ops.schema import check_migrated
        from maane.ops.web import serve_web

        configure_logging(settings.log_level, process="web")
        check_migrated(settings)
        create_app(settings).extensions["maane.database"].dispose()
        serve_web(settings)


@main.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the call sockets.")
def voice(host: str | None, port: int | None) -> None:
    """Serve the call sockets."""
    with _plainly():
        settings = _settings(host=host, voice_port=port)

        from maane.voice import serve_voice

        configure_logging(settings.log_level, process="voice")
        serve_voice(settings)


@main.command()
@click.option("--host", default="127.0.0.1", help="Address for a watcher's /healthz.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port for a watcher's /healthz.")
def worker(host: str, port: int | None) -> None:
    """Run the durable jobs."""
    with _plainly():
        settings = _settings()

        from maane.ops.schema import check_migrated
        from maane.ops.web import refuse_taken
        from maane.worker import serve_worker

        configure_logging(settings.log_level, process="worker")
        if port is not None:
            refuse_taken(host, port, "--port")
        check_migrated(settings)
        serve_worker(settings, None if port is None else (host, port))


@main.command()
@click.option("--with-demo", is_flag=True, help="Then load the demo into an empty database.")
def migrate(with_demo: bool) -> None:
    """Bring the database to this version."""
    with _plainly():
        settings = _settings()

        from maane.ops.demo import load_demo
        from maane.ops.migrate import migrate as run

        for line in run(settings):
            click.echo(line)
        for line in load_demo(settings) if with_demo else ():
            click.echo(line)


@main.command()
def demo() -> None:
    """Load two demo businesses into an empty database."""
    with _plainly():
        from maane.ops.demo import load_demo

        for line in load_demo(_settings()):
            click.echo(line)


@main.group()
def business() -> None:
    """Businesses."""


@business.command("create")
@click.option("--name", required=True)
@click.option("--phone")
@click.option("--language", default="he", type=click.Choice(["he", "en", "ar", "ru"]))
@click.option("--timezone", default="Asia/Jerusalem")
def create_business(**fields: Any) -> None:
    """Create a business and print its id."""
    with _plainly():
        from pydantic import ValidationError

        from maane.ops.console import create_business as run
        from maane.tenancy.contract import BusinessBody

        try:
            body = BusinessBody(**fields)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise SettingsError(f"--{first['loc'][0]}: {first['msg']}") from None
        click.echo(run(_settings(), body))


@main.group()
def user() -> None:
    """People who sign in."""


@user.command("create")
@click.option("--email", required=True)
@click.option("--role", required=True, type=click.Choice(["admin", "manager", "business"]))
@click.option("--name", default="")
@click.option("--business", type=int, help="The home business; required for role business.")
@click.option("--password-stdin", is_flag=True, required=True, help="Read it from standard input.")
def create_user(
    email: str, role: str, name: str, business: int | None, password_stdin: bool
) -> None:
    """Create a user and print the id."""
    with _plainly():
        from maane.ops.console import create_user as run

        password = sys.stdin.readline().rstrip("\r\n")
        click.echo(
            run(
                _settings(),
                email=email,
                role=role,
                name=name,
                business_id=business,
                password=password,
            )
        )


@user.command("assign")
@click.option("--email", required=True, help="The manager.")
@click.option("--business", type=int, required=True)
def assign_manager(email: str, business: int) -> None:
    """Assign a business to a manager."""
    with _plainly():
        from maane.ops.console import assign_manager as run

        run(_settings(), email=email, business_id=business)


@main.group()
def channel() -> None:
    """A business's numbers."""


@channel.command("whatsapp")
@click.option("--business", type=int, required=True)
@click.option("--phone-number-id", required=True, help="Meta's id of the number, digits.")
@click.option(
    "--access-token-stdin", is_flag=True, required=True, help="Read it from standard input."
)
def connect_whatsapp(business: int, phone_number_id: str, access_token_stdin: bool) -> None:
    """Connect a WhatsApp number of Meta's Cloud API to a business."""
    with _plainly():
        from maane.ops.console import connect_whatsapp as run

        if not (phone_number_id.isascii() and phone_number_id.isdigit()):
            raise SettingsError("--phone-number-id: takes digits")
        token = sys.stdin.readline().strip()
        if not token:
            raise SettingsError("--access-token-stdin: nothing came in")
        run(_settings(), business, phone_number_id, token)


def _of_twilio(view: F) -> F:
    for option in (
        click.option(
            "--auth-token-stdin", is_flag=True, required=True, help="Read it from standard input."
        ),
        click.option("--number", required=True, help="The number, with its country."),
        click.option("--account-sid", required=True, help="Of the account, AC and 32 digits."),
        click.option("--business", type=int, required=True),
    ):
        view = option(view)
    return view


def _twilio_body(account_sid: str, number: str) -> TwilioConnectionBody:
    """The options, and the token from standard input. Raises ``SettingsError``."""
    from pydantic import SecretStr, ValidationError

    from maane.channels.credentials import TwilioConnectionBody

    token = sys.stdin.readline().strip()
    if not token:
        raise SettingsError("--auth-token-stdin: nothing came in")
    try:
        return TwilioConnectionBody(
            account_sid=account_sid, number=number, auth_token=SecretStr(token)
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        option = str(first["loc"][0]).replace("_", "-")
        raise SettingsError(f"--{option}: {first['msg']}") from None


@channel.command("twilio-whatsapp")
@_of_twilio
def connect_twilio_whatsapp(
    business: int, account_sid: str, number: str, auth_token_stdin: bool
) -> None:
    """Connect a WhatsApp number of Twilio to a business."""
    with _plainly():
        from maane.ops.console import connect_twilio_whatsapp as run

        body = _twilio_body(account_sid, number)
        token = body.auth_token.get_secret_value()
        run(_settings(), business, body.account_sid, body.number, token)


@channel.command("twilio")
@_of_twilio
def connect_twilio(business: int, account_sid: str, number: str, auth_token_stdin: bool) -> None:
    """Connect a phone number of Twilio, for calls, to a business."""
    with _plainly():
        from maane.ops.console import connect_twilio as run

        body = _twilio_body(account_sid, number)
        token = body.auth_token.get_secret_value()
        run(_settings(), business, body.account_sid, body.number, token)


@main.command()
@click.option("--business", "business_id", type=int, required=True, help="Who is called.")
@click.option(
    "--script",
    type=click.File(encoding="utf-8"),
    required=True,
    help="What the caller does, a line each; - for standard input.",
)
@click.option(
    "--engine",
    type=click.Choice(["gather", "relay"]),
    help="In place of the one that the business chose.",
)
@click.option("--from", "caller", default="+972525550101", help="The caller, or 'withheld'.")
@click.option("--server", default="", help="Where maane web listens, if not on this machine.")
@click.option("--voice-server", default="", help="The same for maane voice, wss://host.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document at the end.")
def call(script: IO[str], caller: str, **options: Any) -> None:
    """Make a simulated call from a script.

    It goes through the signed routes and the sockets of a running Maane, like a call of Twilio's; the
    account that signs it is made from MAANE_SECRET_KEY. Nobody is rung or notified, and nothing leaves
    the machine. The call is kept as one of the channel simulator.

    A line of the script is what the caller says. Lines that begin with # are comments. In brackets
    stand: [silence], [keys 123#], [interrupt "words heard"] (before what is said over the rest), and
    [hangup]. Times are seconds since dialling; in parentheses, from the caller's last word to the first
    one of the answer.

    The exit status is 1 when the call was lost or an answer never came, and the last line says why.
    """
    with _plainly():
        settings = _settings()

        from maane.ops.call import Order, caller_of, make_call, steps_of

        configure_logging(settings.log_level, process="call")
        order = Order(steps=steps_of(script), caller=caller_of(caller), **options)
        is_through = make_call(settings, order)
    if not is_through:
        sys.exit(1)


@main.command()
def routes() -> None:
    """Print every route: methods, access, CSRF or the reason it is exempt."""
    with _plainly():
        from maane.app import create_app
        from maane.ops.routes_table import table

        click.echo(table(create_app(_settings())))


main.add_command(doctor)


@main.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    with _plainly():
        from maane.app import create_app
        from maane.kit.openapi import build_document

        document = build_document(create_app(_settings()), __version__)
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
