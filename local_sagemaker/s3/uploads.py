"""Multipart uploads in the index: which are in progress, and which parts they have."""

from collections.abc import Sequence

from local_sagemaker.s3.conditions import WriteCondition
from local_sagemaker.s3.errors import NoSuchUpload
from local_sagemaker.s3.index import put_object, require_bucket
from local_sagemaker.s3.listing import key_after_prefix
from local_sagemaker.s3.records import Part, StoredObject, Upload
from local_sagemaker.s3.rows import (
    insert,
    part_to_row,
    upload_from_row,
    upload_to_row,
)
from local_sagemaker.sqlite_file import SqliteFile


class UploadIndex:
    """Uploads in progress.

    All parts of an upload go into one blob, each into a region of its own that is set aside before
    the part is written. So parts may arrive together and in any order, and to complete an upload no
    byte is moved: the chosen parts become the layout of the object. A part that is sent again
    leaves a hole in the file.

    Args:
        database: Where they are kept.
    """

    def __init__(self, database: SqliteFile) -> None:
        self._database = database

    def add(self, upload: Upload) -> None:
        """Add an upload.

        Raises:
            NoSuchBucket: Its bucket does not exist.
        """
        with self._database.transaction() as connection:
            require_bucket(connection, upload.bucket)
            insert(connection, "uploads", upload_to_row(upload))

    def get(self, upload_id: str, bucket: str, key: str) -> Upload:
        """Find an upload.

        Raises:
            NoSuchUpload: It is not in progress, or not of this bucket and key.
        """
        query = "SELECT * FROM uploads WHERE id = ? AND bucket = ? AND key = ?"
        row = self._database.connection().execute(query, (upload_id, bucket, key)).fetchone()
        if row is None:
            raise NoSuchUpload(upload_id)
        return upload_from_row(row)

    def allocate(self, upload_id: str, size: int) -> int:
        """Set a region of the upload's blob aside.

        Returns:
            Its offset.

        Raises:
            NoSuchUpload: It is not in progress.
        """
        with self._database.transaction() as connection:
            query = "SELECT allocated FROM uploads WHERE id = ?"
            row = connection.execute(query, (upload_id,)).fetchone()
            if row is None:
                raise NoSuchUpload(upload_id)
            query = "UPDATE uploads SET allocated = allocated + ? WHERE id = ?"
            connection.execute(query, (size, upload_id))
        offset: int = row["allocated"]
        return offset

    def put_part(self, upload_id: str, part: Part) -> None:
        """Add a part, in place of the one of the same number.

        Raises:
            NoSuchUpload: The upload was completed or aborted meanwhile.
        """
        with self._database.transaction() as connection:
            query = "SELECT 1 FROM uploads WHERE id = ?"
            if connection.execute(query, (upload_id,)).fetchone() is None:
                raise NoSuchUpload(upload_id)
            insert(connection, "parts", part_to_row(upload_id, part))

    def complete(
        self, stored: StoredObject, parts: Sequence[Part], condition: WriteCondition
    ) -> list[str]:
        """Turn an upload into an object that consists of some of its parts.

        Args:
            stored: The object; its blob is the upload.
            parts: The parts it consists of, as they were read from the index.
            condition: Checked against the object that is replaced.

        Returns:
            The blobs that are no longer needed.

        Raises:
            S3Error: ``NoSuchUpload``, ``NoSuchBucket``, ``PreconditionFailed``, ``NoSuchKey``; the
                upload then goes on.
        """
        with self._database.transaction() as connection:
            left = put_object(connection, stored, condition)
            cursor = connection.execute("DELETE FROM uploads WHERE id = ?", (stored.blob,))
            if cursor.rowcount == 0:
                raise NoSuchUpload(stored.blob)
            connection.execute("DELETE FROM parts WHERE blob = ?", (stored.blob,))
            for part in parts:
                insert(connection, "parts", part_to_row(stored.blob, part))
        return left

    def remove(self, upload_id: str, bucket: str, key: str) -> None:
        """Forget an upload and its parts.

        Raises:
            NoSuchUpload: It is not in progress, or not of this bucket and key.
        """
        with self._database.transaction() as connection:
            query = "DELETE FROM uploads WHERE id = ? AND bucket = ? AND key = ?"
            if connection.execute(query, (upload_id, bucket, key)).rowcount == 0:
                raise NoSuchUpload(upload_id)
            connection.execute("DELETE FROM parts WHERE blob = ?", (upload_id,))

    def scan(self, bucket: str, prefix: str, after: tuple[str, str], limit: int) -> list[Upload]:
        """Uploads in progress in a bucket, by key and id.

        Args:
            bucket: Where to look.
            prefix: Only keys that begin with it.
            after: Key and id to begin after.
            limit: How many to return at most.
        """
        query = "SELECT * FROM uploads WHERE bucket = ? AND key >= ? AND (key, id) > (?, ?)"
        values: list[str | int] = [bucket, prefix, *after]
        high = key_after_prefix(prefix)
        if high is not None:
            query += " AND key < ?"
            values.append(high)
        query += " ORDER BY key, id LIMIT ?"
        rows = self._database.connection().execute(query, (*values, limit))
        return [upload_from_row(row) for row in rows]
