"""Bringing the changes of a job's directory into the object store, one look at a time."""

import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from local_sagemaker.jobs.data.open_files import Found, VanishedError, find_files
from local_sagemaker.jobs.data.s3_uri import split_uri
from local_sagemaker.jobs.directory import HostDirectory
from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.store import ObjectStore

# What was written this short a time ago may be written to again without its times showing it.
_CLOCK_TICK_SECONDS = 0.05

# Of the times of a file the change time, as no script can set that one back.
_Signature = tuple[int, int, int]
_STORE_ERRORS = (S3Error, OSError, sqlite3.Error)


@dataclass(frozen=True)
class Synced:
    """A directory that is kept in the object store while the job runs.

    Args:
        path: Where it is in every container.
        uri: Relative paths are appended to it; the same for all hosts.
        member: The request's member it comes from, for errors.
        restored: Whether the containers begin with what the object store has, and removing a file
            removes its object: so it is for checkpoints.
    """

    path: str
    uri: str
    member: str
    restored: bool = False

    @property
    def folder_uri(self) -> str:
        """The URI with one ``/`` at its end."""
        return f"{self.uri.rstrip('/')}/"


class DirectorySync:
    """Brings the changes of one directory, on all hosts, into the object store.

    Args:
        synced: The directory.
        hosts: Whose directories they are. If several write one name, the last look wins, and an
            object goes when no host has its file any more.
        objects: The object store.
    """

    def __init__(
        self, synced: Synced, hosts: Sequence[HostDirectory], objects: ObjectStore
    ) -> None:
        self._synced = synced
        self._roots = [(host.ml, host.of(synced.path).relative_to(host.ml)) for host in hosts]
        self._objects = objects
        self._bucket, self._prefix = split_uri(synced.folder_uri, synced.member)
        self._seen: dict[tuple[int, str], _Signature | None] = {}
        self._stored: set[str] = set()

    def remember(self) -> None:
        """Take what was restored for what the object store has; before any container runs."""
        if not self._synced.restored:
            return
        for host, (base, inner) in enumerate(self._roots):
            for found in find_files(base, inner):
                self._seen[host, found.relative] = _signature(found.status)
                self._stored.add(found.relative)

    def look(self, cut_short: Callable[[], bool] = lambda: False) -> list[str]:
        """Upload what has changed since the last look.

        Args:
            cut_short: Whether to give up; asked before each file.

        Returns:
            What went wrong; the next look tries again.
        """
        look = _Look(cut_short)
        for host in range(len(self._roots)):
            self._look_at(host, look)
        if not look.whole:
            # What could not be looked at may be there all the same.
            self._seen = {**self._seen, **look.seen}
            return look.problems
        self._seen = look.seen
        if self._synced.restored:
            for relative in sorted(self._stored - {relative for _, relative in look.seen}):
                self._remove(relative, look)
        return look.problems

    def _look_at(self, host: int, look: "_Look") -> None:
        try:
            for found in find_files(*self._roots[host]):
                if look.cut_short():
                    look.whole = False
                    return
                self._visit((host, found.relative), found, look)
        except VanishedError:
            # The script removed the directory, or made a link of it: nothing is to be uploaded, and
            # nothing to be removed, as it may be on its way back.
            look.whole = False
        except OSError as error:
            look.whole = False
            look.problems.append(f"{self._synced.member}: {self._synced.path}: {error}")

    def _visit(self, place: tuple[int, str], found: Found, look: "_Look") -> None:
        signature = _signature(found.status)
        if self._seen.get(place) == signature:
            look.seen[place] = signature
            return
        just_now = abs(time.time() - found.status.st_ctime) < _CLOCK_TICK_SECONDS
        try:
            with found.opened() as path:
                self._objects.put_file(self._bucket, self._prefix + found.relative, path)
        except VanishedError:
            return
        except (*_STORE_ERRORS, UnicodeError) as error:
            uri = self._synced.folder_uri + found.relative
            text = f"{self._synced.member}: upload to {uri} failed: {error}"
            look.problems.append(text.encode("utf-8", "replace").decode())
            look.seen[place] = None
            return
        self._stored.add(found.relative)
        look.seen[place] = None if just_now else signature

    def _remove(self, relative: str, look: "_Look") -> None:
        try:
            self._objects.delete(self._bucket, self._prefix + relative)
        except _STORE_ERRORS as error:
            uri = self._synced.folder_uri + relative
            look.problems.append(f"{self._synced.member}: {uri} cannot be removed: {error}")
        else:
            self._stored.discard(relative)


@dataclass
class _Look:
    cut_short: Callable[[], bool]
    whole: bool = True
    seen: dict[tuple[int, str], _Signature | None] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def _signature(status: os.stat_result) -> _Signature:
    return status.st_ino, status.st_size, status.st_ctime_ns
