"""What a case may cost: five seconds of the processor, a minute of the clock, some memory."""

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 5.0  # of the processor, so that a busy machine counts as no hang
CLOCK = 120.0  # of the clock: what waits for something that never comes
MEMORY = 12 * 2**30  # bytes of address space


class Hang(BaseException):
    """A case took too long."""


@contextmanager
def limited(seconds: float = SECONDS) -> Iterator[None]:
    """Raise Hang inside when the block takes too long."""

    def stop(number: int, _: object) -> None:
        raise Hang(signal.Signals(number).name)

    before = {number: signal.signal(number, stop) for number in (signal.SIGPROF, signal.SIGALRM)}
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, max(CLOCK, 4 * seconds))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def cap_memory() -> None:
    """Let a case that asks for too much memory fail, instead of the machine."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, hard))
