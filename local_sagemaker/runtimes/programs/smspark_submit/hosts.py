"""The hosts of a job, and their places in the network."""

import socket
from dataclasses import dataclass

from .container import ML, read_json

_SHARED = "127.0.0.1"


@dataclass(frozen=True)
class Hosts:
    """The hosts of a job, as one of them sees them.

    Args:
        current: The name of the one this runs on.
        names: All names, sorted; the first is that of the host that submits.
    """

    current: str
    names: "tuple[str, ...]"

    @property
    def first(self) -> str:
        """The host that submits."""
        return self.names[0]

    @property
    def is_first(self) -> bool:
        """Whether this is the one that submits."""
        return self.current == self.first

    @property
    def can_be_a_cluster(self) -> bool:
        """Whether each has an address where it can listen at any port.

        One host without an address of its own needs no cluster.
        """
        return len(self.names) > 1 or self.address != _SHARED

    @property
    def address(self) -> str:
        """The address of this host: on this machine, one of its loopback interface."""
        try:
            found = socket.gethostbyname(self.current)
        except OSError:
            return _SHARED
        return found if found.startswith("127.") else _SHARED


def read_hosts() -> Hosts:
    """The hosts of this job."""
    resources = read_json(ML / "config" / "resourceconfig.json", {"hosts": ["algo-1"]})
    names = tuple(sorted(resources["hosts"]))
    return Hosts(resources.get("current_host", names[0]), names)
