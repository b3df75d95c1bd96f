"""What a script says while it runs: facts in its log, and its phase over Dagster Pipes.

Dagster shows the job's log too, so nothing is said both ways. Pipes is quicker than a log service,
and a courtesy: what counts is the job's ``report.json``, so no trouble here ever fails a job.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster_pipes import PipesContext


class Progress:
    """Where a script says what it is doing.

    Args:
        pipes: The open Dagster Pipes context; None if Dagster does not listen.
    """

    def __init__(self, pipes: "PipesContext | None") -> None:
        self._pipes = pipes

    def say(self, message: str) -> None:
        """Print a line into the job's log."""
        print(message, flush=True)

    def enter(self, phase: str) -> None:
        """Tell Dagster, if it listens, what the script does now."""
        pipes = self._pipes
        if pipes is not None:
            self._attempt(lambda: pipes.log.info(phase))

    def close(self, error: BaseException | None) -> None:
        """Tell Dagster that the script has ended, and by which error if any."""
        pipes = self._pipes
        if pipes is None:
            return
        if error is None:
            self._attempt(lambda: pipes.__exit__(None, None, None))
        else:
            self._attempt(lambda: pipes.__exit__(type(error), error, error.__traceback__))

    def _attempt(self, send: Callable[[], None]) -> None:
        try:
            send()
        except Exception as error:
            self._pipes = None
            _warn(f"progress is no longer reported to Dagster: {type(error).__name__}: {error}")


@contextmanager
def open_progress() -> Iterator[Progress]:
    """Report to Dagster while the block runs, if Dagster's environment variables are there."""
    progress = Progress(_open_pipes())
    try:
        yield progress
    except BaseException as error:
        progress.close(error)
        raise
    progress.close(None)


def _open_pipes() -> "PipesContext | None":
    if not ("DAGSTER_PIPES_CONTEXT" in os.environ and "DAGSTER_PIPES_MESSAGES" in os.environ):
        return None
    try:
        # Only here: alone, a script needs neither Pipes nor boto3, and a bundle may lack them.
        from preprocessing_scripts.pipes_connection import connect

        return connect()
    except Exception as error:
        _warn(f"progress is not reported to Dagster: {type(error).__name__}: {error}")
        return None


def _warn(message: str) -> None:
    print(f"warning: {message}", file=sys.stderr, flush=True)
