"""How a long job says how far it is."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager

from preprocessing_scripts.progress import Progress

INTERVAL_SECONDS = 5.0
_KILOBYTES_PER_MEGABYTE = 1000


class Pace:
    """Says a phase's rows and rate every few seconds, and keeps the time of every phase.

    Args:
        progress: Where to say it.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.seconds: dict[str, float] = {}
        self._phase = ""
        self._started = self._said = 0.0
        self._done, self._what = 0, "rows"

    @contextmanager
    def phase(self, name: str, doing: str) -> Iterator[None]:
        """Time a phase.

        Args:
            name: In the report.
            doing: In words.
        """
        self._progress.enter(doing)
        self._phase, self._done = doing, 0
        self._started = self._said = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - self._started, 3)
        counted = f", {self._done:,} {self._what}" if self._done else ""
        self._progress.say(f"{doing}: done in {self.seconds[name]:.1f} s{counted}")

    def advance(self, count: int, of: int | None = None, what: str = "rows") -> None:
        """Count what is done.

        Args:
            count: Done since the last call.
            of: Of how many altogether, if that is known.
            what: Is counted.
        """
        self._done, self._what = self._done + count, what
        now = time.monotonic()
        if now - self._said < INTERVAL_SECONDS:
            return
        self._said = now
        rate = self._done / (now - self._started)
        total = f" of {of:,}" if of else ""
        message = f"{self._phase}: {self._done:,}{total} {what}, {rate:,.0f} a second"
        self._progress.say(message)
        self._progress.enter(message)


def peak_memory_mb() -> float:
    """The most memory that this process has had, in megabytes (10^6 bytes, nearly)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KILOBYTES_PER_MEGABYTE
