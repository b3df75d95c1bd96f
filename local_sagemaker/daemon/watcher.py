"""Noticing that a supervisor has gone, and ending its job truthfully if it did not do so itself.

Nothing is polled where the system has ``pidfd``: an exit wakes the event loop.
"""

import asyncio
import logging
import os
import sqlite3
import subprocess
from collections.abc import Callable

from local_sagemaker.daemon.job_endings import end_lost
from local_sagemaker.daemon.launcher import SupervisorLauncher
from local_sagemaker.home import Home
from local_sagemaker.process import ProcessId
from local_sagemaker.records.states import cut_off
from local_sagemaker.records.store import Job, JobStore

_POLL_SECONDS = 1.0
_RETRY_SECONDS = 10.0

_log = logging.getLogger(__name__)


class SupervisorWatcher:
    """Starts supervisors and stays aware of them.

    Made on the event loop. ``launch``, ``recover`` and ``settle`` block, and are for other threads.

    Args:
        home: The service's home.
        store: Where jobs are recorded.
        launcher: Starts supervisors.
        loop: The event loop that waits for exits.
    """

    def __init__(
        self,
        home: Home,
        store: JobStore,
        launcher: SupervisorLauncher,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._home = home
        self._store = store
        self._launcher = launcher
        self._loop = loop
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._tell: Callable[[Job], None] = lambda _: None

    def tell(self, ended: Callable[[Job], None]) -> None:
        """Name who is to be told of every job that ends, once its supervisor has gone."""
        self._tell = ended

    def launch(self, job: Job) -> None:
        """Start a recorded job's supervisor; the job fails if that cannot be done."""
        try:
            child = self._launcher.launch(job)
        except OSError as error:
            _log.exception("no supervisor for %s", job.arn)
            reason = f"InternalServerError: the supervisor of this job cannot be started: {error}"
            self._store.change(job.kind, job.name, cut_off(job.kind, "Failed", reason))
            return
        self._children[child.pid] = child
        process = ProcessId.of(child.pid)
        self._watch_soon(job, process)
        try:
            self._store.set_supervisor(job.kind, job.name, process)
        except sqlite3.Error:
            # The supervisor does it too, and the job is acknowledged: Create has not failed.
            _log.exception("cannot note the supervisor of %s", job.arn)

    def recover(self) -> None:
        """Take up the jobs that an earlier daemon left: launch, watch, or end each of them."""
        for job in self._store.unfinished():
            if job.supervisor is not None:
                self._watch_soon(job, job.supervisor)
            elif job.status == "Stopping":
                end_lost(self._home, self._store, job)
            else:
                self.launch(job)

    def settle(self, watched: Job, gone: ProcessId) -> None:
        """End a job whose supervisor has gone, unless it has ended or another one runs it."""
        child = self._children.pop(gone.pid, None)
        if child is not None:
            child.wait()
        job = self._store.get(watched.kind, watched.name)
        # One that was deleted meanwhile may have left its name to another.
        if job is not None and not job.ended and job.created == watched.created:
            if job.supervisor is not None and job.supervisor != gone:
                self._watch_soon(job, job.supervisor)
                return
            end_lost(self._home, self._store, job)
        self._tell(watched)

    def _watch_soon(self, job: Job, process: ProcessId) -> None:
        def gone() -> None:
            settled = self._loop.run_in_executor(None, self.settle, job, process)
            settled.add_done_callback(again_if_failed)

        def again_if_failed(settled: asyncio.Future[None]) -> None:
            if not settled.cancelled() and settled.exception() is not None:
                _log.error("cannot end %s", job.arn, exc_info=settled.exception())
                self._loop.call_later(_RETRY_SECONDS, gone)

        self._loop.call_soon_threadsafe(call_on_exit, self._loop, process, gone)


def call_on_exit(
    loop: asyncio.AbstractEventLoop, process: ProcessId, gone: Callable[[], None]
) -> None:
    """Call back once when a process, child or not, has exited; for use on the loop's thread."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        gone()
        return
    except (OSError, AttributeError):
        _poll(loop, process, gone)
        return
    if not process.alive():
        # It exited, or its pid has passed on to another process, before the descriptor was made.
        os.close(descriptor)
        gone()
        return

    def exited() -> None:
        loop.remove_reader(descriptor)
        os.close(descriptor)
        gone()

    loop.add_reader(descriptor, exited)


def _poll(loop: asyncio.AbstractEventLoop, process: ProcessId, gone: Callable[[], None]) -> None:
    if process.alive():
        loop.call_later(_POLL_SECONDS, _poll, loop, process, gone)
    else:
        gone()
