"""One TCP connection between two hosts of a job: authenticated messages of bounded size.

Both ends send a nonce; the two nonces and the job's key make the connection's own key, under which
every message carries an HMAC of its direction, its number, its kind and its content. So a message
of another job, of another time, changed, or sent back to its sender is refused. Nothing is
encrypted: that is what SageMaker's ``EnableInterContainerTrafficEncryption`` is for.
"""

import hmac
import secrets
import socket
import struct
import sys
import time

LARGEST_MESSAGE = 1 << 30
_HEADER = struct.Struct("!cQ32s")  # kind, length of the content, tag
_NONCE_BYTES = 32


class Link:
    """A connection whose two ends have the same key.

    Every method raises ``OSError`` if the connection is lost or not to be trusted, and
    ``TimeoutError``, which is one, when the deadline has passed.

    Args:
        connection: A connected TCP socket; the link closes it.
        key: What all hosts of the job know.
        leads: Whether this end is the leader's.
        deadline: When to give up waiting for the other end, as ``time.monotonic`` counts.
    """

    def __init__(
        self, connection: socket.socket, key: bytes, *, leads: bool, deadline: float
    ) -> None:
        self._connection = connection
        _notice_dead_machines(connection)
        connection.settimeout(seconds_left(deadline))
        ours = secrets.token_bytes(_NONCE_BYTES)
        connection.sendall(ours)
        theirs = bytes(self._read(_NONCE_BYTES, deadline))
        nonces = ours + theirs if leads else theirs + ours
        self._key = hmac.digest(key, nonces, "sha256")
        self._outward, self._inward = b"down", b"up"
        if not leads:
            self._outward, self._inward = self._inward, self._outward
        self._sent = 0
        self._received = 0

    def fileno(self) -> int:
        """Give the descriptor to wait on until the other end has sent something, or has gone."""
        return self._connection.fileno()

    def send(self, kind: bytes, content: bytes, deadline: float) -> None:
        """Send a message: one byte that says its kind, and its content."""
        if len(content) > LARGEST_MESSAGE:
            raise OSError(f"a message of {len(content)} bytes is over {LARGEST_MESSAGE}")
        tag = self._tag(self._outward, self._sent, kind, content)
        self._sent += 1
        for part in (_HEADER.pack(kind, len(content), tag), content):
            self._connection.settimeout(seconds_left(deadline))
            self._connection.sendall(part)

    def receive(self, deadline: float, largest: int = LARGEST_MESSAGE) -> tuple[bytes, bytes]:
        """Receive the other end's next message: its kind and its content."""
        kind, length, tag = _HEADER.unpack(self._read(_HEADER.size, deadline))
        if length > largest:
            raise ConnectionError(f"it announced a message of {length} bytes, over {largest}")
        content = bytes(self._read(length, deadline))
        if not hmac.compare_digest(tag, self._tag(self._inward, self._received, kind, content)):
            raise ConnectionError("it sent a message that is not of this job")
        self._received += 1
        return kind, content

    def close(self) -> None:
        """Close the connection; what was sent still arrives."""
        self._connection.close()

    def _tag(self, direction: bytes, number: int, kind: bytes, content: bytes) -> bytes:
        made = hmac.new(self._key, direction + number.to_bytes(8, "big") + kind, "sha256")
        made.update(content)
        return made.digest()

    def _read(self, length: int, deadline: float) -> bytearray:
        content = bytearray(length)
        rest = memoryview(content)
        while rest:
            self._connection.settimeout(seconds_left(deadline))
            count = self._connection.recv_into(rest)
            if count == 0:
                raise ConnectionError("it closed the connection")
            rest = rest[count:]
        return content


def seconds_left(deadline: float) -> float:
    """Give the seconds until a deadline of ``time.monotonic``, more than none.

    Raises:
        TimeoutError: There are none.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


def _notice_dead_machines(connection: socket.socket) -> None:
    """Have the kernel ask a silent machine for a sign of life: 30 + 6 * 10 s.

    Not ``TCP_USER_TIMEOUT``: it would also end connections to a host that is alive but has no
    time to read.
    """
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if sys.platform == "linux":
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 6)
