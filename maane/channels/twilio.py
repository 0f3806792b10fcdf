"""What every webhook of Twilio's is: a form, signed with the account's own token over our address.

The signature covers all fields that came, known or not, so none may be left out or touched before it is
checked. It bears no time: what was captured is good again, so whoever takes something in does it once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, urlsplit

from maane.media.download import Downloader, Place
from maane.settings import Settings, origin_of

SIGNATURE_HEADER = "X-Twilio-Signature"
MAX_FIELDS = 500
Form = Sequence[tuple[str, str]]


def read_form(raw: bytes) -> Form | None:
    """The fields in the order they came; None for what is no form of Twilio's."""
    try:
        return parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"
        )
    except ValueError:
        return None


def sign(token: str, url: str, form: Form) -> str:
    """The signature header's value: HMAC-SHA1 over the address, then each field's name and value, in
    the order of the names; a value that is repeated counts once."""
    text = url + "".join(name + value for name, value in sorted(set(form)))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def is_signed(token: str, urls: Iterable[str], form: Form, header: str) -> bool:
    """True when one of the addresses that are ours was signed. All are tried, so that the time does
    not tell which."""
    if not token or not header:
        return False
    given = header.encode("utf-8", "replace")
    found = [hmac.compare_digest(sign(token, url, form).encode(), given) for url in urls]
    return any(found)


def addresses(origins: Iterable[str], path: str, query: str) -> list[str]:
    """The address as Twilio may have signed it: it drops the port or writes the usual one, and never
    signs a name or a password that stands in it."""
    rest = f"{path}?{query}" if query else path
    found = set()
    for origin in origins:
        parts = urlsplit(origin)
        host = parts.hostname or ""
        host = f"[{host}]" if ":" in host else host
        port = parts.port or (443 if parts.scheme in ("https", "wss") else 80)
        found |= {f"{parts.scheme}://{host}{rest}", f"{parts.scheme}://{host}:{port}{rest}"}
    return sorted(found)


def account_of(form: Form) -> str:
    return fields_of(form).get("AccountSid", "")


def fields_of(form: Form) -> dict[str, str]:
    """The first value of each field."""
    found: dict[str, str] = {}
    for name, value in form:
        found.setdefault(name, value)
    return found


MEDIA_PLACES = (
    Place("https://mms.twiliocdn.com"),
    Place("https://media.twiliocdn.com"),
    Place("https://s3-external-1.amazonaws.com", "/media.twiliocdn.com/"),
)
"""Where the API sends on whoever asks it for a file."""


def downloader_of(settings: Settings, account_sid: str, token: str, resource: str) -> Downloader:
    """Reads files of one account from Twilio's own hosts and those that the operator added. Its
    credentials go to that ``resource`` of its own in the API only."""
    api = Place(
        origin_of(settings.twilio_api_url),
        f"/2010-04-01/Accounts/{account_sid}/{resource}/",
        gets_credentials=True,
        is_configured=True,
    )
    pair = base64.b64encode(f"{account_sid}:{token}".encode()).decode()
    places = (api, *MEDIA_PLACES, *added_places(settings))
    return Downloader(places, f"Basic {pair}", settings.media_time_s)


def added_places(settings: Settings) -> list[Place]:
    """What the operator added: places without credentials."""
    return [Place(origin_of(one), is_configured=True) for one in settings.media_origins.split()]
