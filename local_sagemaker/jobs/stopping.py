"""Noticing that a job is to be stopped, or begun again."""

import os
import select
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Literal

from local_sagemaker.jobs.reasons import JobInterruptedError, JobStoppedError

Cause = Literal["stop", "wait", "interrupt"]
"""What cuts into a job: a stop, the end of ``MaxWaitTimeInSeconds``, a spot interruption."""

INTERRUPTION_SIGNAL = signal.SIGURG
"""Makes a supervisor look for an interruption; one that has not yet begun to listen ignores it."""

LOOK_SECONDS = 5.0
"""How often the record is looked at when no signal came."""


class StopRequest:
    """Whether someone asked for the job's end, its time is up, or its instances are taken away.

    The job's record is what counts; signals only make the supervisor look at once.

    Args:
        recorded: Says whether the job's record asks for its end.
        interrupted: Says whether the job's record asks for an interruption.
    """

    def __init__(
        self, recorded: Callable[[], bool], interrupted: Callable[[], bool] = lambda: False
    ) -> None:
        self._recorded = recorded
        self._interrupted = interrupted
        self._asked = False
        self._interruption = False
        self._next_look = 0.0
        self._deadline: float | None = None
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
        signal.signal(INTERRUPTION_SIGNAL, self._on_interruption)

    def limit(self, seconds: float | None) -> None:
        """Set ``MaxWaitTimeInSeconds``, counted from now."""
        self._deadline = None if seconds is None else time.monotonic() + seconds

    @property
    def cause(self) -> Cause | None:
        """What cuts in, if something does; the record is looked at every few seconds."""
        if not self._asked and time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LOOK_SECONDS
            self._asked = self._recorded()
            self._interruption = self._interruption or self._interrupted()
        if self._asked:
            return "stop"
        if self._deadline is not None and time.monotonic() >= self._deadline:
            return "wait"
        return "interrupt" if self._interruption else None

    @property
    def patience(self) -> float:
        """How many seconds may pass without a signal before ``cause`` has to be asked again."""
        left = LOOK_SECONDS if self._deadline is None else self._deadline - time.monotonic()
        return max(0.0, min(left, LOOK_SECONDS))

    def check(self) -> None:
        """Give up if something cuts in.

        Raises:
            JobStoppedError: A stop was asked for, or the time is up.
            JobInterruptedError: The job's instances are taken away.
        """
        self.check_stop()
        if self.cause == "interrupt":
            raise JobInterruptedError

    def check_stop(self) -> None:
        """Give up if the job is to end; where there are no instances none can be taken away.

        Raises:
            JobStoppedError: A stop was asked for, or the time is up.
        """
        cause = self.cause
        if cause == "stop":
            raise JobStoppedError
        if cause == "wait":
            raise JobStoppedError("MaxWaitTimeInSeconds")

    def wait(self, seconds: float) -> None:
        """Let time pass without instances; errors as in ``check_stop``."""
        end = time.monotonic() + seconds
        self.check_stop()
        while (left := end - time.monotonic()) > 0:
            select.select([self.wakeup], [], [], min(left, self.patience))
            self.clear_wakeup()
            self.check_stop()

    def forget_interruption(self) -> None:
        """The interruption that was noticed has been dealt with."""
        self._interruption = False

    def clear_wakeup(self) -> None:
        """Make ``wakeup`` unreadable until the next signal."""
        try:
            while os.read(self.wakeup, 512):
                pass
        except BlockingIOError:
            pass

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True

    def _on_interruption(self, _number: int, _frame: FrameType | None) -> None:
        self._next_look = 0.0


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Do nothing; a handler has to be there for the signal to be written to the wakeup file."""
