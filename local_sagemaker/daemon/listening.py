"""Where the daemon listens: on this machine only, unless it is told twice."""

import errno
import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from local_sagemaker.daemon.errors import DaemonError, PortInUseError
from local_sagemaker.daemon.health import ask
from local_sagemaker.daemon.ports import listener
from local_sagemaker.home import Home

LOOPBACK = "127.0.0.1"
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - only if it is asked for, twice
_BACKLOG = 128


@dataclass(frozen=True)
class Reach:
    """From where the daemon can be reached, besides this machine.

    There are no passwords here, and jobs run what they are told: whoever reaches the daemon can run
    programs as its user. So to open it takes both an address and the names it may be called by.

    Args:
        address: An IP address of this machine.
        names: What clients elsewhere call this machine; other names are refused (DNS rebinding).
    """

    address: str = LOOPBACK
    names: frozenset[str] = frozenset()

    @classmethod
    def asked(cls, address: str, names: Iterable[str]) -> "Reach":
        """What the command line asks for.

        Raises:
            DaemonError: It is no address, or opens the daemon without saying to whom.
        """
        try:
            parsed = ipaddress.IPv4Address(address)
        except ValueError:
            raise DaemonError(f"--host takes an IPv4 address, not {address!r}") from None
        reach = cls(address, frozenset(name.lower() for name in names))
        if not parsed.is_loopback and not reach.names:
            raise DaemonError(
                f"The local SageMaker does not listen on {address}: it asks nobody for a password, "
                "so whoever can reach it could run programs as you. If that is what you want, name "
                "what clients call this machine, too: --allow-remote NAME"
            )
        return reach

    @property
    def hosts(self) -> frozenset[str]:
        """What a request may call this machine, besides the names of the loopback."""
        return self.names if self.address == _EVERYWHERE else self.names | {self.address}

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where to listen; always on 127.0.0.1, too, which is where jobs look for the daemon."""
        if self.address in {LOOPBACK, _EVERYWHERE}:
            return (self.address,)
        return (LOOPBACK, self.address)


def listen(home: Home, port: int, reach: Reach) -> list[socket.socket]:
    """Open the sockets, all on one port.

    Args:
        home: The service's home, for messages.
        port: Where to listen; 0 for any free port.
        reach: On which addresses.

    Raises:
        PortInUseError: Another program has the port.
        OSError: There is no such address here.
    """
    sockets: list[socket.socket] = []
    try:
        for address in reach.addresses:
            sockets.append(_listen(home, address, port))
            port = sockets[0].getsockname()[1]
    except BaseException:
        for each in sockets:
            each.close()
        raise
    return sockets


def _listen(home: Home, address: str, port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address, port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            raise PortInUseError(_port_in_use(home, port, error)) from error
        if error.errno == errno.EADDRNOTAVAIL:
            raise DaemonError(f"{address} is no address of this machine (--host)") from error
        raise
    return listening


def _port_in_use(home: Home, port: int, error: OSError) -> str:
    other = ask(port, timeout=1.0)
    if other is not None and other.home == home.root:
        # We hold the lock of this home, so what that one holds was deleted under it.
        return (
            f"Port {port} of this machine is still held by the local SageMaker (pid {other.pid}) "
            f"of a directory {home.root} that was deleted. End it with: kill {other.pid}"
        )
    if other is not None:
        holder = f"the local SageMaker of {other.home} (pid {other.pid}) has it"
    else:
        program = listener(port)
        holder = f"{program} has it" if program else str(error.strerror)
    return (
        f"Port {port} of this machine cannot be used: {holder}. "
        "Stop that, or choose another port with ML_PIPELINE_LOCAL_PORT."
    )
