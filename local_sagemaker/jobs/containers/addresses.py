"""Loopback addresses of the hosts of a job: on its own, each can listen at any port."""

import hashlib
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address

_LOCALHOST = "127.0.0.1"
# From 127.1.0.0 on: what lies below is likely to be in use by the machine itself.
_FIRST = int(IPv4Address("127.1.0.0"))
_COUNT = 253 << 16


def host_addresses(job: str, hosts: Sequence[str]) -> dict[str, str]:
    """An address for each host of a job, the same whenever it is asked for.

    Two jobs have different ones unless chance will have it (one in sixteen million).

    Args:
        job: What no other job on this machine is called.
        hosts: The names of its instances.

    Returns:
        Addresses by name; 127.0.0.1 for all where the machine's loopback interface has only that.
    """
    digest = hashlib.sha256(job.encode("utf-8", errors="surrogateescape")).digest()
    start = int.from_bytes(digest[:8], "big")
    addresses = [str(IPv4Address(_FIRST + (start + index) % _COUNT)) for index in range(len(hosts))]
    if not all(map(_is_ours, addresses[:1])):
        addresses = [_LOCALHOST] * len(hosts)
    return dict(zip(hosts, addresses, strict=True))


def _is_ours(address: str) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
