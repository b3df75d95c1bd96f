"""The user's own images: a JSON file that maps images to interpreters or requirements.

``<home>/runtimes.json``::

    {"my-image:*": {"python": "/path/to/venv/bin/python", "entrypoint": ["python3", "/app/x.py"]},
     "team/torch:2": {"requirements": "/path/to/requirements.txt", "train": false}}

Keys are shell patterns for ``repository:tag`` or for the whole URI; the first that fits is taken.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAPPING_NAME = "runtimes.json"
"""The file's name in the service's home."""


class MappingError(Exception):
    """The mapping file is not as it must be."""


@dataclass(frozen=True)
class MappedImage:
    """One entry of the file.

    Args:
        pattern: Which images it is for.
        python: An interpreter that is there already, with pip and the image's packages.
        requirements: Or the requirements file of an environment to build.
        entrypoint: The image's ENTRYPOINT.
        command: The image's CMD.
        train: Whether training jobs without an entrypoint run in script mode.
    """

    pattern: str
    python: Path | None = None
    requirements: Path | None = None
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    train: bool = True

    def __post_init__(self) -> None:
        if (self.python is None) == (self.requirements is None):
            raise ValueError(f'"{self.pattern}" needs either "python" or "requirements"')


def read_mapping(path: Path) -> list[MappedImage]:
    """The entries of a mapping file; none if there is no file.

    Raises:
        MappingError: It is not JSON of the shape above.
    """
    return list(_read(path).values())


def add_mapping(path: Path, entry: MappedImage) -> None:
    """Put an entry before all others, in place of one with the same pattern.

    Raises:
        MappingError: The file is not as it must be; it stays as it is.
        OSError: It cannot be written; it stays as it is.
    """
    with _locked(path):
        entries = _read(path)
        entries.pop(entry.pattern, None)
        _write(path, {entry.pattern: entry, **entries})


def remove_mapping(path: Path, pattern: str) -> bool:
    """Take the entry of a pattern out.

    Returns:
        Whether there was one.

    Raises:
        MappingError: The file is not as it must be; it stays as it is.
        OSError: It cannot be written; it stays as it is.
    """
    with _locked(path):
        entries = _read(path)
        removed = entries.pop(pattern, None)
        if removed is not None:
            _write(path, entries)
    return removed is not None


def _read(path: Path) -> dict[str, MappedImage]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"{path} cannot be read: {error}") from error
    try:
        content = json.loads(text)
        return {pattern: _entry(pattern, entry) for pattern, entry in content.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise MappingError(
            f'{path} must look like {{"image:tag": {{"python": "/path/to/python"}}}}: {error!r}'
        ) from error


def _entry(pattern: str, entry: dict[str, Any]) -> MappedImage:
    return MappedImage(
        pattern,
        Path(entry["python"]) if "python" in entry else None,
        Path(entry["requirements"]) if "requirements" in entry else None,
        _words(entry.get("entrypoint", ())),
        _words(entry.get("command", ())),
        bool(entry.get("train", True)),
    )


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        raise TypeError(f"a list of words is needed in place of {value!r}")
    return tuple(str(word) for word in value)


def _write(path: Path, entries: dict[str, MappedImage]) -> None:
    content = {pattern: _json(entry) for pattern, entry in entries.items()}
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            json.dump(content, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _json(entry: MappedImage) -> dict[str, Any]:
    return {
        **({"python": str(entry.python)} if entry.python else {}),
        **({"requirements": str(entry.requirements)} if entry.requirements else {}),
        **({"entrypoint": list(entry.entrypoint)} if entry.entrypoint else {}),
        **({"command": list(entry.command)} if entry.command else {}),
        **({} if entry.train else {"train": False}),
    }


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other writers out; readers see the file before the change or after it."""
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
