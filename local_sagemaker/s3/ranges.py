"""Byte ranges of objects, and where those bytes lie in a file."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from local_sagemaker.s3.errors import S3Error

# More digits than any size has are no number but an attack: int() takes long over them.
_RANGE = re.compile(r"bytes=([0-9]{0,19})-([0-9]{0,19})")


class Span(NamedTuple):
    """A run of bytes: of an object, or of a file."""

    start: int
    size: int


def parse_range(header: str | None, size: int) -> Span | None:
    """Read a ``Range`` header.

    Args:
        header: Such as ``bytes=0-99``, ``bytes=100-`` or ``bytes=-5``; None if there was none.
        size: Of the object.

    Returns:
        The span, or None for the whole object: RFC 9110 lets a server ignore a header that is
        malformed or names several ranges, and S3 does so.

    Raises:
        S3Error: ``InvalidRange`` if no byte of the object is in the range.
    """
    match = _RANGE.fullmatch(header.replace(" ", "")) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < int(first):
            return None
    if start >= end:
        raise S3Error("InvalidRange", RangeRequested=str(header), ActualObjectSize=str(size))
    return Span(start, end - start)


def copy_range(header: str, size: int) -> Span:
    """Read an ``x-amz-copy-source-range`` header, which must name both ends, within the object.

    Raises:
        S3Error: ``InvalidArgument``; ``InvalidRange`` if it reaches beyond the object's end.
    """
    match = _RANGE.fullmatch(header)
    if match is None or not all(match.groups()) or int(match[1]) > int(match[2]):
        message = "The x-amz-copy-source-range value must be of the form bytes=first-last"
        raise S3Error("InvalidArgument", message, ArgumentValue=header)
    if int(match[2]) >= size:
        raise S3Error("InvalidRange", RangeRequested=header, ActualObjectSize=str(size))
    return Span(int(match[1]), int(match[2]) + 1 - int(match[1]))


def file_spans(layout: Sequence[Span], wanted: Span) -> Iterator[Span]:
    """Where a span of an object lies in its file.

    Args:
        layout: The object's bytes in order, as spans of the file.
        wanted: A span of the object.

    Yields:
        Spans of the file in the object's order; neighbours are merged.
    """
    position, pending = 0, Span(0, 0)
    for start, size in layout:
        low = max(wanted.start, position)
        high = min(wanted.start + wanted.size, position + size)
        position += size
        if low >= high:
            continue
        found = Span(start + low - (position - size), high - low)
        if pending.start + pending.size == found.start:
            pending = Span(pending.start, pending.size + found.size)
        else:
            if pending.size:
                yield pending
            pending = found
    if pending.size:
        yield pending
