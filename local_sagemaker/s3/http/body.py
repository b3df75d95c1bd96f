"""The body of a request: streamed, counted, and held against what the headers say of it."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping

import aiohttp
from aiohttp import web

from local_sagemaker.s3.checksums import (
    ALGORITHMS,
    DIGEST_BYTES,
    Digests,
    decode_digest,
)
from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.http.aws_chunked import AwsChunkedDecoder
from local_sagemaker.s3.http.call import Call
from local_sagemaker.s3.http.headers import whole_number

CHUNK = 1 << 20
MAX_DOCUMENT = 8 << 20
IDLE_SECONDS = 60.0

_SHA256_HEX = re.compile(r"[0-9a-f]{64}")
_CHECKSUM = "x-amz-checksum-"


class Body:
    """The body of one request, with what its headers promise.

    Args:
        call: The request; nothing is read yet.

    Attributes:
        size: Decoded length in bytes; None if the client does not say.
        algorithm: The additional checksum that comes with it, if any.

    Raises:
        S3Error: ``InvalidRequest``, ``InvalidDigest`` for headers that make no sense.
    """

    def __init__(self, call: Call) -> None:
        headers = call.headers
        self._content = call.request.content
        self._call = call
        self._sha256 = headers.get("x-amz-content-sha256", "")
        self._decoder = AwsChunkedDecoder() if self._sha256.startswith("STREAMING-") else None
        length = "x-amz-decoded-content-length" if self._decoder else "Content-Length"
        self.size = whole_number(headers.get(length, ""))
        self._md5 = headers.get("Content-MD5")
        if self._md5 is not None and len(decode_digest(self._md5, code="InvalidDigest")) != 16:
            raise S3Error("InvalidDigest")
        self.algorithm, self._checksum = announced_checksum(headers)

    def digests(self) -> Digests:
        """Digests to feed with the data."""
        wanted = [self.algorithm] if self.algorithm else []
        return Digests([*wanted, *(["sha256"] if _SHA256_HEX.fullmatch(self._sha256) else [])])

    async def chunks(self) -> AsyncIterator[list[memoryview]]:
        """Yield the data, about a mebibyte at a time, in the pieces it came in.

        Raises:
            S3Error: ``IncompleteBody`` if it has another length than promised, or the client went
                away; ``RequestTimeout`` if nothing comes for a minute.
        """
        pending: list[memoryview] = []
        held = total = 0
        async for pieces in self._pieces():
            size = sum(map(len, pieces))
            pending += pieces
            held += size
            total += size
            if self.size is not None and total > self.size:
                raise S3Error("IncompleteBody")
            if held >= CHUNK:
                yield pending
                pending, held = [], 0
        if (self.size or total) != total or (self._decoder and not self._decoder.finished):
            raise S3Error("IncompleteBody")
        if pending:
            yield pending

    def verify(self, digests: Digests) -> str | None:
        """Hold the digests of all data against what the client said.

        Returns:
            The additional checksum, if there is one: verified where it could be computed.

        Raises:
            S3Error: ``BadDigest``, ``XAmzContentSHA256Mismatch``, ``InvalidRequest``.
        """
        if self._md5 is not None and decode_digest(self._md5).hex() != digests.etag:
            raise S3Error("BadDigest")
        sha256 = digests.digest("sha256")
        if sha256 and _SHA256_HEX.fullmatch(self._sha256) and sha256.hex() != self._sha256:
            raise S3Error("XAmzContentSHA256Mismatch")
        if self.algorithm is None:
            return None
        trailers = self._decoder.trailers if self._decoder else {}
        claimed = self._checksum
        if claimed is None:
            claimed = trailers.get(_CHECKSUM + self.algorithm)
        if claimed is not None:
            _check_value(self.algorithm, claimed)
        computed = digests.base64(self.algorithm)
        if claimed and computed and claimed != computed:
            raise S3Error("BadDigest", f"The {self.algorithm} you specified did not match")
        return claimed or computed

    async def _pieces(self) -> AsyncIterator[list[memoryview]]:
        while True:
            try:
                piece = await self._next_piece()
            except asyncio.TimeoutError:
                raise S3Error("RequestTimeout") from None
            except (aiohttp.ClientError, ConnectionError) as error:
                raise S3Error("IncompleteBody") from error
            if not piece:
                return
            await self._call.at_its_pace(len(piece))
            yield self._decoder.feed(piece) if self._decoder else [memoryview(piece)]

    async def _next_piece(self) -> bytes:
        # A timer costs a tenth of asyncio.wait_for, which would make a task of every piece.
        silence = asyncio.TimeoutError()
        loop = asyncio.get_running_loop()
        timer = loop.call_later(IDLE_SECONDS, self._content.set_exception, silence)
        try:
            return await self._content.readany()
        finally:
            timer.cancel()


def announced_checksum(headers: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The additional checksum that a request carries.

    Returns:
        Its algorithm; and its value, None if that is in the trailer or left to the server.

    Raises:
        S3Error: ``InvalidRequest`` for several, or an unknown one.
    """
    sent = {
        name.lower().removeprefix(_CHECKSUM): value
        for name, value in headers.items()
        if name.lower().startswith(_CHECKSUM)
    }
    found = {name: value for name, value in sent.items() if name in ALGORITHMS}
    if len(found) > 1:
        raise S3Error("InvalidRequest", "Expecting a single x-amz-checksum- header")
    if found:
        return next(iter(found.items()))
    trailer = headers.get("x-amz-trailer", "").lower()
    algorithm = trailer.removeprefix(_CHECKSUM) if trailer else None
    algorithm = algorithm or headers.get("x-amz-sdk-checksum-algorithm", "").lower() or None
    if algorithm and algorithm not in ALGORITHMS:
        raise S3Error("InvalidRequest", f"Unknown checksum algorithm {algorithm!r}")
    return algorithm, None


def _check_value(algorithm: str, value: str) -> None:
    if len(decode_digest(value)) != DIGEST_BYTES[algorithm]:
        raise S3Error("InvalidRequest", f"Value for {_CHECKSUM}{algorithm} header is invalid.")


async def read_document(call: Call, *, has_checksum: bool = True) -> bytes:
    """Read and verify a body that is an XML document.

    Args:
        call: The request.
        has_checksum: Whether a checksum in the headers is the document's, not an object's.

    Raises:
        S3Error: ``MaxMessageLengthExceeded``, or as told by ``Body``.
    """
    body = Body(call)
    if not has_checksum:
        body.algorithm = None
    if (body.size or 0) > MAX_DOCUMENT:
        raise S3Error("MaxMessageLengthExceeded")
    digests, data = body.digests(), bytearray()
    async for pieces in body.chunks():
        for piece in pieces:
            data += piece
            digests.update(piece)
        if len(data) > MAX_DOCUMENT:
            raise S3Error("MaxMessageLengthExceeded")
    body.verify(digests)
    return bytes(data)


async def meet_expectation(request: web.Request) -> None:
    """Tell a client that asks for ``100-continue`` to go on; S3 minds no other expectation."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # else aiohttp takes it for a part of the answer
