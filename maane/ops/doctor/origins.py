"""Which origin the server takes for its own, when it refuses the one it was asked under."""

from __future__ import annotations

import httpx

from maane.ops.doctor.jar import LOOPBACK_NAMES
from maane.ops.doctor.layers import Fault, set_public_url
from maane.ops.doctor.wire import origin_of

# A name that nobody can own (RFC 2606), so it is foreign to every Maane.
FOREIGN_ORIGIN = "https://foreign.invalid"
DEFAULT_PORT = 8000


def likely_origins(origin: str) -> list[str]:
    """The origins a server may expect instead, likeliest first: the other scheme, no port, the
    other loopback names, ``www.``, and the address that Maane has of itself."""
    url = httpx.URL(origin)
    other = "http" if url.scheme == "https" else "https"
    guesses = [
        url.copy_with(scheme=other),
        url.copy_with(scheme=other, port=None),
        url.copy_with(port=None),
    ]
    if url.host in LOOPBACK_NAMES:
        for scheme in (url.scheme, other):
            guesses += [url.copy_with(scheme=scheme, host=name) for name in sorted(LOOPBACK_NAMES)]
    else:
        bare = url.host.removeprefix("www.")
        guesses.append(url.copy_with(host=bare if url.host != bare else f"www.{bare}"))
        guesses.append(httpx.URL(f"http://localhost:{DEFAULT_PORT}"))
    found = dict.fromkeys(origin_of(guess) for guess in guesses)
    found.pop(origin, None)
    return list(found)


def explain_refused_origin(used: str, accepted: str | None, *, sends_hsts: bool) -> Fault:
    """The layer behind a refusal of ``used``. ``accepted`` is the origin that passed instead, None
    when none was found; ``sends_hsts`` is whether answers bear ``Strict-Transport-Security``."""
    scheme = httpx.URL(used).scheme
    if accepted is None:
        if scheme == "http" and sends_hsts:
            # Maane sends that header only where it believes that browsers come by https.
            return Fault(
                "proxy_scheme",
                f"A page under {used} may not write: Maane expects https, and you came over http. "
                f"Use the https address of MAANE_PUBLIC_URL. {set_public_url(used)}",
            )
        return Fault(
            "origin_refused",
            f"A page under {used} may not write: Maane's own origin is another. "
            f"{set_public_url(used)} If not, use the address in MAANE_PUBLIC_URL.",
        )
    if httpx.URL(accepted).host == httpx.URL(used).host and not accepted.startswith(scheme + ":"):
        return Fault(
            "proxy_scheme",
            f"You came by {used}, and Maane takes itself for {accepted}: a proxy changed the "
            f"scheme, or MAANE_PUBLIC_URL names the wrong one. {set_public_url(used)}",
        )
    return Fault(
        "two_origins",
        f"You came by {used}, and Maane takes itself for {accepted}. Use that address everywhere. "
        f"{set_public_url(used)}",
    )
