"""S3's XML documents, and how it writes dates."""

import re
import time
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from typing import Union
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from aiohttp import web

from local_sagemaker.s3.errors import S3Error

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"

# An element: its name, and its text or its children. A value of None leaves it out.
Element = tuple[str, Union[str, int, "Sequence[Element]", None]]

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def document(
    root: str, children: Sequence[Element], *, headers: Mapping[str, str] | None = None
) -> web.Response:
    """An answer that consists of an XML document."""
    response = _xml_response(f'<{root} xmlns="{NAMESPACE}">{_children(children)}</{root}>', 200)
    response.headers.update(headers or {})
    return response


def error_document(error: S3Error, resource: str, request_id: str) -> web.Response:
    """The answer that tells of an error."""
    # What a client sent may hold what XML cannot.
    details = [(name, _CONTROL.sub("\ufffd", text)) for name, text in error.details.items()]
    children: list[Element] = [
        ("Code", error.code),
        ("Message", _CONTROL.sub("\ufffd", error.message)),
        *details,
        ("Resource", resource),
        ("RequestId", request_id),
        ("HostId", "local"),
    ]
    return _xml_response(f"<Error>{_children(children)}</Error>", error.status)


def parse(body: bytes, root: str) -> ElementTree.Element:
    """Parse a document from a request; names lose their namespace.

    Raises:
        S3Error: ``MalformedXML``.
    """
    # Entities are of no use in S3's documents, and a way to make a small one explode.
    if b"<!DOCTYPE" in body or b"\0" in body:
        raise S3Error("MalformedXML")
    try:
        tree = ElementTree.fromstring(body)  # noqa: S314 - see above
    except (ElementTree.ParseError, ValueError, LookupError):
        raise S3Error("MalformedXML") from None
    for element in tree.iter():
        element.tag = element.tag.rpartition("}")[2]
    if tree.tag != root:
        raise S3Error("MalformedXML", f"Expected <{root}>, got <{tree.tag}>")
    return tree


def text_of(element: ElementTree.Element, name: str) -> str:
    """The text of a child that must be there.

    Raises:
        S3Error: ``MalformedXML``.
    """
    text = element.findtext(name)
    if text is None:
        raise S3Error("MalformedXML", f"<{element.tag}> needs a <{name}>")
    return text


def iso_date(epoch: float) -> str:
    """A date as S3's documents write it: ``2013-01-31T23:59:59.000Z``."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(epoch))
    return f"{whole}.{int(epoch % 1 * 1000):03d}Z"


def http_date(epoch: float) -> str:
    """A date as HTTP headers write it: ``Thu, 31 Jan 2013 23:59:59 GMT``."""
    return formatdate(epoch, usegmt=True)


def quoted(etag: str) -> str:
    """An ETag in quotes."""
    return f'"{etag}"'


def _children(children: Sequence[Element]) -> str:
    parts = []
    for name, value in children:
        if value is None:
            continue
        content = _escape(str(value)) if isinstance(value, (str, int)) else _children(value)
        parts.append(f"<{name}>{content}</{name}>")
    return "".join(parts)


def _escape(text: str) -> str:
    """Escape text; carriage returns must survive, control characters are written as S3 does."""
    return _CONTROL.sub(lambda match: f"&#x{ord(match[0]):X};", escape(text))


def _xml_response(text: str, status: int) -> web.Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode("utf-8", "replace")
    return web.Response(status=status, body=body, headers={"Content-Type": "application/xml"})
