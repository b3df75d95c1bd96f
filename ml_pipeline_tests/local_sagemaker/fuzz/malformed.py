"""Malformed requests, as they go over the wire."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Malformed:
    """What is sent.

    Attributes:
        data: All bytes.
        framed: Whether they are a request that ends where it says; else the connection is ended.
    """

    data: bytes
    framed: bool = True


Kind = Callable[[Random], Malformed]


def http(method: str, target: str, headers: dict[str, str], body: bytes = b"") -> Malformed:
    """A request whose framing is right."""
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join(lines).encode("utf-8", "surrogatepass")
    return Malformed(head + b"\r\n\r\n" + body)


def signed(service: str) -> dict[str, str]:
    """The header by which a service is told."""
    scope = f"key/20130101/us-east-1/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0"}
