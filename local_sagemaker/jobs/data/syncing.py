"""Keeping directories of a running job in the object store: Continuous outputs and checkpoints.

A thread looks at them every few seconds. It is a thread, and no work between two looks at the
container's output, because one large file may take longer to copy than the pipe of a container that
prints takes to fill.
"""

import os
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType

from local_sagemaker.jobs.data.directory_sync import DirectorySync, Synced
from local_sagemaker.jobs.directory import HostDirectory
from local_sagemaker.s3.store import ObjectStore

INTERVAL_VARIABLE = "ML_PIPELINE_LOCAL_SYNC_SECONDS"
"""Seconds between two looks."""

_DEFAULT_INTERVAL = 5.0
# Looking takes at most this share of the time, however many files there are.
_SHARE = 0.1


class Syncing:
    """Syncs directories for as long as its block lasts, and once more at its end.

    No container may write any more when the block ends, in whatever way it does.

    Args:
        synced: What to sync; without any there is no thread.
        hosts: The files of all instances.
        objects: Where it goes.

    Attributes:
        problem: What could not be brought into the object store in the end, if anything could not.
    """

    def __init__(
        self, synced: Sequence[Synced], hosts: Sequence[HostDirectory], objects: ObjectStore
    ) -> None:
        self._directories = [DirectorySync(one, hosts, objects) for one in synced]
        self.problem: str | None = None
        self._interval = float(os.environ.get(INTERVAL_VARIABLE, _DEFAULT_INTERVAL))
        self._ended = threading.Event()
        self._told: set[str] = set()
        # A daemon: it must not keep a process alive that ends with an exception.
        self._thread = threading.Thread(target=self._work, name="syncing", daemon=True)

    def __enter__(self) -> "Syncing":
        for directory in self._directories:
            directory.remember()
        if self._directories:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()
        problems = [problem for one in self._directories for problem in one.look()]
        self._tell(problems)
        self.problem = problems[0] if problems else None

    def _work(self) -> None:
        pause = self._interval
        while not self._ended.wait(pause):
            began = time.monotonic()
            for directory in self._directories:
                self._tell(directory.look(self._ended.is_set))
            pause = max(self._interval, (time.monotonic() - began) / _SHARE)

    def _tell(self, problems: Sequence[str]) -> None:
        for problem in sorted(set(problems) - self._told):
            with suppress(OSError):  # The disk may be full.
                print(problem, file=sys.stderr, flush=True)
        self._told.update(problems)
