"""Credentials of a business at its providers: as they are given, and encrypted at rest with a key that
``SECRET_KEY`` gives."""

from __future__ import annotations

import base64
from typing import Annotated

from cryptography.fernet import Fernet, InvalidToken
from pydantic import AfterValidator, Field, SecretStr

from maane.kit.endpoint import Shape
from maane.kit.logging import LOG
from maane.kit.text import Phone
from maane.settings import Settings


def _fits_a_header(value: SecretStr) -> SecretStr:
    if not all("!" <= character <= "~" for character in value.get_secret_value()):
        raise ValueError("must be letters, digits and signs without spaces")
    return value


def _is_international(value: str) -> str:
    if not value.startswith("+"):
        raise ValueError("must be a whole number with its country")
    return value


Credential = Annotated[
    SecretStr, Field(min_length=1, max_length=2000), AfterValidator(_fits_a_header)
]
"""Goes in and never comes out."""
AccountSid = Annotated[str, Field(pattern=r"^AC[0-9a-fA-F]{32}$")]
"""Of an account at Twilio."""
InternationalNumber = Annotated[Phone, AfterValidator(_is_international)]
"""E.164."""


class TwilioConnectionBody(Shape):
    account_sid: AccountSid
    number: InternationalNumber
    auth_token: Credential


def seal(settings: Settings, secret: str) -> str:
    """Fernet ciphertext of a credential."""
    return _cipher(settings).encrypt(secret.encode()).decode()


def unseal(settings: Settings, sealed: str, business_id: int) -> str | None:
    """The credential in clear; None when the present ``SECRET_KEY`` cannot read it. The business is for
    the log."""
    try:
        return _cipher(settings).decrypt(sealed.encode()).decode()
    except InvalidToken:
        LOG.error("credential cannot be decrypted", business_id=business_id)
        return None


def _cipher(settings: Settings) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(settings.secret("channels")))
