"""What has been built: the counterpart of ``docker image ls`` and ``rm``."""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local_sagemaker.home import Home
from local_sagemaker.runtimes.finished import finished
from local_sagemaker.runtimes.locks import RuntimeLock

_WAIT_SECONDS = 0.2
DOOMED = ".removing"
"""How the name of a directory ends that is being removed, or was when its remover ended."""


class RuntimeInUseError(Exception):
    """A runtime cannot be removed: a job runs on it, or builds it."""


@dataclass(frozen=True)
class BuiltRuntime:
    """An environment on disk.

    Args:
        key: What it is called.
        path: Where it is.
        bytes: What it takes on disk.
        last_used: When a job, or a build, last had it; seconds since the epoch.
        finished: Whether it is complete; what a build left behind that was cut off is not.
    """

    key: str
    path: Path
    bytes: int
    last_used: float
    finished: bool


def list_built(home: Home) -> list[BuiltRuntime]:
    """All environments of a home, by key."""
    try:
        directories = sorted(path for path in home.runtimes.iterdir() if path.is_dir())
    except FileNotFoundError:
        return []
    built = [_inspect(path) for path in directories]
    return [runtime for runtime in built if runtime is not None]


def remove(home: Home, key: str, check: Callable[[], None] | None = None) -> int:
    """Delete an environment, and what belongs to it.

    Args:
        home: The service's home.
        key: Which.
        check: Called now and then while something uses it; raises to end the wait. Without it
            there is no wait.

    Returns:
        How many bytes were freed; zero if there was no such environment.

    Raises:
        RuntimeInUseError: A job runs on it, or builds it.
        OSError: It cannot be deleted.
    """
    target = home.runtimes / key
    if not target.is_dir():
        return 0
    lock = RuntimeLock(home.runtimes / f"{key}.lock")
    try:
        while not lock.own():
            if check is None:
                raise RuntimeInUseError(
                    f"the runtime {key} is in use: a job runs on it, or builds it"
                )
            check()
            time.sleep(_WAIT_SECONDS)
        freed = _disk_usage(target)
        # Out of the way at once, so that one who is killed here leaves nothing half there.
        doomed = home.runtimes / f"{key}{DOOMED}"
        shutil.rmtree(doomed, ignore_errors=True)
        target.rename(doomed)
        shutil.rmtree(doomed)
        (home.runtimes / f"{key}.pip.log").unlink(missing_ok=True)
        lock.unlink()
    finally:
        lock.close()
    return freed


def _inspect(path: Path) -> BuiltRuntime | None:
    used = path.with_name(f"{path.name}.lock")
    try:
        last_used = (used if used.exists() else path).stat().st_mtime
        usage = _disk_usage(path)
    except FileNotFoundError:
        return None  # removed meanwhile
    return BuiltRuntime(path.name, path, usage, last_used, finished(path) is not None)


def _disk_usage(directory: Path) -> int:
    return sum(
        _size(os.path.join(parent, name))  # noqa: PTH118 - there are many
        for parent, _, names in os.walk(directory)
        for name in names
    )


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_blocks * 512
    except FileNotFoundError:
        return 0  # removed meanwhile
