"""The user's own images: a JSON file that maps images to interpreters.

``<home>/runtimes.json``::

    {"my-image:*": {"python": "/path/to/venv/bin/python", "entrypoint": ["python3", "/app/x.py"]}}

Keys are shell patterns for ``repository:tag`` or for the whole URI; the first that fits is taken.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class MappingError(Exception):
    """The mapping file is not as it must be."""


@dataclass(frozen=True)
class MappedImage:
    """One entry of the file.

    Args:
        pattern: Which images it is for.
        python: The interpreter, with pip and the image's packages.
        entrypoint: The image's ENTRYPOINT.
        command: The image's CMD.
        train: Whether training jobs without an entrypoint run in script mode.
    """

    pattern: str
    python: Path
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    train: bool = True


def read_mapping(path: Path) -> list[MappedImage]:
    """The entries of a mapping file; none if there is no file.

    Raises:
        MappingError: It is not JSON of the shape above.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    try:
        content = json.loads(text)
        return [_entry(pattern, entry) for pattern, entry in content.items()]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise MappingError(
            f'{path} must look like {{"image:tag": {{"python": "/path/to/python"}}}}: {error!r}'
        ) from error


def _entry(pattern: str, entry: dict[str, Any]) -> MappedImage:
    return MappedImage(
        pattern,
        Path(entry["python"]),
        tuple(entry.get("entrypoint", ())),
        tuple(entry.get("command", ())),
        bool(entry.get("train", True)),
    )
