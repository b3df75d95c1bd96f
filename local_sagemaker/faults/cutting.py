"""Cutting a connection off, as a network does."""

from aiohttp import web


def cut(request: web.BaseRequest) -> web.StreamResponse:
    """End a request's connection at once, whatever of an answer was sent.

    Returns:
        What the handler has to return; nobody gets it.
    """
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
