"""Reading the files of a code bundle."""

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

_IGNORED_DIRECTORIES = frozenset({"__pycache__", ".git", ".mypy_cache", ".ruff_cache"})


def read_files(files: Mapping[str, Path | bytes], max_bytes: int) -> dict[str, bytes]:
    """Contents by name, sorted.

    Args:
        files: Paths, or contents, by their name inside the bundle.
        max_bytes: What they may come to together.

    Raises:
        FileNotFoundError: A file does not exist.
        ValueError: A name leaves the bundle, or there is too much; nothing is read then.
    """
    for name in files:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            message = f"{name!r} lies outside the code bundle: use names relative to it"
            raise ValueError(message)
    sizes = {name: _size(name, file) for name, file in files.items()}
    if sum(sizes.values()) > max_bytes:
        largest = max(sizes, key=sizes.__getitem__)
        message = (
            f"the code bundle has {sum(sizes.values())} bytes, and may have {max_bytes}; the "
            f"largest file is {largest!r} with {sizes[largest]}: bring data in as an input, leave "
            "files out, or raise max_bytes"
        )
        raise ValueError(message)
    return {
        name: file.read_bytes() if isinstance(file, Path) else file
        for name, file in sorted(files.items())
    }


def _size(name: str, file: Path | bytes) -> int:
    if not isinstance(file, Path):
        return len(file)
    if not file.is_file():
        message = f"{name!r} of the code bundle: there is no file {file.absolute()}"
        raise FileNotFoundError(message)
    return file.stat().st_size


def files_below(directory: Path) -> dict[str, Path]:
    """The files in a directory, and in those below it, by their names there; no caches.

    Raises:
        FileNotFoundError: There is no such directory.
    """
    if not directory.is_dir():
        message = (
            f"the code bundle's directory {directory.absolute()} does not exist, or is none; "
            "single files are given as a list"
        )
        raise FileNotFoundError(message)
    return {
        path.relative_to(directory).as_posix(): path
        for path in directory.rglob("*")
        if path.is_file()
        and path.suffix != ".pyc"
        and not _IGNORED_DIRECTORIES.intersection(path.relative_to(directory).parts)
    }


def hash_of(files: Mapping[str, bytes]) -> str:
    """Hash of names and contents."""
    digest = hashlib.sha256()
    for name, content in files.items():
        for part in (name.encode(), content):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()[:32]
