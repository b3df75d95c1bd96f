"""What jobs leave on disk besides their record: removing it without ever touching a later job's.

Whoever adds a job has its record written before its directory is made. So a directory that has no
record while nobody can write one belongs to nobody; it is moved aside then, and removed at leisure.
"""

import signal
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import uuid4

from local_sagemaker.home import Home
from local_sagemaker.kinds import JobKind
from local_sagemaker.process import ProcessId
from local_sagemaker.records.store import JobStore
from local_sagemaker.trees import remove_tree

_ASIDE = ".removed"
_TIDYING_SECONDS = 10.0
_LOOK_SECONDS = 0.02


def set_aside(home: Home, store: JobStore, kind: JobKind, names: Iterable[str]) -> list[Path]:
    """Move the directories of jobs that have no record to where nobody looks for them.

    Args:
        home: The service's home.
        store: The home's jobs.
        kind: The jobs' kind.
        names: The jobs; those that have a record are passed over.

    Returns:
        Where the directories are now, for ``remove_tree``.
    """
    aside = home.jobs / _ASIDE
    aside.mkdir(mode=0o700, parents=True, exist_ok=True)
    moved = []
    with store.alone():
        for name in names:
            directory = home.job_directory(kind, name)
            if store.get(kind, name) is None and directory.is_dir():
                moved.append(directory.rename(aside / f"{kind}-{name}-{uuid4().hex}"))
    return moved


def without_record(home: Home, store: JobStore, kind: JobKind) -> Iterator[str]:
    """The names of job directories whose job has no record."""
    directories = home.jobs / kind.name
    if directories.is_dir():
        for directory in directories.iterdir():
            if store.get(kind, directory.name) is None:
                yield directory.name


def left_aside(home: Home) -> list[Path]:
    """Directories that were moved aside by a process that did not live to remove them."""
    aside = home.jobs / _ASIDE
    return list(aside.iterdir()) if aside.is_dir() else []


def remove_directory(home: Home, store: JobStore, kind: JobKind, name: str) -> None:
    """Remove the directory of a job that has no record any more."""
    for directory in set_aside(home, store, kind, [name]):
        remove_tree(directory)


def await_tidied(supervisor: ProcessId) -> None:
    """Wait for the supervisor of an ended job, which may still be at the job's directory.

    One that takes more than a few seconds is killed: what it removes, the caller will.
    """
    deadline = time.monotonic() + _TIDYING_SECONDS
    while supervisor.alive() and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    supervisor.signal(signal.SIGKILL)
