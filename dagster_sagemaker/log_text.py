"""Log lines as texts of bounded size."""

from collections.abc import Iterable, Iterator


def in_batches(lines: Iterable[str], limit: int) -> Iterator[list[str]]:
    """Lines in groups that, joined, have at most ``limit`` characters.

    A longer line is cut, and says so.
    """
    batch: list[str] = []
    size = 0
    for line in lines:
        text = shortened(line, limit)
        if batch and size + len(text) + 1 > limit:
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text) + 1
    if batch:
        yield batch


def shortened(line: str, limit: int) -> str:
    """The line, cut to ``limit`` characters with a note of how many are missing."""
    if len(line) <= limit:
        return line
    kept = limit - 40
    return f"{line[:kept]}... [{len(line) - kept} more characters]"
