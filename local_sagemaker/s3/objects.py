"""Objects: the index and the files behind it, kept in step."""

import time
from collections.abc import Mapping

from local_sagemaker.s3.blobs import Blobs, BlobWriter
from local_sagemaker.s3.checksums import Digests
from local_sagemaker.s3.conditions import UNCONDITIONAL, WriteCondition
from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.index import Index
from local_sagemaker.s3.listing import Listing, Page
from local_sagemaker.s3.names import check_key
from local_sagemaker.s3.reading import OpenObject
from local_sagemaker.s3.records import Attributes, Checksum, ObjectInfo, StoredObject


class Objects:
    """The objects of one store, with all that clients attach to them.

    A file is on the disk before the index names it, and goes after the index has let go of it. So
    whatever the index names is whole.

    Args:
        blobs: The files.
        index: What they are.
    """

    def __init__(self, blobs: Blobs, index: Index) -> None:
        self._blobs = blobs
        self._index = index

    def delete(self, bucket: str, key: str, condition: WriteCondition = UNCONDITIONAL) -> None:
        """Delete an object; one that does not exist is no error.

        Raises:
            S3Error: ``NoSuchBucket``, or as told by the condition.
        """
        for blob in self._index.delete(bucket, key, condition):
            self._blobs.remove(blob)

    def get(self, bucket: str, key: str) -> StoredObject:
        """Find an object, with what the client attached to it.

        Raises:
            S3Error: ``NoSuchBucket``, ``NoSuchKey``.
        """
        return self._index.get(bucket, key)

    def tag(self, bucket: str, key: str, tags: Mapping[str, str]) -> None:
        """Replace an object's tag set.

        Raises:
            S3Error: ``NoSuchBucket``, ``NoSuchKey``.
        """
        self._index.tag(bucket, key, tags)

    def page(self, bucket: str, listing: Listing, low: str, limit: int) -> Page:
        """One page of a listing.

        Args:
            bucket: Where to look.
            listing: What to list.
            low: The lowest key to list.
            limit: Entries at most.

        Raises:
            NoSuchBucket: The bucket does not exist.
        """
        self._index.bucket(bucket)
        return listing.page(lambda *span: self._index.scan(bucket, *span), low, limit)

    def open(self, bucket: str, key: str) -> OpenObject:
        """Open an object for reading; to be closed by the caller.

        Raises:
            S3Error: ``NoSuchBucket``, ``NoSuchKey``; ``InternalError`` if its file is lost.
        """
        missing = ""
        while True:
            stored = self._index.get(bucket, key)
            layout = self._index.layout(stored)
            try:
                return OpenObject(stored, self._blobs.open(stored.blob), layout)
            except FileNotFoundError as error:
                if stored.blob == missing:  # not replaced between the two steps: lost
                    message = f"The index names {error.filename}, which is not there"
                    raise S3Error("InternalError", message, BucketName=bucket, Key=key) from error
                missing = stored.blob

    def write(self, digests: Digests) -> BlobWriter:
        """Start to write an object; it is nothing until ``commit``, and gone if closed before."""
        return self._blobs.create(digests)

    def commit(
        self,
        writer: BlobWriter,
        bucket: str,
        key: str,
        attributes: Attributes,
        *,
        checksum: Checksum | None = None,
        condition: WriteCondition = UNCONDITIONAL,
    ) -> StoredObject:
        """Make what was written an object: atomically, in place of the one of the same key.

        Args:
            writer: From ``write``.
            bucket: Where it belongs.
            key: What it is called.
            attributes: What the client attaches.
            checksum: To be given back with it.
            condition: Checked together with the replacement.

        Raises:
            S3Error: ``NoSuchBucket``, ``KeyTooLongError``, or as told by the condition.
        """
        check_key(key)
        info = ObjectInfo(
            bucket=bucket,
            key=key,
            size=writer.digests.size,
            etag=writer.digests.etag,
            last_modified=time.time(),
            content_type=attributes.content_type,
            metadata=attributes.metadata,
        )
        stored = StoredObject(info, writer.name, attributes, checksum)
        for blob in writer.commit(lambda: self._index.put(stored, condition)):
            self._blobs.remove(blob)
        return stored
