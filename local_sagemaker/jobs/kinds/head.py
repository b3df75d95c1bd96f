"""Reading the small files in which a script explains its end."""

import os
import stat
from pathlib import Path


def read_head(path: Path, limit: int) -> bytes | None:
    """The beginning of a file that an untrusted script wrote.

    Args:
        path: The file.
        limit: How many bytes at most.

    Returns:
        Its first bytes; None if there is no regular file there (a pipe would block for ever, a link
        would lead out of the container).
    """
    if path.parent.resolve() != path.parent:
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read(limit)
