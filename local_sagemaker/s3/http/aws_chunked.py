"""The ``aws-chunked`` content encoding, in which a body may carry its checksum in a trailer.

Each chunk is ``<hex size>[;chunk-signature=...]CRLF<data>CRLF``; a chunk of size 0 ends the data,
and trailer lines may follow ("Signature calculations: transferring a payload in multiple chunks",
Amazon S3 API reference).
"""

import re

from local_sagemaker.s3.errors import S3Error

_MAX_LINE = 16 << 10
_MAX_TRAILERS = 64
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")  # not all that int() takes: "0x1", "-1", "1_0"


class AwsChunkedDecoder:
    """Decodes a body that arrives in pieces of any size. Chunk signatures are not checked.

    Attributes:
        trailers: The trailer's fields, names in lower case; complete once ``finished``.
        finished: Whether the end of the data was seen.
    """

    def __init__(self) -> None:
        self.trailers: dict[str, str] = {}
        self.finished = False
        self._line = b""  # as much of the present one as has come
        self._left = 0  # of the present chunk's data
        self._line_ends_chunk = False

    def feed(self, piece: bytes) -> list[memoryview]:
        """Take a piece of the body.

        Returns:
            The data it held, as views of the piece: nothing is copied.

        Raises:
            S3Error: ``IncompleteBody`` for what is no aws-chunked body.
        """
        view, position = memoryview(piece), 0
        data: list[memoryview] = []
        while position < len(piece):
            if self._left:
                taken = view[position : position + self._left]
                data.append(taken)
                position += len(taken)
                self._left -= len(taken)
                self._line_ends_chunk = self._left == 0
                continue
            end = piece.find(b"\n", position)
            self._keep(piece[position:] if end < 0 else piece[position:end])
            if end < 0:
                break
            position = end + 1
            line, self._line = self._line.removesuffix(b"\r"), b""
            self._read_line(line)
        return data

    def _keep(self, text: bytes) -> None:
        self._line += text
        if len(self._line) > _MAX_LINE:
            raise _malformed()

    def _read_line(self, line: bytes) -> None:
        if self._line_ends_chunk:
            if line:
                raise _malformed()
            self._line_ends_chunk = False
        elif self.finished:
            name, _, value = line.decode("latin-1").partition(":")
            self.trailers[name.strip().lower()] = value.strip()
            if len(self.trailers) > _MAX_TRAILERS:
                raise _malformed()
        else:
            size = line.partition(b";")[0]
            if not _SIZE.fullmatch(size):
                raise _malformed()
            self._left = int(size, 16)
            self.finished = self._left == 0


def _malformed() -> S3Error:
    return S3Error("IncompleteBody", "The body is not aws-chunked, though its headers say so")
