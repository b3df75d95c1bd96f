"""How the other hosts learn that the application has ended: the first host hangs up."""

import select
import socket
import time
from collections.abc import Callable

from .hosts import Hosts
from .reporting import SubmitError

# Where the image's own status server listens.
_PORT = 5555
_WAIT_SECONDS = 120
_LOOK_SECONDS = 0.5


def listen(hosts: Hosts) -> socket.socket:
    """Let the other hosts call; closing it, as the end of the process does, tells them all."""
    return socket.create_server((hosts.address, _PORT), backlog=max(1, len(hosts.names)))


def call(hosts: Hosts) -> socket.socket:
    """Call the first host, which may not listen yet.

    Raises:
        SubmitError: It does not listen in time.
    """
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            return socket.create_connection((hosts.first, _PORT), timeout=10)
        except OSError as error:
            if time.monotonic() > deadline:
                raise SubmitError(f"{hosts.first} cannot be reached: {error}") from error
        time.sleep(_LOOK_SECONDS)


def wait_for_the_end(line: socket.socket, check: "Callable[[], None]") -> None:
    """Wait until the first host hangs up.

    Args:
        line: To the first host.
        check: Called now and then; raises if there is something wrong here.
    """
    while not select.select([line], [], [], _LOOK_SECONDS)[0]:
        check()
