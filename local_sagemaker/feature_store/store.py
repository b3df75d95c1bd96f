"""Feature groups, their records, and their rows in S3."""

import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_sagemaker.feature_store import groups, offline_rows, online
from local_sagemaker.feature_store.errors import invalid_record, no_group
from local_sagemaker.feature_store.event_time import iso
from local_sagemaker.feature_store.group import FeatureGroup
from local_sagemaker.feature_store.group_commit import GroupCommit
from local_sagemaker.feature_store.online import Found
from local_sagemaker.feature_store.record import Record
from local_sagemaker.feature_store.schema import prepare
from local_sagemaker.feature_store.upkeep import Upkeep
from local_sagemaker.s3.store import ObjectStore
from local_sagemaker.sqlite_file import SqliteFile


@dataclass(frozen=True)
class Write:
    """A record that is to be kept, or marked as deleted.

    Args:
        group: Whose.
        record: The record.
        stores: Where.
        ttl: For how many seconds after its event time the online store keeps it; None: for ever.
    """

    group: FeatureGroup
    record: Record
    stores: frozenset[str]
    ttl: int | None = None


@dataclass(frozen=True)
class _Opened:
    """What is there once the store is used; whoever changes groups holds the lock."""

    file: SqliteFile
    writer: GroupCommit
    upkeep: Upkeep
    groups: dict[str, FeatureGroup]
    changing: threading.Lock = field(default_factory=threading.Lock)


class FeatureStore:
    """The feature store of a home. Nothing is opened before it is used.

    Args:
        path: The SQLite file, which no other process writes.
        objects: Where the offline stores are.
        gather_seconds: For how long rows of the offline store are gathered for a file.
    """

    def __init__(self, path: Path, objects: ObjectStore, gather_seconds: float = 3.0) -> None:
        self._path = path
        self._objects = objects
        self._gather_seconds = gather_seconds
        self._opening = threading.Lock()
        self._opened: _Opened | None = None

    def start(self) -> None:
        """Go on with what an earlier daemon left, if it left anything."""
        if self._path.exists():
            self._open()

    def stop(self) -> None:
        """End its threads; rows that are not in S3 yet are left to the next daemon."""
        if self._opened is not None:
            self._opened.upkeep.stop()
            self._opened.writer.stop()

    def create(
        self, name: str, members: Mapping[str, Any], tags: Mapping[str, str]
    ) -> FeatureGroup:
        """Add a group.

        Raises:
            ServiceError: There is one of that name.
        """
        opened = self._open()
        with opened.changing:
            group = opened.writer.run(lambda at: groups.insert(at, name, members, tags))
            opened.groups[name] = group
        return group

    def find(self, name: str) -> FeatureGroup | None:
        """The group of a name, or of an ARN; None if there is none."""
        if not self._there():
            return None
        found = self._open().groups.get(name.rpartition("/")[2])
        return found if found is not None and name in {found.name, found.arn} else None

    def get(self, name: str) -> FeatureGroup:
        """The group of a name, or of an ARN.

        Raises:
            ServiceError: There is none.
        """
        group = self.find(name)
        if group is None:
            raise no_group(name)
        return group

    def all(self) -> list[FeatureGroup]:
        """All groups."""
        return list(self._open().groups.values()) if self._there() else []

    def update(
        self, name: str, change: Callable[[FeatureGroup], Mapping[str, Any]]
    ) -> FeatureGroup:
        """Give a group other members.

        Args:
            name: Its name, or its ARN.
            change: Answers with the members that are new; what it raises keeps all as it is.

        Returns:
            The group as it stands afterwards.

        Raises:
            ServiceError: There is no such group.
        """
        opened = self._open()
        with opened.changing:
            group = self.get(name)
            members = {**group.members, **change(group)}
            changed = opened.writer.run(lambda at: groups.update(at, group, members))
            opened.groups[group.name] = changed
        return changed

    def delete(self, name: str) -> None:
        """Delete a group; what it has given the offline store goes there all the same.

        Raises:
            ServiceError: There is no such group.
        """
        opened = self._open()
        with opened.changing:
            group = self.get(name)
            opened.writer.run(lambda at: groups.mark_deleted(at, group))
            del opened.groups[group.name]
        opened.upkeep.ask()

    def counts(self, group: FeatureGroup) -> tuple[int, int]:
        """How many records are online, and how many rows were given to the offline store."""
        return groups.counts(self._open().file.connection(), group)

    def blocked(self, group: FeatureGroup) -> str | None:
        """Why rows of a group do not get to its offline store; None if they do."""
        return self._open().upkeep.blocked(group)

    def put(self, writes: Sequence[Write]) -> None:
        """Keep records, all or none; they are on the disk when this returns.

        Raises:
            ServiceError: A group is not there any more.
        """
        opened = self._open()
        now = time.time()

        def change(connection: sqlite3.Connection) -> None:
            _check_groups(connection, writes)
            for write in writes:
                _put(connection, write, now)

        opened.writer.run(change)
        if any("OfflineStore" in write.stores or write.ttl is not None for write in writes):
            opened.upkeep.ask()

    def remove(self, write: Write) -> None:
        """Remove a record from the online store, and mark it as deleted in the offline store.

        Raises:
            ServiceError: The record online is as new, or the group is not there any more.
        """
        opened = self._open()
        now = time.time()

        def change(connection: sqlite3.Connection) -> None:
            _check_groups(connection, [write])
            if "OnlineStore" in write.stores:
                _check_newer(connection, write, now)
                online.remove(connection, write.group, write.record.identifier)
            if "OfflineStore" in write.stores:
                offline_rows.add(connection, write.group, write.record, now)

        opened.writer.run(change)
        opened.upkeep.ask()

    def record(self, group: FeatureGroup, identifier: str) -> Found | None:
        """A record of the online store."""
        return online.get(self._open().file.connection(), group, identifier, time.time())

    def identifiers(
        self, group: FeatureGroup, after: str | None, most: int, *, deleted: bool
    ) -> list[str]:
        """Identifiers of the records in the online store; see ``online.identifiers``."""
        connection = self._open().file.connection()
        return online.identifiers(connection, group, after, most, time.time(), deleted=deleted)

    def has(self, arn: str) -> bool:
        """Whether a group has this ARN."""
        return "/" in arn and self.find(arn) is not None

    def tags(self, arn: str) -> dict[str, str]:
        """A group's tags, by key."""
        return groups.tags(self._open().file.connection(), self.get(arn))

    def put_tags(self, arn: str, tags: Mapping[str, str]) -> None:
        """Add tags to a group, replacing those of the same keys."""
        group = self.get(arn)
        self._open().writer.run(lambda at: groups.put_tags(at, group.id, tags))

    def delete_tags(self, arn: str, keys: list[str]) -> None:
        """Remove tags; keys that are not there are passed over."""
        group = self.get(arn)
        self._open().writer.run(lambda at: groups.delete_tags(at, group.id, keys))

    def _there(self) -> bool:
        return self._opened is not None or self._path.exists()

    def _open(self) -> _Opened:
        if self._opened is None:
            with self._opening:
                if self._opened is None:
                    self._opened = self._begin()
        return self._opened

    def _begin(self) -> _Opened:
        file = SqliteFile(self._path, prepare)
        writer = GroupCommit(file)
        known = {group.name: group for group in groups.load(file.connection())}
        return _Opened(
            file, writer, Upkeep(file, writer, self._objects, self._gather_seconds), known
        )


def _check_groups(connection: sqlite3.Connection, writes: Sequence[Write]) -> None:
    for write in writes:
        if not groups.takes_records(connection, write.group):
            raise no_group(write.group.name, code="ValidationError")


def _check_newer(connection: sqlite3.Connection, write: Write, now: float) -> None:
    newest = online.newest(connection, write.group, write.record.identifier, now)
    if newest is not None and write.record.event_time <= newest:
        raise invalid_record(
            "EventTime must be later than that of the record in the OnlineStore, which is "
            f"{iso(newest)}; nothing was deleted"
        )


def _put(connection: sqlite3.Connection, write: Write, now: float) -> None:
    if "OnlineStore" in write.stores:
        expires = None if write.ttl is None else write.record.event_time + write.ttl
        online.put(connection, write.group, write.record, expires, now)
    if "OfflineStore" in write.stores:
        offline_rows.add(connection, write.group, write.record, now)
