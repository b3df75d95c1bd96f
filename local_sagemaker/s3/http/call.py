"""One request to S3, taken apart."""

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import unquote_to_bytes

from aiohttp import web
from multidict import CIMultiDict

from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.store import ObjectStore

_Result = TypeVar("_Result")
_BAD_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True)
class Call:
    """A request and what is needed to answer it.

    Attributes:
        request: As it came.
        store: What it is about.
        pool: Where disk and digest work is done, so that the event loop never waits for it.
        bucket: Empty for a request about all buckets.
        key: Empty for a request about a bucket.
        query: The decoded query; a subresource has an empty value.
        headers: The request's headers; names compare without case.
        bytes_per_second: How fast bodies may come and go; None for as fast as can be.
    """

    request: web.Request
    store: ObjectStore
    pool: Executor
    bucket: str
    key: str
    query: Mapping[str, str]
    headers: CIMultiDict[str]
    bytes_per_second: int | None = None

    async def in_thread(self, work: Callable[[], _Result]) -> _Result:
        """Do blocking work off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, work)

    async def at_its_pace(self, size: int) -> None:
        """Let the time pass that so many bytes of a body may take at least."""
        if self.bytes_per_second is not None:
            await asyncio.sleep(size / self.bytes_per_second)

    def paced(self, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Spans (start, size) in pieces small enough to come one after the other at its pace."""
        for start, size in spans:
            most = max(1, size if self.bytes_per_second is None else self.bytes_per_second // 10)
            for offset in range(0, size, most):
                yield start + offset, min(most, size - offset)

    def number(self, name: str, default: int, *, lowest: int = 0, highest: int = 1000) -> int:
        """A whole number from the query; above ``highest`` it is taken for ``highest``, as S3 does.

        Raises:
            S3Error: ``InvalidArgument``.
        """
        text = self.query.get(name) or str(default)
        if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) < lowest:
            message = f"{name} must be a whole number, {lowest} or more"
            raise S3Error("InvalidArgument", message, ArgumentName=name, ArgumentValue=text)
        return min(int(text), highest)


def parse_target(target: str) -> tuple[str, str, dict[str, str]]:
    """Take the target of a path-style request apart.

    Args:
        target: As it stands in the request line, such as ``/bucket/some%20key?tagging``. Not
            normalised: in S3 ``//``, ``.`` and ``..`` are ordinary parts of a key.

    Returns:
        Bucket, key and query, decoded.

    Raises:
        S3Error: ``InvalidURI`` for broken percent-encoding or what is not UTF-8.
    """
    path, _, query_text = target.partition("?")
    bucket, _, key = path.removeprefix("/").partition("/")
    query = {}
    for item in query_text.split("&"):
        name, _, value = item.partition("=")
        if name:
            # In a query "+" is a space; in a path it is itself.
            query[decode(name.replace("+", " "))] = decode(value.replace("+", " "))
    return decode(bucket), decode(key), query


def decode(text: str) -> str:
    """Undo percent-encoding.

    Raises:
        S3Error: ``InvalidURI``.
    """
    raw = text.encode("utf-8", "surrogateescape")
    if _BAD_PERCENT.search(raw):
        raise S3Error("InvalidURI", URI=ascii(text))
    try:
        return unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise S3Error("InvalidURI", URI=ascii(text)) from None
