"""The ``aws-chunked`` content encoding, in which a body may carry its checksum in a trailer.

Each chunk is ``<hex size>[;chunk-signature=...]CRLF<data>CRLF``; a chunk of size 0 ends the data,
and trailer lines may follow ("Signature calculations: transferring a payload in multiple chunks",
Amazon S3 API reference).
"""

from ml_pipeline.local_sagemaker.s3.errors import S3Error

_MAX_LINE = 16 << 10


class AwsChunkedDecoder:
    """Decodes a body that arrives in pieces of any size. Chunk signatures are not checked.

    Attributes:
        trailers: The trailer's fields, names in lower case; complete once ``finished``.
        finished: Whether the end of the data was seen.
    """

    def __init__(self) -> None:
        self.trailers: dict[str, str] = {}
        self.finished = False
        self._buffer = bytearray()
        self._left = 0  # of the present chunk's data
        self._line_ends_chunk = False

    def feed(self, piece: bytes) -> bytes:
        """Take a piece of the body.

        Returns:
            The data it held.

        Raises:
            S3Error: ``IncompleteBody`` for what is no aws-chunked body.
        """
        self._buffer += piece
        data = bytearray()
        while self._buffer:
            if self._left:
                data += self._take_data()
                continue
            line = self._take_line()
            if line is None:
                break
            self._read_line(line)
        return bytes(data)

    def _take_data(self) -> bytes:
        data = bytes(self._buffer[: self._left])
        del self._buffer[: self._left]
        self._left -= len(data)
        self._line_ends_chunk = self._left == 0
        return data

    def _take_line(self) -> bytes | None:
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > _MAX_LINE:
                raise _malformed()
            return None
        line = bytes(self._buffer[:end]).rstrip(b"\r")
        del self._buffer[: end + 1]
        return line

    def _read_line(self, line: bytes) -> None:
        if self._line_ends_chunk:
            if line:
                raise _malformed()
            self._line_ends_chunk = False
        elif self.finished:
            name, _, value = line.decode("latin-1").partition(":")
            self.trailers[name.strip().lower()] = value.strip()
        else:
            try:
                self._left = int(line.partition(b";")[0], 16)
            except ValueError:
                raise _malformed() from None
            self.finished = self._left == 0


def _malformed() -> S3Error:
    return S3Error("IncompleteBody", "The body is not aws-chunked, though its headers say so")
