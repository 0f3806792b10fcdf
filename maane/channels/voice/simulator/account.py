"""The account of a business that signs its simulated calls.

Such a call is signed like any other, by an account of its own for each business: its token is computed
from ``SECRET_KEY``, so it is stored nowhere, reaches no browser, and is known to nobody outside. Which
account signed says what a call is. Twilio's token opens the business's number only, and the simulator's
only the simulator's, so that neither can make calls of the other kind.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from hashlib import sha256

from maane.settings import Settings

_NUMBER = re.compile(r"sim-([1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True)
class Account:
    """What stands in the place of an account at Twilio. ``number`` is no number of a phone."""

    business_id: int
    sid: str
    number: str
    token: str


def account_of(settings: Settings, business_id: int) -> Account:
    return Account(
        business_id=business_id,
        sid=f"AC{_derived(settings, f'{business_id}:account')}",
        number=f"sim-{business_id}",
        token=_derived(settings, f"{business_id}:token"),
    )


def business_of(number: str) -> int | None:
    """The business that a simulator's number names; None for any other number. Nothing is looked up:
    whoever forges one learns nothing of which businesses there are."""
    found = _NUMBER.fullmatch(number)
    return None if found is None else int(found[1])


def _derived(settings: Settings, what: str) -> str:
    return hmac.new(settings.secret("voice simulator"), what.encode(), sha256).hexdigest()[:32]
