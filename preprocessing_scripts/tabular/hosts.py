"""The hosts of a job, and how they tell each other what they have found.

The first host leads: the others connect to it, and it passes on what each gives. A host that fails,
dies or hangs makes all others fail, with an error that names it.
"""

import io
import json
import selectors
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from preprocessing_scripts.tabular.joining import HostError, admit, job_key, reach
from preprocessing_scripts.tabular.links import Link

Arrays = Mapping[str, npt.NDArray[Any]]

RESOURCE_CONFIG = Path("/opt/ml/config/resourceconfig.json")
JOIN_SECONDS = 900.0
"""Hosts start together, but each downloads its own share of the input first."""
EXCHANGE_SECONDS = 3600.0
"""Shares may be uneven; a host that has died is noticed long before."""

__all__ = ["EXCHANGE_SECONDS", "JOIN_SECONDS", "Arrays", "HostError", "Hosts"]

_GIVEN, _FAILED = b"G", b"F"
_LAST_WORDS_SECONDS = 2.0
_LONGEST_REASON = 2000


class Hosts:
    """This host among the hosts of its job; a context manager.

    An error that leaves the ``with`` block is told to the other hosts, and fails them too.

    Args:
        names: All hosts, the leader first; the same on every host.
        rank: This host's place among them.
        links: The leader's to every other host, by rank; every other host's to the leader.

    Attributes:
        names: As given.
        rank: As given; 0 leads.
    """

    def __init__(self, names: Sequence[str], rank: int, links: Mapping[int, Link]) -> None:
        self.names = tuple(names)
        self.rank = rank
        self._links = dict(links)

    @classmethod
    def alone(cls) -> "Hosts":
        """Be the only host of the job."""
        return cls(["algo-1"], 0, {})

    @classmethod
    def join(
        cls,
        names: Sequence[str],
        rank: int,
        address: tuple[str, int],
        key: bytes,
        timeout: float = JOIN_SECONDS,
    ) -> "Hosts":
        """Meet the other hosts.

        Args:
            names: All hosts, the leader first; the same on every host.
            rank: This host's place among them.
            address: Host name and port where the leader listens and the others connect.
            key: What all hosts of this job know, and no other job.
            timeout: Seconds to wait for the others.

        Raises:
            HostError: A host did not come in time.
        """
        if len(names) == 1:
            return cls(names, 0, {})
        if rank > 0:
            return cls(names, rank, {0: reach(names, rank, address, key, timeout)})
        links, missing = admit(names, address, key, timeout)
        hosts = cls(names, rank, links)
        if missing:
            reason = f"{', '.join(missing)} did not join the job within {timeout:g} s"
            hosts._fail(reason)
            raise HostError(reason)
        return hosts

    @classmethod
    def from_resource_config(
        cls,
        path: Path = RESOURCE_CONFIG,
        port: int | None = None,
        timeout: float = JOIN_SECONDS,
    ) -> "Hosts":
        """Meet the hosts that SageMaker names; alone if it names one or the file is not there.

        Args:
            path: ``resourceconfig.json``; ``processingjobconfig.json`` beside it makes the key.
            port: Where the leader listens. Of its own for each job unless given: on one machine
                the hosts of several jobs may share an address.
            timeout: Seconds to wait for the others.

        Raises:
            HostError: A host did not come in time, or a file is not as SageMaker writes it.
        """
        if not path.exists():
            return cls.alone()
        try:
            config = json.loads(path.read_text(encoding="utf-8"))
            names = sorted(config["hosts"])
            rank = names.index(config["current_host"])
            key = job_key(path.with_name("processingjobconfig.json"), names)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise HostError(
                f"{path}, or processingjobconfig.json beside it, is not as SageMaker writes it: "
                f"{error!r}"
            ) from error
        if port is None:  # below the ports that Linux gives to outgoing connections
            port = 20000 + int.from_bytes(key[:4], "big") % 10000
        return cls.join(names, rank, (names[0], port), key, timeout)

    def exchange(self, arrays: Arrays, timeout: float = EXCHANGE_SECONDS) -> list[Arrays]:
        """Give arrays to all hosts, and get what each of them gave.

        All hosts call this equally often.

        Args:
            arrays: By name; of any shapes and any types but ``object``.
            timeout: Seconds that the leader waits for the slowest host. The others wait for the
                leader twice as long, so that it can tell them whom it missed.

        Returns:
            What every host gave, in rank order, the same on every host.

        Raises:
            HostError: A host failed, died or did not answer in time; the others are told, and no
                further exchange is possible.
        """
        if len(self.names) == 1:
            return [arrays]
        try:
            if self.rank == 0:
                given = self._gather(_pack(arrays), timeout)
                self._pass_on(given, timeout)
            else:
                given = self._hand_in(_pack(arrays), time.monotonic() + 2 * timeout)
        except HostError as error:
            self._fail(str(error))
            raise
        return [_unpack(given[rank]) for rank in range(len(self.names))]

    def total(self, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Add up the counts of all hosts, which all call this.

        Args:
            counts: This host's, of the same shape everywhere.

        Raises:
            HostError: As ``exchange``.
        """
        shares = self.exchange({"counts": counts})
        total: npt.NDArray[np.int64] = np.sum([share["counts"] for share in shares], axis=0)
        return total

    def close(self) -> None:
        """Leave the other hosts; if they still expect something from this one, they fail."""
        for link in self._links.values():
            link.close()
        self._links.clear()

    def __enter__(self) -> "Hosts":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self._fail(f"{self.names[self.rank]} failed: {type(error).__name__}: {error}")

    def _gather(self, own: bytes, timeout: float) -> dict[int, bytes]:
        deadline = time.monotonic() + timeout
        given = {0: own}
        with selectors.DefaultSelector() as waiting:
            for rank, link in self._open_links().items():
                waiting.register(link, selectors.EVENT_READ, rank)
            # Whichever speaks first: a host that has died is heard at once, too.
            while waiting.get_map():
                ready = waiting.select(max(deadline - time.monotonic(), 0))
                if not ready:
                    silent = [self.names[key.data] for key in waiting.get_map().values()]
                    raise HostError(f"{', '.join(silent)} did not answer within {timeout:g} s")
                for key, _ in ready:
                    given[key.data] = self._receive(key.data, deadline)
                    waiting.unregister(key.fileobj)
        return given

    def _pass_on(self, given: Mapping[int, bytes], timeout: float) -> None:
        deadline = time.monotonic() + timeout
        for receiver in list(self._links):
            for giver in range(len(self.names)):
                if giver != receiver:
                    self._send(receiver, given[giver], deadline)

    def _hand_in(self, own: bytes, deadline: float) -> dict[int, bytes]:
        link = self._open_links()[0]
        try:
            link.send(_GIVEN, own, deadline)
        except OSError as error:
            try:  # A leader that fails says why before it goes; that is still there to be read.
                self._receive(0, time.monotonic() + _LAST_WORDS_SECONDS)
            finally:
                self.close()
            raise self._lost(0, error) from error
        others = [rank for rank in range(len(self.names)) if rank != self.rank]
        return {self.rank: own, **{rank: self._receive(0, deadline) for rank in others}}

    def _send(self, rank: int, content: bytes, deadline: float) -> None:
        try:
            self._links[rank].send(_GIVEN, content, deadline)
        except OSError as error:
            self._links.pop(rank).close()  # it may have got half a message: nothing can follow
            raise self._lost(rank, error) from error

    def _receive(self, rank: int, deadline: float) -> bytes:
        try:
            kind, content = self._links[rank].receive(deadline)
        except OSError as error:
            raise self._lost(rank, error) from error
        if kind == _FAILED:
            raise HostError(content.decode("utf-8", errors="replace"))
        return content

    def _lost(self, rank: int, error: OSError) -> HostError:
        return HostError(f"{self.names[rank]} is lost: {error}; its own log says more")

    def _open_links(self) -> dict[int, Link]:
        if not self._links:
            raise HostError("the connection to the other hosts is closed")
        return self._links

    def _fail(self, reason: str) -> None:
        """Tell the others why there will be no more from this host, and leave."""
        content = reason[:_LONGEST_REASON].encode("utf-8", errors="replace")
        for link in self._links.values():
            # One that can no longer be told finds the connection closed.
            with suppress(OSError):
                link.send(_FAILED, content, time.monotonic() + _LAST_WORDS_SECONDS)
        self.close()


def _pack(arrays: Arrays) -> bytes:
    """Write arrays one after the other as .npy files, their names first."""
    content = io.BytesIO()
    for array in (np.array(list(arrays), dtype=np.str_), *arrays.values()):
        np.save(content, array, allow_pickle=False)
    return content.getvalue()


def _unpack(content: bytes) -> Arrays:
    file = io.BytesIO(content)
    names = np.load(file, allow_pickle=False)
    return {str(name): np.load(file, allow_pickle=False) for name in names}
