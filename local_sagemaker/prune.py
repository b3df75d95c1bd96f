"""Removing what is old: ended jobs, their directories and logs, and runtimes that nobody uses.

Records go first. What has no record is found again by the next run, whatever ended this one; a
record never stands for a job of which something that matters is gone.
"""

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from local_sagemaker.home import Home
from local_sagemaker.kinds import KINDS, JobKind
from local_sagemaker.log_files import LogFiles
from local_sagemaker.records.job_query import JobQuery
from local_sagemaker.records.job_remains import (
    left_aside,
    set_aside,
    without_record,
)
from local_sagemaker.records.store import TERMINAL, Job, JobStore
from local_sagemaker.runtimes import inventory
from local_sagemaker.trees import remove_tree, size_on_disk

_BATCH = 200

T = TypeVar("T")


@dataclass
class Freed:
    """What a run removed, or would.

    Args:
        jobs: How many jobs.
        job_bytes: What their records and directories took on disk.
        logs: How many log streams.
        log_bytes: What these took.
        runtimes: How many runtimes.
        runtime_bytes: What these took.
    """

    jobs: int = 0
    job_bytes: int = 0
    logs: int = 0
    log_bytes: int = 0
    runtimes: int = 0
    runtime_bytes: int = 0

    @property
    def bytes(self) -> int:
        """All that was freed."""
        return self.job_bytes + self.log_bytes + self.runtime_bytes


def prune(home: Home, seconds: float, *, runtimes: bool = False, dry_run: bool = False) -> Freed:
    """Remove what has been of no use for some time; beside a daemon and jobs that run, too.

    Jobs that have not ended stay, and so do objects.

    Args:
        home: The service's home.
        seconds: For how long a job must have ended, or a runtime not have been used.
        runtimes: Whether to remove runtimes at all; the next job of such an image builds it again.
        dry_run: Whether to remove nothing, and only say what would be removed.

    Returns:
        What was removed.

    Raises:
        OSError: Something cannot be removed.
        sqlite3.Error: The job store cannot be used.
    """
    freed = Freed()
    cutoff = time.time() - seconds
    if runtimes:
        _prune_runtimes(home, cutoff, freed, dry_run=dry_run)
    if not home.job_database.exists():
        return freed
    store = JobStore(home.job_database)
    if dry_run:
        pretended = {(job.kind, job.name) for job in _old_jobs(store, cutoff)}
        freed.jobs = len(pretended)
    else:
        pretended = None
        _prune_records(home, store, cutoff, freed)
    _prune_directories(home, store, pretended, freed)
    _prune_logs(home, store, cutoff, pretended, freed)
    return freed


def _old_jobs(store: JobStore, cutoff: float) -> Iterator[Job]:
    for kind in KINDS.values():
        for status in sorted(TERMINAL):
            for job in store.find(JobQuery(kind=kind, status=status, modified_before=cutoff)):
                tidying = job.supervisor is not None and job.supervisor.alive()
                pool = store.pools([job.name]).get(job.name) if kind.warm_pools else None
                if not tidying and (pool is None or pool.status != "Available"):
                    yield job


def _prune_records(home: Home, store: JobStore, cutoff: float, freed: Freed) -> None:
    before = home.job_database.stat().st_size
    for jobs in _batches(_old_jobs(store, cutoff)):
        freed.jobs += _forget(home, store, jobs, cutoff, freed)
    if freed.jobs:
        store.compact()
    freed.job_bytes += max(0, before - home.job_database.stat().st_size)


def _forget(home: Home, store: JobStore, jobs: list[Job], cutoff: float, freed: Freed) -> int:
    try:
        return len(store.forget(jobs))
    except sqlite3.OperationalError as error:
        if "full" not in str(error):
            raise
    # Not even a removal can be recorded: this once, logs must go before their jobs.
    _remove_logs(home, {(job.kind, job.name) for job in jobs}, cutoff, freed)
    return len(store.forget(jobs))


def _prune_directories(
    home: Home, store: JobStore, pretended: set[tuple[JobKind, str]] | None, freed: Freed
) -> None:
    for directory in left_aside(home):
        freed.job_bytes += _removed(directory, dry_run=pretended is not None)
    for kind in KINDS.values():
        if pretended is not None:
            names = {name for of, name in pretended if of is kind}
            names.update(without_record(home, store, kind))
            freed.job_bytes += sum(size_on_disk(home.job_directory(kind, name)) for name in names)
            continue
        for some in _batches(without_record(home, store, kind)):
            for directory in set_aside(home, store, kind, some):
                freed.job_bytes += _removed(directory, dry_run=False)


def _prune_logs(
    home: Home,
    store: JobStore,
    cutoff: float,
    pretended: set[tuple[JobKind, str]] | None,
    freed: Freed,
) -> None:
    files = LogFiles(home.logs)
    for kind, group, stream in _old_logs(files, cutoff):
        name = _job_of(stream)
        if (kind, name) in (pretended or ()) or store.get(kind, name) is None:
            freed.logs += 1
            freed.log_bytes += files.size(group, stream)
            if pretended is None:
                files.remove(group, stream)


def _remove_logs(home: Home, jobs: set[tuple[JobKind, str]], cutoff: float, freed: Freed) -> None:
    files = LogFiles(home.logs)
    for kind, group, stream in _old_logs(files, cutoff):
        if (kind, _job_of(stream)) in jobs:
            freed.logs += 1
            freed.log_bytes += files.size(group, stream)
            files.remove(group, stream)


def _old_logs(files: LogFiles, cutoff: float) -> Iterator[tuple[JobKind, str, str]]:
    for kind in KINDS.values():
        for stream in files.unchanged_since(kind.log_group, cutoff):
            yield kind, kind.log_group, stream


def _job_of(stream: str) -> str:
    return stream.partition("/")[0]


def _prune_runtimes(home: Home, cutoff: float, freed: Freed, *, dry_run: bool) -> None:
    for runtime in inventory.list_built(home):
        if runtime.last_used >= cutoff and not runtime.key.endswith(inventory.DOOMED):
            continue
        try:
            freed.runtime_bytes += runtime.bytes if dry_run else inventory.remove(home, runtime.key)
        except inventory.RuntimeInUseError:
            continue
        freed.runtimes += 1


def _removed(directory: Path, *, dry_run: bool) -> int:
    size = size_on_disk(directory)
    if not dry_run:
        remove_tree(directory)
    return size


def _batches(items: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(items, _BATCH)):
        yield batch
