"""Directories that scripts have written."""

import errno
import os
import shutil
import stat
import subprocess
import time
from contextlib import suppress
from itertools import chain
from pathlib import Path

_PATIENCE_SECONDS = 2.0
_PAUSE_SECONDS = 0.05


def remove_tree(directory: Path) -> None:
    """Remove a directory and all in it, also where a script took away its own permissions.

    The processes of a job that was just killed may write for a moment more, and another process may
    be removing the same: then it is tried again.

    Raises:
        OSError: Something in it cannot be removed.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not _removed(directory, insist=time.monotonic() > deadline):
        time.sleep(_PAUSE_SECONDS)


def make_readable(directory: Path) -> None:
    """Get to read all in a directory, also where a script took away its own permissions.

    Scripts run as root as far as they can tell, and root in a real container reads everything.
    """
    if os.geteuid() == 0:
        return
    _grant(directory, stat.S_IRWXU)
    for parent, folders, names in os.walk(directory):
        for name in folders:
            _grant(Path(parent, name), stat.S_IRWXU)
        for name in names:
            _grant(Path(parent, name), stat.S_IRUSR)


def size_on_disk(directory: Path) -> int:
    """The bytes that all in a directory takes, as far as it can be looked at."""
    walked = os.walk(directory)
    return sum(_blocks(Path(parent, name)) for parent, *some in walked for name in chain(*some))


def _grant(path: Path, needed: int) -> None:
    with suppress(OSError):  # Whoever reads it will say so.
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode) and mode & needed != needed:
            path.chmod(stat.S_IMODE(mode) | needed)


def _blocks(path: Path) -> int:
    try:
        return path.lstat().st_blocks * 512
    except OSError:
        return 0  # Somebody removes it too.


def _removed(directory: Path, *, insist: bool) -> bool:
    try:
        if directory.exists():
            _allow(directory)
            shutil.rmtree(directory)
    except (OSError, RecursionError) as error:
        if isinstance(error, RecursionError) or error.errno == errno.ENAMETOOLONG:
            # Deeper than Python's own functions go; a script made it so.
            subprocess.run(["rm", "-rf", "--", directory], check=insist)
        elif insist:
            raise
    return not directory.exists()


def _allow(directory: Path) -> None:
    directory.chmod(0o700)
    for parent, names, _ in os.walk(directory):
        for inner in (Path(parent, name) for name in names):
            if not inner.is_symlink():
                inner.chmod(0o700)
