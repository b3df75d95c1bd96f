"""Noticing that a job is to be stopped."""

import os
import signal
import time
from collections.abc import Callable
from types import FrameType

from ml_pipeline.local_sagemaker.jobs.reasons import JobStoppedError

LOOK_SECONDS = 5.0
"""How often the record is looked at when no signal came."""


class StopRequest:
    """Whether someone asked for the job's end.

    The job's record is what counts; SIGTERM only makes the supervisor look at once.

    Args:
        recorded: Says whether the job's record asks for it.
    """

    def __init__(self, recorded: Callable[[], bool]) -> None:
        self._recorded = recorded
        self._asked = False
        self._next_look = 0.0
        self.wakeup, self._wakeup_end = os.pipe()

    def listen(self) -> None:
        """Take over SIGTERM and SIGCHLD: from now on each makes ``wakeup`` readable.

        Must be called in the main thread.
        """
        for end in (self.wakeup, self._wakeup_end):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wakeup_end, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _ignore)
        signal.signal(signal.SIGTERM, self._on_signal)

    @property
    def requested(self) -> bool:
        """Whether a stop was asked for; the record is looked at every few seconds."""
        if not self._asked and time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LOOK_SECONDS
            self._asked = self._recorded()
        return self._asked

    def check(self) -> None:
        """Give up if a stop was asked for.

        Raises:
            JobStoppedError: It was.
        """
        if self.requested:
            raise JobStoppedError

    def clear_wakeup(self) -> None:
        """Make ``wakeup`` unreadable until the next signal."""
        try:
            while os.read(self.wakeup, 512):
                pass
        except BlockingIOError:
            pass

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Do nothing; a handler has to be there for the signal to be written to the wakeup file."""
