"""The index: which buckets and objects exist, and which blob holds an object's bytes."""

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence

from local_sagemaker.s3.conditions import UNCONDITIONAL, WriteCondition
from local_sagemaker.s3.errors import NoSuchBucket, NoSuchKey, S3Error
from local_sagemaker.s3.ranges import Span
from local_sagemaker.s3.records import BucketInfo, Part, StoredObject
from local_sagemaker.s3.rows import (
    bucket_from_row,
    insert,
    object_from_row,
    object_to_row,
    part_from_row,
)
from local_sagemaker.sqlite_file import SqliteFile


class Index:
    """Buckets and objects.

    Methods that take an object out of the index return the blobs it leaves behind, for the caller
    to remove.

    Args:
        database: Where they are kept.
    """

    def __init__(self, database: SqliteFile) -> None:
        self._database = database

    def create_bucket(self, name: str, location: str) -> None:
        """Add a bucket.

        Raises:
            S3Error: ``BucketAlreadyOwnedByYou`` if it exists and is not in us-east-1, where
                creating twice is no error.
        """
        with self._database.transaction() as connection:
            if _has_bucket(connection, name):
                if location:
                    raise S3Error("BucketAlreadyOwnedByYou", BucketName=name)
                return
            row = {"name": name, "created": time.time(), "location": location, "tags": "{}"}
            insert(connection, "buckets", row)

    def bucket(self, name: str) -> BucketInfo:
        """Find a bucket.

        Raises:
            NoSuchBucket: It does not exist.
        """
        query = "SELECT * FROM buckets WHERE name = ?"
        row = self._database.connection().execute(query, (name,)).fetchone()
        if row is None:
            raise NoSuchBucket(name)
        return bucket_from_row(row)

    def buckets(self) -> list[BucketInfo]:
        """All buckets, by name."""
        rows = self._database.connection().execute("SELECT * FROM buckets ORDER BY name")
        return [bucket_from_row(row) for row in rows]

    def tag_bucket(self, name: str, tags: Mapping[str, str]) -> None:
        """Replace a bucket's tag set.

        Raises:
            NoSuchBucket: It does not exist.
        """
        with self._database.transaction() as connection:
            require_bucket(connection, name)
            query = "UPDATE buckets SET tags = ? WHERE name = ?"
            connection.execute(query, (json.dumps(dict(tags)), name))

    def delete_bucket(self, name: str) -> list[str]:
        """Remove an empty bucket, and the uploads in progress in it.

        Raises:
            S3Error: ``NoSuchBucket``, ``BucketNotEmpty``.
        """
        with self._database.transaction() as connection:
            require_bucket(connection, name)
            query = "SELECT 1 FROM objects WHERE bucket = ? LIMIT 1"
            if connection.execute(query, (name,)).fetchone():
                raise S3Error("BucketNotEmpty", BucketName=name)
            query = "SELECT id FROM uploads WHERE bucket = ?"
            blobs = [row["id"] for row in connection.execute(query, (name,))]
            connection.executemany("DELETE FROM parts WHERE blob = ?", [(blob,) for blob in blobs])
            connection.execute("DELETE FROM uploads WHERE bucket = ?", (name,))
            connection.execute("DELETE FROM buckets WHERE name = ?", (name,))
        return blobs

    def put(self, stored: StoredObject, condition: WriteCondition = UNCONDITIONAL) -> list[str]:
        """Add an object, in place of the one of the same key.

        Raises:
            S3Error: ``NoSuchBucket``, ``PreconditionFailed``; ``NoSuchKey`` as told by the
                condition.
        """
        with self._database.transaction() as connection:
            return put_object(connection, stored, condition)

    def get(self, bucket: str, key: str) -> StoredObject:
        """Find an object.

        Raises:
            S3Error: ``NoSuchBucket``, ``NoSuchKey``.
        """
        query = "SELECT * FROM objects WHERE bucket = ? AND key = ?"
        row = self._database.connection().execute(query, (bucket, key)).fetchone()
        if row is None:
            self.bucket(bucket)
            raise NoSuchKey(bucket, key)
        return object_from_row(row)

    def parts(self, blob: str) -> list[Part]:
        """The parts of an upload or a completed object, by number; none if it was put whole."""
        query = "SELECT * FROM parts WHERE blob = ? ORDER BY number"
        return [part_from_row(row) for row in self._database.connection().execute(query, (blob,))]

    def layout(self, stored: StoredObject) -> Sequence[Span]:
        """Where an object's bytes lie in its blob, in order."""
        parts = self.parts(stored.blob)
        return [Span(part.offset, part.size) for part in parts] or [Span(0, stored.info.size)]

    def scan(self, bucket: str, low: str, high: str | None, limit: int) -> list[StoredObject]:
        """The first objects of a range of keys, in UTF-8 byte order.

        Args:
            bucket: Where to look.
            low: The first key of the range.
            high: The first key after it; None for no end.
            limit: How many to return at most.
        """
        query = "SELECT * FROM objects WHERE bucket = ? AND key >= ?"
        values: list[str | int] = [bucket, low]
        if high is not None:
            query += " AND key < ?"
            values.append(high)
        query += " ORDER BY key LIMIT ?"
        rows = self._database.connection().execute(query, (*values, limit))
        return [object_from_row(row) for row in rows]

    def tag(self, bucket: str, key: str, tags: Mapping[str, str]) -> None:
        """Replace an object's tag set.

        Raises:
            S3Error: ``NoSuchBucket``, ``NoSuchKey``.
        """
        with self._database.transaction() as connection:
            query = "UPDATE objects SET tags = ? WHERE bucket = ? AND key = ?"
            cursor = connection.execute(query, (json.dumps(dict(tags)), bucket, key))
            if cursor.rowcount == 0:
                require_bucket(connection, bucket)
                raise NoSuchKey(bucket, key)

    def delete(self, bucket: str, key: str, condition: WriteCondition = UNCONDITIONAL) -> list[str]:
        """Remove an object; one that does not exist is no error.

        Raises:
            S3Error: ``NoSuchBucket``, ``PreconditionFailed``; ``NoSuchKey`` as told by the
                condition.
        """
        with self._database.transaction() as connection:
            require_bucket(connection, bucket)
            left = _take_out(connection, bucket, key, condition)
            connection.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket, key))
        return left

    def names_blob(self, blob: str) -> bool:
        """Whether an object or an upload in progress is kept in this blob."""
        query = (
            "SELECT 1 FROM objects WHERE blob = :blob "
            "UNION ALL SELECT 1 FROM uploads WHERE id = :blob"
        )
        row = self._database.connection().execute(query, {"blob": blob}).fetchone()
        return row is not None


def require_bucket(connection: sqlite3.Connection, name: str) -> None:
    """Raise ``NoSuchBucket`` unless the bucket exists."""
    if not _has_bucket(connection, name):
        raise NoSuchBucket(name)


def put_object(
    connection: sqlite3.Connection, stored: StoredObject, condition: WriteCondition
) -> list[str]:
    """``Index.put`` within a transaction of the caller's."""
    require_bucket(connection, stored.info.bucket)
    left = _take_out(connection, stored.info.bucket, stored.info.key, condition)
    insert(connection, "objects", object_to_row(stored))
    return left


def _has_bucket(connection: sqlite3.Connection, name: str) -> bool:
    query = "SELECT 1 FROM buckets WHERE name = ?"
    return connection.execute(query, (name,)).fetchone() is not None


def _take_out(
    connection: sqlite3.Connection, bucket: str, key: str, condition: WriteCondition
) -> list[str]:
    """Check the condition on the present object; forget its layout; return its blob, if any."""
    query = "SELECT blob, etag FROM objects WHERE bucket = ? AND key = ?"
    row = connection.execute(query, (bucket, key)).fetchone()
    condition.check(bucket, key, row["etag"] if row else None)
    if row is None:
        return []
    connection.execute("DELETE FROM parts WHERE blob = ?", (row["blob"],))
    return [row["blob"]]
