"""Clients that wait to be told to go on before they send a body."""

from aiohttp import web


async def meet_expectation(request: web.Request) -> None:
    """Tell a client that asks for ``100-continue`` to go on; S3 minds no other expectation."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # else aiohttp takes it for a part of the answer
