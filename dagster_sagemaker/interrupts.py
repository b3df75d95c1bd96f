"""Interrupts of a run, and the ones that Python loses.

The handler of a signal raises in whatever the process is doing. While that is a garbage collection
or another finalizer, Python reports the exception and goes on
(https://docs.python.org/3/library/sys.html#sys.unraisablehook): the run was cancelled, and the step
would wait for its job as if nobody had. So what is lost is noted, and raised at the next pause.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

INTERRUPTS = (dg.DagsterExecutionInterruptedError, KeyboardInterrupt)
"""What a cancelled run raises in its steps."""

# How long a lost interrupt may go unnoticed.
_LONGEST_SLEEP = 0.5

_lost: list[type[BaseException]] = []


@contextmanager
def lost_interrupts_noted() -> Iterator[None]:
    """While it lasts, ``pause`` raises an interrupt that Python has lost."""
    report = sys.unraisablehook

    def note(unraisable: "sys.UnraisableHookArgs") -> None:
        if issubclass(unraisable.exc_type, INTERRUPTS):
            _lost.append(unraisable.exc_type)
        else:
            report(unraisable)

    sys.unraisablehook = note
    try:
        yield
    finally:
        sys.unraisablehook = report
        _lost.clear()


def pause(seconds: float) -> None:
    """Sleep, as ``time.sleep`` does.

    Raises:
        dagster.DagsterExecutionInterruptedError: The run was cancelled, and Python lost that.
    """
    deadline = time.monotonic() + seconds
    while True:
        if _lost:
            _lost.clear()
            raise dg.DagsterExecutionInterruptedError
        left = deadline - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, _LONGEST_SLEEP))
