"""A clock that a test sets: all of Maane in this process asks ``kit.db.now`` what time it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Jerusalem")


class Clock:
    """Runs on from where it was set, so that what follows is later."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self, zone: tzinfo) -> datetime:
        """Stands in for ``datetime.now``."""
        return datetime.now(zone) + self._ahead

    def set(self, local: str) -> datetime:
        """Makes it ``YYYY-MM-DDTHH:MM`` on the business's wall clock."""
        at = datetime.fromisoformat(local).replace(tzinfo=ZONE).astimezone(UTC)
        self._ahead = at - datetime.now(UTC)
        return at
