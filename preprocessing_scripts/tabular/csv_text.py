"""CSV text in pieces that end where a row ends, without parsing it."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from preprocessing_scripts.tabular.errors import TableError

MAX_ROW_BYTES = 64 << 20
"""A longer row is taken for a fault: a quotation mark that is never closed swallows the rest."""

_GZIP_STEP_BYTES = 1 << 20
_SCAN_STEP_BYTES = 1 << 18
_BOM = b"\xef\xbb\xbf"

Offsets = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Piece:
    """Whole rows of a CSV file, the header included.

    Args:
        text: The bytes, ending with a newline.
        first_line: Number of the line that it begins with, from 1.
        rows: How many rows it has; blank lines are none, and a row may span lines.
        size: How many bytes of the file were read for it (compressed, if the file is).
    """

    text: pa.Buffer
    first_line: int
    rows: int
    size: int


def read_pieces(content: Path | bytes, name: str, size: int) -> Iterator[Piece]:
    """Read a CSV file, or a gzip of one, piece by piece.

    A byte-order mark is dropped, and a newline put at the end if it lacks.

    Args:
        content: The file, or all that is in it.
        name: What to call it in errors; it is gzip if that ends with ``.gz``.
        size: About how many bytes a piece shall have; a longer row makes a longer piece.

    Yields:
        The pieces in order; none for an empty file.

    Raises:
        TableError: The file cannot be read to its end, holds NUL bytes, or has a row that does not
            end within ``MAX_ROW_BYTES``.
    """
    data, line, told, ended = b"", 1, 0, False
    with ExitStack() as stack:
        parts: list[bytes] = []
        try:
            in_memory = isinstance(content, bytes)
            raw = stack.enter_context(
                pa.BufferReader(content) if in_memory else pa.OSFile(str(content))
            )
            stream, step = raw, MAX_ROW_BYTES
            if name.lower().endswith(".gz"):
                stream = stack.enter_context(pa.CompressedInputStream(raw, "gzip"))
                step = _GZIP_STEP_BYTES
            while not ended:
                parts = [data]
                # Twice as much each time that no row has ended, lest a long row be copied often.
                ended = _fill(stream, parts, max(size, len(data)), step)
                data = _checked(b"".join(parts), name, line, first=told == 0, last=ended)
                parts = []
                ends = row_ends(data)
                if len(ends):
                    cut = int(ends[-1])
                    rows = len(row_spans(data, ends)[0])
                    yield Piece(pa.py_buffer(data).slice(0, cut), line, rows, raw.tell() - told)
                    # Counting is slow; where each newline ends a row it is done already.
                    line += data.count(b"\n", 0, cut) if b'"' in data else len(ends)
                    told, data = raw.tell(), data[cut:]
                if data and (ended or len(data) > MAX_ROW_BYTES):
                    raise TableError(f"{name}, line {line}: {_endless(len(data), ended)}")
        except OSError as error:
            rows = max(line - 2 + sum(part.count(b"\n") for part in parts), 0)
            raise TableError(
                f"{name}: cannot be read further after about {rows} rows: the file is cut off, "
                f"damaged or not readable: {error}"
            ) from error


def row_ends(text: bytes) -> Offsets:
    """Find where rows end.

    Args:
        text: CSV text that begins at the beginning of a row.

    Returns:
        The offset behind each newline that is not within quotation marks.
    """
    newlines = _places(text, "\n")
    if b'"' in text:
        quotes = _places(text, '"')
        newlines = newlines[np.searchsorted(quotes, newlines) % 2 == 0]
    return newlines + 1


def row_spans(text: bytes, ends: Offsets) -> tuple[Offsets, Offsets]:
    """Find the rows, leaving out blank lines.

    Args:
        text: CSV text that begins at the beginning of a row.
        ends: Its ``row_ends``.

    Returns:
        The offsets where rows begin, and behind the newlines where they end.
    """
    starts = np.concatenate([np.zeros(1, np.int64), ends])[: len(ends)]
    lengths = ends - starts
    codes = np.frombuffer(text, np.uint8)
    filled = (lengths > 2) | ((lengths == 2) & (codes[starts] != ord("\r")))
    return starts[filled], ends[filled]


def _places(text: bytes, character: str) -> Offsets:
    codes = np.frombuffer(text, np.uint8)
    # In steps that fit the processor's cache: twice as fast as at once.
    return np.concatenate(
        [
            np.flatnonzero(codes[start : start + _SCAN_STEP_BYTES] == ord(character)) + start
            for start in range(0, max(len(text), 1), _SCAN_STEP_BYTES)
        ]
    )


def _fill(stream: pa.NativeFile, parts: list[bytes], size: int, step: int) -> bool:
    """Append up to ``size`` bytes in steps, so that those before a fault are there to be counted.

    Returns:
        Whether the stream has ended.
    """
    while size > 0:
        part = stream.read(min(size, step))
        if not part:
            return True
        parts.append(part)
        size -= len(part)
    return False


def _checked(data: bytes, name: str, line: int, *, first: bool, last: bool) -> bytes:
    if (place := data.find(b"\0")) >= 0:
        line += data.count(b"\n", 0, place)
        raise TableError(f"{name}, line {line}: not UTF-8 text: it holds NUL bytes")
    if first and data.startswith(_BOM):
        data = data[len(_BOM) :]
    if last and data and not data.endswith(b"\n"):
        data += b"\n"
    return data


def _endless(length: int, ended: bool) -> str:
    if ended:
        return "a quotation mark is opened and never closed (one within a value is written twice)"
    return (
        f"a row of more than {length >> 20} MB: a quotation mark is opened and never closed, or "
        "lines do not end with newlines"
    )
