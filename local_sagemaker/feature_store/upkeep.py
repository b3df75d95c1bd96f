"""The thread that does what nobody waits for: files of the offline store, and removals."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable

from local_sagemaker.feature_store import groups, offline_rows, online, parquet
from local_sagemaker.feature_store.group import FeatureGroup
from local_sagemaker.feature_store.group_commit import GroupCommit
from local_sagemaker.feature_store.offline_rows import OfflineFile
from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.store import ObjectStore
from local_sagemaker.sqlite_file import SqliteFile

_RETRY_SECONDS = 30.0
_LONGEST_WAIT = 3600.0
_AT_ONCE = 2000

_log = logging.getLogger(__name__)


class Upkeep:
    """Writes rows to S3 a few seconds after they came, and removes what is expired or deleted.

    Args:
        file: The database.
        writer: Writes to it.
        objects: Where the files of the offline store go.
        gather_seconds: For how long rows are gathered for a file.
    """

    def __init__(
        self, file: SqliteFile, writer: GroupCommit, objects: ObjectStore, gather_seconds: float
    ) -> None:
        self._file = file
        self._writer = writer
        self._objects = objects
        self._gather_seconds = gather_seconds
        self._needed = threading.Event()
        self._ending = threading.Event()
        self._blocked: dict[int, str] = {}
        self._needed.set()  # for what an earlier daemon left
        self._thread = threading.Thread(target=self._run, name="feature-upkeep", daemon=True)
        self._thread.start()

    def ask(self) -> None:
        """Say that there is something to do."""
        if not self._needed.is_set():
            self._needed.set()

    def stop(self) -> None:
        """End the thread after the file that it writes; the next daemon goes on."""
        self._ending.set()
        self._needed.set()
        self._thread.join()

    def blocked(self, group: FeatureGroup) -> str | None:
        """Why rows of a group cannot be written; None if nothing is known to be in the way."""
        return self._blocked.get(group.id)

    def _run(self) -> None:
        wait = _LONGEST_WAIT
        while True:
            self._needed.wait(wait)
            if self._ending.wait(self._gather_seconds if self._needed.is_set() else 0):
                return
            self._needed.clear()
            try:
                wait = self._round()
            except Exception:
                _log.exception("the feature store's upkeep is put off")
                wait = _RETRY_SECONDS

    def _round(self) -> float:
        """Do all there is to do.

        Returns:
            For how many seconds there is nothing, unless somebody asks.
        """
        deleted = groups.deleted(self._file.connection())
        self._write_files([*groups.load(self._file.connection()), *deleted])
        self._repeat(lambda connection: online.expire(connection, time.time(), _AT_ONCE))
        for group in deleted:
            self._purge(group)
        if self._blocked:
            return _RETRY_SECONDS
        expiry = online.next_expiry(self._file.connection())
        return (
            _LONGEST_WAIT if expiry is None else min(max(0.0, expiry - time.time()), _LONGEST_WAIT)
        )

    def _write_files(self, all_groups: list[FeatureGroup]) -> None:
        blocked = {group.id: self._write_group(group) for group in all_groups}
        self._blocked = {number: reason for number, reason in blocked.items() if reason}

    def _write_group(self, group: FeatureGroup) -> str | None:
        """Write all rows of a group; why that cannot be done, if so."""
        try:
            for hour in offline_rows.hours(self._file.connection(), group):
                self._write_hour(group, hour)
        except Exception as error:  # what troubles one group must not keep the rows of the others
            reason = f"s3://{'/'.join(group.offline_place)} cannot be written: {error}"
            _log.warning("%s: %s", group.name, reason, exc_info=not isinstance(error, S3Error))
            return reason
        return None

    def _write_hour(self, group: FeatureGroup, hour: int) -> None:
        while not self._ending.is_set():
            file = self._writer.run(lambda at: offline_rows.begin(at, group, hour))
            if file is None:
                return
            rows = list(offline_rows.rows_of(self._file.connection(), group, file))
            data = parquet.content(group, file, rows)
            self._objects.put_bytes(group.offline_place[0], parquet.key_of(group, file), data)
            self._end(group, file)

    def _end(self, group: FeatureGroup, file: OfflineFile) -> None:
        self._writer.run(lambda at: offline_rows.end(at, group, file))

    def _purge(self, group: FeatureGroup) -> None:
        if group.id in self._blocked:
            if self._objects.bucket_exists(group.offline_place[0]):
                return  # its rows can still get there
            _log.warning("%s is deleted, and its bucket: so are its last rows", group.name)
            self._writer.run(lambda at: offline_rows.drop(at, group))
        self._repeat(lambda connection: groups.purge(connection, group, _AT_ONCE))

    def _repeat(self, some: Callable[[sqlite3.Connection], bool]) -> None:
        """Do a little at a time, and let others write in between, while there is more."""
        while not self._ending.is_set() and self._writer.run(some):
            pass
