"""All tables, imported once, so that ``Base.metadata`` is complete wherever it is read."""

from maane.appointments import models as appointments
from maane.auth import models as auth
from maane.calls import models as calls
from maane.channels import inbox
from maane.channels.voice import models as voice
from maane.channels.voice.simulator import models as simulator
from maane.channels.whatsapp import models as whatsapp
from maane.conversations import models as conversations
from maane.facts import models as facts
from maane.hours import models as hours
from maane.leads import models as leads
from maane.media import models as media
from maane.notifications import models as notifications
from maane.privacy import models as privacy
from maane.prompts import models as prompts
from maane.tenancy import models as tenancy

__all__ = [
    "appointments",
    "auth",
    "calls",
    "conversations",
    "facts",
    "hours",
    "inbox",
    "leads",
    "media",
    "notifications",
    "privacy",
    "prompts",
    "simulator",
    "tenancy",
    "voice",
    "whatsapp",
]
