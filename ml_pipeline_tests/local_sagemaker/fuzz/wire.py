"""Bytes sent to a server, and the statuses of what it answers."""

import select
import socket
from types import TracebackType

from ml_pipeline_tests.local_sagemaker.fuzz.malformed import Malformed

_PATIENCE_SECONDS = 60
_PAUSE_SECONDS = 0.02


class Wire:
    """A connection that is used for as long as the server keeps it.

    Args:
        port: Of 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._kept: socket.socket | None = None

    def send(self, request: Malformed) -> bytes:
        """Send a request; the answer's head and as much of its body as belongs to it."""
        if not request.framed:
            with self._connect() as connection:
                return _ask_and_end(connection, request.data)
        for _ in range(2):  # The server may have ended the connection that was kept.
            connection = self._kept or self._connect()
            self._kept = None
            try:
                connection.sendall(request.data)
                answer = _read_one(connection, request.data.startswith(b"HEAD "))
            except ConnectionError:
                answer = b""
            if answer:
                if b"\r\nconnection: close" in answer[:4096].lower():
                    connection.close()
                else:
                    self._kept = connection
                return answer
            connection.close()
        return b""

    def _connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._port), timeout=_PATIENCE_SECONDS)

    def __enter__(self) -> "Wire":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._kept:
            self._kept.close()


def _ask_and_end(connection: socket.socket, data: bytes) -> bytes:
    answer = b""
    try:
        connection.sendall(data)
        # A server that waits for more gets none; but whoever is told so at once does not answer.
        select.select([connection], [], [], _PAUSE_SECONDS)
        connection.shutdown(socket.SHUT_WR)
        while piece := connection.recv(65536):
            answer += piece
    except ConnectionError:
        pass
    return answer


def _read_one(connection: socket.socket, without_body: bool) -> bytes:
    """Read one answer, past those that only say to go on."""
    answer = b""
    while True:
        head, end, rest = answer.partition(b"\r\n\r\n")
        if end and head.split()[1:2] == [b"100"]:
            answer = rest
        elif end and (without_body or len(rest) >= _length(head)):
            return answer
        else:
            piece = connection.recv(65536)
            if not piece:
                return answer
            answer += piece


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0
