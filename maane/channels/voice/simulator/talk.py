"""A simulated call, the same for whoever makes it, over whichever engine: what the caller does goes in,
what happens comes out as events.

Requests and sockets are waited for on threads of their own, which put what they find into one queue;
``pump`` takes it from there. So whoever pumps is never held up, and a caller can hang up at any moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from maane.channels.voice.relay.words import seconds_of
from maane.channels.voice.simulator.line import CallLost, Line
from maane.channels.voice.simulator.session import Got, Session


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, ``at_s`` after dialling.

    Of the caller: ``heard``, ``keys``, ``silence``, ``interrupt`` (with the words that were heard by
    then), ``hang_up``. Of the business: ``says`` (pieces, of which the last of a turn is ``is_last``),
    ``waits`` (a word to wait), ``listens``, ``dials`` (a person would be rung now), ``ended``. ``failed``
    has the reason and its detail, with a space between. ``took_ms`` is from the end of the caller's
    words to the first of these.
    """

    at_s: float
    kind: str
    text: str = ""
    took_ms: int | None = None
    is_last: bool = True


class Talk:
    """``new_session`` opens the socket of a call that goes over one; ``tell`` hears the events, on the
    thread that pumps."""

    def __init__(
        self, line: Line, new_session: Callable[[Line], Session], tell: Callable[[Event], None]
    ) -> None:
        self.line = line
        self.failure: CallLost | None = None
        self.is_over = False
        self.is_listening = False
        self.answers = 0
        """How often the business has finished saying something."""
        self.saying = ""
        """What it says now, or said last."""
        self.spoken_until = time.monotonic()
        self.session: Session | None = None
        self._new_session = new_session
        self._tell = tell
        self._began = time.monotonic()
        self._asked_at: float | None = None
        self._found: SimpleQueue[tuple[str, Any]] = SimpleQueue()
        self._work = ThreadPoolExecutor(1, thread_name_prefix="simulated call")
        self._is_busy = False
        self._is_open = False
        self._is_skipping = False
        self._mumbles = 0
        line.on_event = lambda kind, text: self._found.put((kind, text))

    @property
    def is_relay(self) -> bool:
        return self.session is not None

    @property
    def is_answered(self) -> bool:
        """True where nothing more is to come for what the caller did last."""
        return self._asked_at is None

    def dial(self) -> None:
        self._asked_at = time.monotonic()
        self._do(self.line.ring)

    # What the caller does. False where nobody listens.

    def speak(self, words: str) -> bool:
        if not self.is_listening:
            return False
        self._event("heard", words)
        self._asked_at = time.monotonic()
        return self._put(lambda: self.line.speak(words), lambda it: it.say(words))

    def mumble(self, words: str) -> bool:
        """Words that may still change; nothing is answered to them."""
        if not self.is_listening:
            return False
        session, self._mumbles = self.session, self._mumbles + 1
        number = self._mumbles
        if session is not None:
            self._safely(lambda: session.say(words, last=False))
        elif not self._is_busy:
            self._safely(lambda: self.line.mumble(words, number))
        return True

    def press(self, keys: str) -> bool:
        if not self.is_listening:
            return False
        self._event("keys", keys)
        self._asked_at = time.monotonic()
        return self._put(lambda: self.line.press(keys), lambda it: it.press(keys))

    def be_silent(self) -> bool:
        """Says nothing for as long as a caller may. A socket tells nothing of that: Maane's own clock
        does."""
        if not self.is_listening:
            return False
        self._event("silence")
        self._asked_at = time.monotonic()
        return self._put(self.line.be_silent, None)

    def interrupt(self, heard: str) -> bool:
        """Speaks over what is being said. With ``gather`` the voice only stops: nobody is told."""
        if not self.is_listening:
            return False
        self._event("interrupt", heard)
        self.spoken_until = time.monotonic()
        if self.session is not None:
            session, self._is_skipping = self.session, self._is_open
            if self._is_open:
                self._event("says")
            self._is_open, self.saying = False, ""
            self._safely(lambda: session.interrupt(heard))
        return True

    def hang_up(self) -> None:
        if self.is_over:
            return
        self._event("hang_up")
        self.is_over, self.is_listening = True, False
        self._safely(self.line.hang_up if self.session is None else self.session.hang_up)
        self._event("ended", "caller_hung_up")

    def close(self) -> None:
        """Lets go of what is open. A call that goes on is hung up."""
        if not self.is_over:
            self.hang_up()
        if self.session is not None:
            with suppress(OSError):
                self.session.close()
        self._work.shutdown(wait=False)
        self.line.client.close()

    def pump(self, seconds: float) -> bool:
        """Waits so long for something to happen, and tells of all that did; False where nothing did."""
        try:
            kind, what = self._found.get(timeout=max(0.0, seconds))
        except Empty:
            return False
        while True:
            self._take(kind, what)
            try:
                kind, what = self._found.get_nowait()
            except Empty:
                return True

    # What happens.

    def _take(self, kind: str, what: Any) -> None:
        if self.is_over:
            return
        match kind:
            case "say":
                self._said(what)
            case "wait":
                self._spoken(what)
                self._event("waits", what, took_ms=self._took_ms())
            case "dial":
                self._event("dials", what)
            case "frame":
                self._take_frame(what)
            case "done":
                self._is_busy = False
                self._go_on()
            case "opened":
                self._is_busy = False
                self._said(what)
                self._listen()
            case "closed":
                self._lose_socket(what)
            case "lost":
                self._fail(what)

    def _go_on(self) -> None:
        """A request was answered, and what it said was done."""
        line = self.line
        if line.is_over:
            self.is_over, self.is_listening = True, False
            self._event("ended", "business_hung_up")
        elif line.connecting is not None:
            self._do(self._open_socket, done="opened")
        elif line.gather is not None:
            self._listen()

    def _open_socket(self) -> str:
        session = self.session = self._new_session(self.line)
        session.on_frame = lambda got: self._found.put(
            ("closed", session) if got is None else ("frame", (session, got))
        )
        session.open()
        return session.greeting

    def _take_frame(self, what: tuple[Session, Got]) -> None:
        session, got = what
        if session is not self.session:
            return
        frame = got.frame
        if frame.get("type") == "end":
            handoff = str(frame.get("handoffData", ""))
            self.session, self.is_listening = None, False
            session.close()
            self._do(lambda: session.after("ended", HandoffData=handoff))
        elif frame.get("type") == "text":
            self._take_words(
                str(frame.get("token", "")), is_last=frame.get("last") is True, at=got.at
            )

    def _take_words(self, words: str, *, is_last: bool, at: float) -> None:
        if self._is_skipping:
            # Twilio speaks none of what still came after the caller had spoken over it.
            self._is_skipping = not is_last
            return
        if not self._is_open:
            self.saying = ""
        had_words = bool(self.saying.strip())
        took_ms = None if had_words or not words.strip() else self._took_ms(at)
        self.saying += words
        self._is_open = not is_last
        self._spoken(words)
        if words or is_last:
            self._event("says", words, took_ms=took_ms, is_last=is_last)
        if is_last and self.saying.strip():
            self._asked_at = None
            self.answers += 1

    def _lose_socket(self, session: Session) -> None:
        """The socket ended before its session did. Twilio asks what follows."""
        if session is not self.session:
            return
        self.session, self.is_listening = None, False
        self._do(lambda: session.after("failed", ErrorCode="64102", ErrorMessage="lost"))

    def _said(self, words: str) -> None:
        self.saying, self._is_open = words, False
        self._spoken(words)
        self._event("says", words, took_ms=self._took_ms())
        self._asked_at = None
        self.answers += 1

    def _spoken(self, words: str) -> None:
        begins = max(time.monotonic(), self.spoken_until)
        self.spoken_until = begins + seconds_of(words)

    def _listen(self) -> None:
        self.is_listening, self._mumbles = True, 0
        self._event("listens")

    def _fail(self, error: CallLost) -> None:
        self._is_busy = False
        self.failure = error
        self.is_over, self.is_listening = True, False
        self._event("failed", f"{error.reason} {error.detail}".strip())
        if not self.line.is_over:
            self._safely(lambda: self.line.hang_up("failed"))

    # Small things.

    def _put(
        self, by_request: Callable[[], Any], by_socket: Callable[[Session], Any] | None
    ) -> bool:
        session = self.session
        self.saying = "" if not self._is_open else self.saying
        if session is not None:
            if by_socket is not None:
                self._safely(lambda: by_socket(session))
            return True
        self.is_listening = False
        self._do(by_request)
        return True

    def _do(self, work: Callable[[], Any], *, done: str = "done") -> None:
        """Does what must be waited for, one after the other."""
        self._is_busy = True

        def run() -> None:
            try:
                self._found.put((done, work()))
            except CallLost as error:
                self._found.put(("lost", error))
            except Exception as error:
                self._found.put(("lost", CallLost("error", type(error).__name__)))

        self._work.submit(run)

    def _safely(self, work: Callable[[], Any]) -> None:
        """Does what is not waited for. What is lost then is found where it is listened for."""
        with suppress(CallLost, OSError):
            work()

    def _took_ms(self, at: float | None = None) -> int | None:
        if self._asked_at is None:
            return None
        return round(((at or time.monotonic()) - self._asked_at) * 1000)

    def _event(
        self, kind: str, text: str = "", *, took_ms: int | None = None, is_last: bool = True
    ) -> None:
        at_s = time.monotonic() - self._began
        self._tell(Event(round(at_s, 3), kind, text, took_ms, is_last))
