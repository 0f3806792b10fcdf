"""``python -m tests.fake_phone_network PORT SERVER``: Twilio's API and its phone network for the
browser tests, with one account of one number, until it is ended. Whom a call is asked for picks up after
a moment, says something, listens to the answer and hangs up; a number that ends with 0 Twilio refuses.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from typing import Any

from tests.fake_twilio_calls import FakeCalls, FakeRecording
from tests.fake_twilio_voice import Phone

ACCOUNT_SID, TOKEN, NUMBER = "AC" + "a" * 32, "0123456789abcdef" * 2, "+97236123456"
RINGS_S = 1.5
SOUND = b"\xff\xfb\x90\x64" + bytes(413)
"""One frame of MP3, silent."""


class Network(FakeCalls):
    """The account, whose calls happen by themselves. ``server`` is where Maane listens."""

    def __init__(self, port: int, server: str) -> None:
        super().__init__(ACCOUNT_SID, TOKEN, port)
        self.numbers = [NUMBER]
        self.phone = Phone(server, server, ACCOUNT_SID, TOKEN, NUMBER)

    def respond(self, asked: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        is_call = asked["path"].endswith("/Calls.json")
        if is_call and asked["body"]["To"].endswith("0"):
            self.script = [(400, 21215)]
        status, headers, document = super().respond(asked)
        if is_call and status == 201:
            line = self.line(self.phone, len(self.asked) - 1)

            def happen() -> None:
                time.sleep(RINGS_S)
                line.pick_up()
                line.speak("כן, אפשר לדבר")
                line.hang_up()
                if line.recording is not None:
                    sid = f"RE{len(self.asked):032x}"
                    self.recordings[sid] = FakeRecording(line.sid, SOUND)
                    line.tell_recording(sid)

            threading.Thread(target=happen, daemon=True).start()
        return status, headers, document


if __name__ == "__main__":
    with Network(int(sys.argv[1]), sys.argv[2]):
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
