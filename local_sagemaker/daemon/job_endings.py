"""Ending jobs from outside: those whose supervisor has gone, and those that have to stop now."""

import signal
import time

from local_sagemaker.home import Home
from local_sagemaker.jobs.directory import JobDirectory
from local_sagemaker.records.states import cut_off, stopping
from local_sagemaker.records.store import Job, JobStore

_LOOK_SECONDS = 0.05


def end_lost(home: Home, store: JobStore, job: Job) -> None:
    """End a job that no process runs any more.

    It is ``Stopped`` if that was wanted, and else ``Failed`` with a reason that says where to look.
    A job that ended by itself in the meantime stays as it is.
    """
    if job.status == "Stopping":
        ending = cut_off(job.kind, "Stopped")
    else:
        reason = (
            "InternalServerError: the local supervisor of this job ended unexpectedly; "
            f"see {home.supervisor_log(job.kind, job.name)}"
        )
        ending = cut_off(job.kind, "Failed", reason)
    try:
        # First, because it may be the job that fills the disk, and then nothing can be recorded.
        JobDirectory(home.job_directory(job.kind, job.name)).clear()
    finally:
        store.change(job.kind, job.name, ending)


def stop_all(home: Home, timeout: float) -> None:
    """Stop every job of a home, with or without a daemon.

    Args:
        home: The service's home.
        timeout: Seconds that jobs get to end by themselves; then they are killed.
    """
    if not home.job_database.exists():
        return
    store = JobStore(home.job_database)
    for job in store.unfinished():
        if job.supervisor is not None and not job.supervisor.alive():
            end_lost(home, store, job)
            continue
        changed = store.change(job.kind, job.name, stopping(job.kind))
        if changed.supervisor is not None and not changed.ended:
            changed.supervisor.signal(signal.SIGTERM)
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and _running(store):
        time.sleep(_LOOK_SECONDS)
    for job in _running(store):
        if job.supervisor is not None:
            job.supervisor.signal(signal.SIGKILL)
    for job in store.unfinished():
        end_lost(home, store, job)


def _running(store: JobStore) -> list[Job]:
    """The unfinished jobs that a process runs."""
    return [job for job in store.unfinished() if job.supervisor and job.supervisor.alive()]
