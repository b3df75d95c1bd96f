"""The admin API, for programs on this machine: faults, and spot interruptions.

``/_admin/faults``: ``GET`` lists them, ``POST`` adds one, ``DELETE`` ends all; below it, ``/<id>``:
``PUT`` and ``DELETE`` of one. ``/_admin/interruptions``: ``POST`` interrupts a job.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from local_sagemaker.faults.parsing import InvalidFaultError, parse, seconds
from local_sagemaker.faults.registry import Faults

PREFIX = "/_admin/"

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_MOST_FAULTS = 1000
_MOST_BYTES = 64 * 1024

Interrupt = Callable[[str, float], None]
"""Takes the instances of a spot job away, for so many seconds; raises ``InvalidFaultError``."""


class Admin:
    """Answers the admin API.

    Args:
        faults: The faults that are on.
        interrupt: Interrupts a training job.
    """

    def __init__(self, faults: Faults, interrupt: Interrupt) -> None:
        self._faults = faults
        self._interrupt = interrupt

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a request for what is below ``PREFIX``.

        Args:
            request: Comes from this machine, as has been checked.
        """
        if is_cross_site(request.headers):
            return _refused(403, "This is not for web pages.")
        try:
            return await self._do(request)
        except InvalidFaultError as error:
            return _refused(400, str(error))

    async def _do(self, request: web.Request) -> web.Response:
        place, _, identity = request.path[len(PREFIX) :].partition("/")
        match place, request.method, bool(identity):
            case "faults", "GET", False:
                return web.json_response({"faults": self._faults.described()})
            case "faults", "DELETE", _:
                return self._end(identity)
            case ("faults", "POST", False) | ("faults", "PUT", True):
                return self._add(identity, await _document(request))
            case "interruptions", "POST", False:
                return await self._interrupted(await _document(request))
        return _refused(404, f"{request.method} {request.path} is not supported here")

    def _add(self, identity: str, document: Any) -> web.Response:
        fault = parse(document)
        if len(self._faults.described()) >= _MOST_FAULTS:
            raise InvalidFaultError(f"There are {_MOST_FAULTS} faults; end some of them first")
        if identity and not _ID.fullmatch(identity):
            raise InvalidFaultError(f"An id has letters, digits, '.', '_' and '-': {identity!r}")
        if identity:
            self._faults.put(identity, fault)
        else:
            identity = self._faults.add(fault)
        return web.json_response({"id": identity, **fault.described()}, status=201)

    def _end(self, identity: str) -> web.Response:
        if identity and not self._faults.remove(identity):
            return _refused(404, f"There is no fault {identity!r}")
        if not identity:
            self._faults.clear()
        return web.Response(status=204)

    async def _interrupted(self, document: Any) -> web.Response:
        if not isinstance(document, dict) or not isinstance(document.get("job"), str):
            raise InvalidFaultError('An interruption is {"job": <name>, "seconds": <number>}')
        after = seconds(document["seconds"]) if "seconds" in document else 0.0
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._interrupt, document["job"], after)
        return web.Response(status=204)


def is_cross_site(headers: Mapping[str, str]) -> bool:
    """Whether a browser sends this for a page that is not this service's own."""
    if headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        return True
    return "Origin" in headers and urlsplit(headers["Origin"]).netloc != headers.get("Host")


async def _document(request: web.Request) -> Any:
    if request.content_type != "application/json":
        # What a page can send without asking first has other types.
        raise InvalidFaultError("Content-Type must be application/json")
    if (request.content_length or _MOST_BYTES + 1) > _MOST_BYTES:
        raise InvalidFaultError(f"The body must have a length, of at most {_MOST_BYTES} bytes")
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise InvalidFaultError(f"The body is not valid JSON: {error}") from error


def _refused(status: int, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status)
