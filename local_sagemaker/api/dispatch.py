"""Whose request it is: by the service that it was signed for, and by where it comes from."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

_CREDENTIAL = re.compile(r"Credential=([^,\s]+)")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def signed_service(headers: Mapping[str, str], query: Mapping[str, str]) -> str | None:
    """The service in a request's credential scope; None if it is not signed.

    Signatures themselves are not verified: there are no secrets here.

    Args:
        headers: The request's.
        query: The request's; presigned URLs are signed there.
    """
    authorization = headers.get("Authorization", "")
    found = _CREDENTIAL.search(authorization)
    scope = found[1] if found else query.get("X-Amz-Credential")
    if scope is not None:
        # <key>/<date>/<region>/<service>/aws4_request, and without region in SigV4A.
        parts = scope.split("/")
        return parts[-2].lower() if len(parts) >= 4 else None
    # The signatures before version 4 are used for S3 alone.
    return "s3" if authorization.startswith("AWS ") or "AWSAccessKeyId" in query else None


def is_local(headers: Mapping[str, str], names: frozenset[str] = frozenset()) -> bool:
    """Whether a request can come from a program that means this service.

    A web page that a browser shows can send requests to 127.0.0.1 too: under a name of its own that
    it has made an alias of this machine (DNS rebinding), or as itself, which ``Origin`` tells.

    Args:
        headers: The request's.
        names: What else than a name of the loopback this machine may be called.
    """
    known = _LOOPBACK | names
    if _host(f"//{headers.get('Host', '')}") not in known:
        return False
    return "Origin" not in headers or _host(headers["Origin"]) in known


def is_strange(headers: Mapping[str, str], method: str, service: str | None) -> bool:
    """Whether a browser sends this for another site's page, other than to show what it links to.

    Such requests may come without ``Origin``: for an image, or a script.

    Args:
        headers: The request's.
        method: The request's.
        service: Of AWS, if it is one's.
    """
    if headers.get("Sec-Fetch-Site", "none") in {"none", "same-origin"}:
        return False
    shown = headers.get("Sec-Fetch-Mode") == "navigate" and method in {"GET", "HEAD"}
    return not shown or service not in {None, "s3"}  # those read what a link can name


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
