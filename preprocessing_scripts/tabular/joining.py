"""How the hosts of a job find each other: the leader listens, the others try until it answers."""

import hashlib
import json
import socket
import time
from collections.abc import Sequence
from pathlib import Path

from preprocessing_scripts.tabular.links import Link, seconds_left

_HELLO, _WELCOME = b"H", b"W"
_LARGEST_GREETING = 64
_GREETING_SECONDS = 5.0
_PATIENCE_SECONDS = 30.0
_PAUSE_SECONDS = 0.2


class HostError(RuntimeError):
    """Another host of the job failed, died or never came; the message names it."""


def job_key(path: Path, names: Sequence[str]) -> bytes:
    """Make the key of a job from its ``processingjobconfig.json``, or its hosts without one.

    It keeps apart jobs that can reach each other. It is as secret as the job's ``Environment``.
    """
    shared: dict[str, object] = {"hosts": list(names)}
    if path.exists():
        config = json.loads(path.read_text(encoding="utf-8"))
        # Not the inputs, which are not documented to be the same on every host.
        for name in ("ProcessingJobArn", "AppSpecification", "Environment", "RoleArn"):
            shared[name] = config.get(name)
    return hashlib.sha256(json.dumps(shared, sort_keys=True).encode()).digest()


def admit(
    names: Sequence[str], address: tuple[str, int], key: bytes, timeout: float
) -> tuple[dict[int, Link], list[str]]:
    """Wait, as the leader, for all other hosts.

    Args:
        names: All hosts, the leader first.
        address: Where to listen.
        key: The job's.
        timeout: Seconds to wait.

    Returns:
        The links to the hosts that came, by rank, and the names of those that did not.

    Raises:
        HostError: The address could not be listened at.
    """
    deadline = time.monotonic() + timeout
    links: dict[int, Link] = {}
    with _listen(names[0], address, deadline) as listener:
        while len(links) < len(names) - 1:
            try:
                listener.settimeout(seconds_left(deadline))
                connection, _ = listener.accept()
            except TimeoutError:
                break
            try:
                rank, link = _greet(connection, key, len(names))
            except (OSError, ValueError):  # a stranger: another job's host, or no host at all
                connection.close()
                continue
            if rank in links:  # it lost patience with its first connection
                links[rank].close()
            links[rank] = link
    return links, [name for rank, name in enumerate(names) if rank > 0 and rank not in links]


def reach(
    names: Sequence[str], rank: int, address: tuple[str, int], key: bytes, timeout: float
) -> Link:
    """Connect to the leader, as often as it takes; arguments as above.

    Raises:
        HostError: The leader did not answer in time.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            return _introduce(rank, address, key, min(_PATIENCE_SECONDS, seconds_left(deadline)))
        except OSError as error:
            if time.monotonic() + _PAUSE_SECONDS >= deadline:
                where = f"{address[0]}:{address[1]}"
                raise HostError(
                    f"{names[rank]} did not reach {names[0]}, which leads the job, at {where} "
                    f"within {timeout:g} s: {error}"
                ) from error
        time.sleep(_PAUSE_SECONDS)


def _listen(name: str, address: tuple[str, int], deadline: float) -> socket.socket:
    """Listen as soon as the name can be resolved and the port is free."""
    while True:
        try:
            return socket.create_server(address, backlog=128)
        except OSError as error:
            if time.monotonic() + _PAUSE_SECONDS >= deadline:
                where = f"{address[0]}:{address[1]}"
                raise HostError(f"{name} cannot listen at {where}: {error}") from error
        time.sleep(_PAUSE_SECONDS)


def _greet(connection: socket.socket, key: bytes, count: int) -> tuple[int, Link]:
    deadline = time.monotonic() + _GREETING_SECONDS
    link = Link(connection, key, leads=True, deadline=deadline)
    kind, content = link.receive(deadline, _LARGEST_GREETING)
    rank = int(content)
    if kind != _HELLO or not 0 < rank < count:
        raise ValueError(f"not a host of this job: {rank}")
    link.send(_WELCOME, b"", deadline)
    return rank, link


def _introduce(rank: int, address: tuple[str, int], key: bytes, patience: float) -> Link:
    deadline = time.monotonic() + patience
    connection = socket.create_connection(address, timeout=patience)
    try:
        link = Link(connection, key, leads=False, deadline=deadline)
        link.send(_HELLO, str(rank).encode(), deadline)
        link.receive(deadline, _LARGEST_GREETING)
    except BaseException:
        connection.close()
        raise
    return link
