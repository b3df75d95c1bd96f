"""The object store: what jobs and the HTTP service both use."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from local_sagemaker.s3.blobs import Blobs
from local_sagemaker.s3.checksums import Digests
from local_sagemaker.s3.errors import NoSuchBucket
from local_sagemaker.s3.index import Index
from local_sagemaker.s3.listing import Listing
from local_sagemaker.s3.multipart import MultipartUploads
from local_sagemaker.s3.names import check_bucket_name, check_key
from local_sagemaker.s3.objects import Objects
from local_sagemaker.s3.reading import CHUNK
from local_sagemaker.s3.records import (
    DEFAULT_CONTENT_TYPE,
    Attributes,
    BucketInfo,
    ObjectInfo,
    StoredObject,
)
from local_sagemaker.s3.schema import prepare
from local_sagemaker.s3.uploads import UploadIndex
from local_sagemaker.sqlite_file import SqliteFile

__all__ = ["ObjectInfo", "ObjectStore"]

_PAGE = 1000


class ObjectStore:
    """Buckets and objects in a folder: an SQLite index, and a file per object.

    Any number of processes and threads may open one folder at once. What a method has returned for
    is on the disk.

    Args:
        root: The folder; created, for this user alone, if absent.

    Attributes:
        objects: Objects with all that clients attach to them.
        uploads: Multipart uploads.
    """

    def __init__(self, root: Path) -> None:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        database = SqliteFile(root / "index.db", prepare)
        self.root = root
        self._index = Index(database)
        self._blobs = Blobs(root / "blobs")
        self.objects = Objects(self._blobs, self._index)
        self.uploads = MultipartUploads(self._blobs, self._index, UploadIndex(database))

    def create_bucket(self, bucket: str, location: str = "") -> None:
        """Create a bucket; in us-east-1 (no location) one that exists is left as it is.

        Raises:
            S3Error: ``InvalidBucketName``, ``BucketAlreadyOwnedByYou``.
        """
        check_bucket_name(bucket)
        self._index.create_bucket(bucket, location)

    def delete_bucket(self, bucket: str) -> None:
        """Delete an empty bucket; its uploads in progress are aborted.

        Raises:
            S3Error: ``NoSuchBucket``, ``BucketNotEmpty``.
        """
        for blob in self._index.delete_bucket(bucket):
            self._blobs.remove(blob)

    def bucket_exists(self, bucket: str) -> bool:
        """Whether there is such a bucket."""
        try:
            self._index.bucket(bucket)
        except NoSuchBucket:
            return False
        return True

    def bucket(self, bucket: str) -> BucketInfo:
        """Find a bucket.

        Raises:
            NoSuchBucket: It does not exist.
        """
        return self._index.bucket(bucket)

    def list_buckets(self) -> list[BucketInfo]:
        """All buckets, by name."""
        return self._index.buckets()

    def tag_bucket(self, bucket: str, tags: Mapping[str, str]) -> None:
        """Replace a bucket's tag set.

        Raises:
            NoSuchBucket: It does not exist.
        """
        self._index.tag_bucket(bucket, tags)

    def put_file(
        self,
        bucket: str,
        key: str,
        source: Path,
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> ObjectInfo:
        """Store a copy of a file.

        Raises:
            S3Error: ``NoSuchBucket``, ``KeyTooLongError``.
            OSError: The source cannot be read, or the disk is full.
        """
        with source.open("rb", buffering=0) as file:
            chunks = iter(lambda: file.read(CHUNK), b"")
            return self._put(bucket, key, chunks, content_type, metadata)

    def put_bytes(
        self,
        bucket: str,
        key: str,
        data: bytes,
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> ObjectInfo:
        """Store bytes.

        Raises:
            S3Error: ``NoSuchBucket``, ``KeyTooLongError``.
            OSError: The disk is full.
        """
        return self._put(bucket, key, iter([data]), content_type, metadata)

    def head(self, bucket: str, key: str) -> ObjectInfo:
        """Find an object.

        Raises:
            S3Error: ``NoSuchBucket``, ``NoSuchKey``.
        """
        return self.objects.get(bucket, key).info

    def read_bytes(self, bucket: str, key: str) -> bytes:
        """Read an object into memory.

        Raises:
            S3Error: ``NoSuchBucket``, ``NoSuchKey``.
        """
        with self.objects.open(bucket, key) as opened:
            return b"".join(opened.chunks(opened.whole))

    def copy_out(self, bucket: str, key: str, destination: Path) -> ObjectInfo:
        """Write an object to a file of the caller's own: a copy, never a link.

        Args:
            bucket: Where the object is.
            key: Its key.
            destination: Replaced if it exists; its folder is created if absent.

        Raises:
            S3Error: ``NoSuchBucket``, ``NoSuchKey``.
            OSError: The disk is full, or the destination cannot be written.
        """
        with self.objects.open(bucket, key) as opened:
            destination.parent.mkdir(parents=True, exist_ok=True)
            destination.unlink(missing_ok=True)
            with destination.open("xb", buffering=0) as file:
                opened.copy_to(file)
            return opened.stored.info

    def list(
        self, bucket: str, prefix: str = "", *, start_after: str = "", limit: int | None = None
    ) -> Iterator[ObjectInfo]:
        """The objects whose keys begin with a text, in UTF-8 byte order of the keys.

        Args:
            bucket: Where to look.
            prefix: A plain text; it need not end at a ``/``.
            start_after: Leave out this key and all before it.
            limit: How many to give at most.

        Raises:
            NoSuchBucket: The bucket does not exist.
        """
        listing = Listing(prefix)
        position: str | None = listing.after(start_after)
        self._index.bucket(bucket)
        while position is not None and limit != 0:
            count = _PAGE if limit is None else min(limit, _PAGE)
            page = self.objects.page(bucket, listing, position, count)
            yield from (entry.info for entry in page.entries if isinstance(entry, StoredObject))
            position, limit = page.next_key, None if limit is None else limit - count

    def delete(self, bucket: str, key: str) -> None:
        """Delete an object; one that does not exist is no error.

        Raises:
            NoSuchBucket: The bucket does not exist.
        """
        self.objects.delete(bucket, key)

    def sweep(self) -> int:
        """Remove the files that killed writers left; safe at any time, also while others write.

        Returns:
            How many there were.
        """
        return self._blobs.sweep(self._index.names_blob)

    def _put(
        self,
        bucket: str,
        key: str,
        chunks: Iterator[bytes],
        content_type: str | None,
        metadata: Mapping[str, str] | None,
    ) -> ObjectInfo:
        check_key(key)
        self._index.bucket(bucket)
        attributes = Attributes(content_type or DEFAULT_CONTENT_TYPE, dict(metadata or {}))
        with self.objects.write(Digests()) as writer:
            for chunk in chunks:
                writer.write(chunk)
            return self.objects.commit(writer, bucket, key, attributes).info
