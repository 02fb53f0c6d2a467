"""A request to end a run before it is done: by a signal, or because too many cells failed."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Final

import attrs

from ddspec.errors import DdspecError

SIGNALS: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
SPOKEN: Final = {"SIGINT": "Ctrl-C"}


class GraceOverError(BaseException):
    """The time that a batch under way in this process was given to finish is over."""


@attrs.define(eq=False)
class Ending:
    """Whether a run should end, asked between batches.

    The first signal while batches train is a request: none is handed out any more and those under
    way have `grace` seconds to finish. At any other time, and at the second signal, the run ends
    at once: KeyboardInterrupt is raised for SIGINT, SystemExit (128 + its number) for the others.
    most_failures: so many failed cells are a request as well; None: however many do.
    tell: is given one line, in a thread of its own, when a signal comes. asked: why the run should
    end, empty as long as it should not: `SIGTERM`, `3 cells failed`.
    """

    grace: float = 20.0
    most_failures: int | None = None
    tell: Callable[[str], object] = attrs.field(default=lambda _: None)
    failures: int = attrs.field(default=0, init=False)
    asked: str = attrs.field(default="", init=False)
    at_once: bool = attrs.field(default=False, init=False)
    _signal: int = attrs.field(default=0, init=False)
    _until: float = attrs.field(default=float("inf"), init=False)
    _training: bool = attrs.field(default=False, init=False)
    _alone: bool = attrs.field(default=False, init=False)
    _clock: threading.Timer | None = attrs.field(default=None, init=False)
    _late: bool = attrs.field(default=False, init=False)
    _before: dict[int, Any] = attrs.field(factory=dict, init=False)

    @property
    def over(self) -> bool:
        """True when batches under way have had their time."""
        return self.at_once or time.monotonic() >= self._until

    def ask(self, reason: str) -> None:
        """Request the end; batches under way may finish in their time."""
        if not self.asked:
            self.asked, self._until = reason, time.monotonic() + self.grace

    def count(self, failed: int) -> None:
        """Note that so many more cells have failed."""
        self.failures += failed
        if failed and self.most_failures is not None and self.failures >= self.most_failures:
            self.ask(f"{self.failures} {'cell' if self.failures == 1 else 'cells'} failed")

    def conclude(self) -> None:
        """Raise what a signal should raise, once all is put away; nothing without a signal."""
        if self._signal:
            raise self._exception()

    @contextmanager
    def followed_by(self, last: Callable[[], object]) -> Iterator[None]:
        """What also an error does not keep from being done, unless the run is to end at once.

        The error is what is raised, whatever becomes of it.
        """
        try:
            yield
        except BaseException:
            if not self.at_once:
                with suppress(DdspecError, OSError):
                    last()
            raise

    @contextmanager
    def training(self) -> Iterator[None]:
        """The time in which batches are under way, and a first signal waits for them."""
        self._training = True
        try:
            yield
        finally:
            self._training = False

    @contextmanager
    def alone(self) -> Iterator[None]:
        """The time in which this process trains itself; GraceOverError ends it when it must."""
        self._alone = True
        try:
            if self._signal:
                self._set_clock()
            yield
        finally:
            self._alone = False
            if self._clock is not None:
                self._clock.cancel()

    def listen(self) -> None:
        """Take the signals; one that is ignored stays so.

        A shell lets what it runs in its background ignore SIGINT, and `nohup` SIGHUP. Outside of
        the main thread nothing is taken.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        for number in SIGNALS:
            if number not in self._before:
                self._before[number] = signal.getsignal(number)
            if self._before[number] not in (None, signal.SIG_IGN):
                signal.signal(number, self._heard)

    def listen_again(self) -> None:
        """Take the signals back from who has taken them since, if they were listened to."""
        if self._before:
            self.listen()

    def leave(self) -> None:
        """Give the signals back to those who had them before."""
        while self._before:
            number, handler = self._before.popitem()
            if handler is not None:
                signal.signal(number, handler)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self._late:  # nobody sent it but our own clock
            self._late = False
            if self._alone:
                raise GraceOverError
            return
        first, self._signal = not self._signal, self._signal or number
        if not first or not self._training:
            self.at_once = not first
            raise self._exception()
        self.ask(signal.Signals(number).name)
        threading.Thread(target=self.tell, args=(self._line(),), daemon=True).start()
        if self._alone:
            self._set_clock()

    def _line(self) -> str:
        name = SPOKEN.get(self.asked, self.asked)
        wait = f"up to {self.grace:.0f} s for cells under way"
        return f"{name}: no cells are begun any more; {wait}, {name} again ends at once"

    def _set_clock(self) -> None:
        left = max(self._until - time.monotonic(), 0.0)
        self._clock = threading.Timer(left, self._ring)
        self._clock.daemon = True
        self._clock.start()

    def _ring(self) -> None:
        if not self._alone:
            return
        self._late = True
        signal.pthread_kill(threading.main_thread().ident or 0, self._signal)

    def _exception(self) -> BaseException:
        if self._signal == signal.SIGINT:
            return KeyboardInterrupt()
        return SystemExit(128 + self._signal)


@contextmanager
def listening(ending: Ending) -> Iterator[None]:
    """Signals are requests to `ending` for the time of a `with`; then they are whose they were."""
    ending.listen()
    try:
        yield
    finally:
        ending.leave()
