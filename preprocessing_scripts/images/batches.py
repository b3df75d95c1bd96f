"""Batches of images, without those that cannot be read."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.float32]
ReadImage = Callable[[Path], Pixels]
"""Gives an image's pixels as (3, height, width); raises ``UnreadableImageError``."""

NAMED = 100
"""How many unreadable images a report names; the log names all."""


class UnreadableImageError(ValueError):
    """A file is no image that can be read; the message says why."""


@dataclass
class Unreadable:
    """The images that could not be read.

    Args:
        count: How many.
        named: The first of them, each with the reason.
    """

    count: int = 0
    named: list[str] = field(default_factory=list)

    def add(self, key: str, error: UnreadableImageError) -> str:
        """Count one; the line that names it."""
        line = f"{key}: {error}"
        self.count += 1
        if len(self.named) < NAMED:
            self.named.append(line)
        return line


def batches(
    files: Iterable[tuple[str, Path]],
    read: ReadImage,
    size: int,
    unreadable: Unreadable,
    say: Callable[[str], None],
) -> Iterator[tuple[list[str], Pixels]]:
    """Read images and put them together; no more than two batches are held at a time.

    Args:
        files: Keys and paths.
        read: See ``ReadImage``; called from several threads, one a core: decoding takes longer than
            a GPU does.
        size: Images of a batch; the last one may hold fewer.
        unreadable: Is told of images that cannot be read; they are left out.
        say: Is told of them, too.

    Yields:
        The keys of a batch, and its pixels as (images, 3, height, width).
    """

    def attempt(file: tuple[str, Path]) -> tuple[str, Pixels | UnreadableImageError]:
        key, path = file
        try:
            return key, read(path)
        except UnreadableImageError as error:
            return key, error

    held: list[tuple[str, Pixels]] = []
    remaining = iter(files)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        while chunk := list(islice(remaining, size)):
            for key, result in threads.map(attempt, chunk):
                if isinstance(result, UnreadableImageError):
                    say(f"unreadable image: {unreadable.add(key, result)}")
                else:
                    held.append((key, result))
            if len(held) >= size:
                yield _batch(held[:size])
                held = held[size:]
    if held:
        yield _batch(held)


def _batch(images: list[tuple[str, Pixels]]) -> tuple[list[str], Pixels]:
    return [key for key, _ in images], np.stack([pixels for _, pixels in images])
