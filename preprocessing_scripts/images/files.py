"""The image files of a folder."""

import os
from collections.abc import Iterator
from pathlib import Path


def image_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file below a folder, in the order of names; one folder's names are held at a time.

    Names that begin with a dot or an underscore (``_SUCCESS``) are no images.

    Args:
        folder: Where to look; need not exist.

    Yields:
        The path below the folder with ``/``, which is the key below the prefix in S3, and the file.
    """
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if not name.startswith((".", "_")):
                path = Path(parent) / name
                yield path.relative_to(folder).as_posix(), path
