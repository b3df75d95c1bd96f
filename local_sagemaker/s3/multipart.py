"""Multipart uploads: parts in any order, together, and one object in the end."""

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from local_sagemaker.s3.blobs import Blobs, BlobWriter
from local_sagemaker.s3.checksums import (
    STORED_ONLY,
    Digests,
    multipart_checksum,
    multipart_etag,
)
from local_sagemaker.s3.conditions import WriteCondition
from local_sagemaker.s3.errors import NoSuchKey, NoSuchUpload, S3Error
from local_sagemaker.s3.index import Index
from local_sagemaker.s3.names import check_key
from local_sagemaker.s3.records import (
    Attributes,
    Checksum,
    ChecksumType,
    ObjectInfo,
    Part,
    StoredObject,
    Upload,
)
from local_sagemaker.s3.uploads import UploadIndex

MAX_PARTS = 10_000
MIN_PART_SIZE = 5 << 20


@dataclass(frozen=True)
class PartClaim:
    """A part as the client names it when it completes an upload."""

    number: int
    etag: str
    checksum: str | None = None


@dataclass(frozen=True)
class Completion:
    """What a client says of the object that an upload is to become.

    Attributes:
        parts: The parts it consists of, by ascending number.
        checksum: The checksum it must have, if the client knows it.
        size: The size it must have, if the client knows it.
        condition: Checked against the object that is replaced.
    """

    parts: Sequence[PartClaim]
    checksum: Checksum | None
    size: int | None
    condition: WriteCondition


class MultipartUploads:
    """The uploads of one store.

    Args:
        blobs: Where the bytes go.
        index: Where completed objects go.
        uploads: Where uploads in progress are kept.
    """

    def __init__(self, blobs: Blobs, index: Index, uploads: UploadIndex) -> None:
        self._blobs = blobs
        self._index = index
        self._uploads = uploads

    def create(
        self,
        bucket: str,
        key: str,
        attributes: Attributes,
        algorithm: str | None = None,
        kind: ChecksumType | None = None,
    ) -> Upload:
        """Start an upload.

        Args:
            bucket: Where the object will be.
            key: What it will be called.
            attributes: What it will carry.
            algorithm: The checksum its parts will have.
            kind: The checksum it will have itself; None for the algorithm's default.

        Raises:
            S3Error: ``NoSuchBucket``, ``KeyTooLongError``; ``InvalidRequest`` for a kind that the
                algorithm cannot have.
        """
        check_key(key)
        if algorithm:
            kind = kind or ("FULL_OBJECT" if algorithm == "crc64nvme" else "COMPOSITE")
            crc = algorithm.startswith("crc")
            if (kind == "FULL_OBJECT" and not crc) or (kind, algorithm) == (
                "COMPOSITE",
                "crc64nvme",
            ):
                message = f"The {kind} checksum type cannot be used with the {algorithm} algorithm"
                raise S3Error("InvalidRequest", message)
        with self._blobs.create(Digests()) as blob:
            upload = Upload(blob.name, bucket, key, time.time(), attributes, algorithm, kind)
            blob.commit(lambda: self._uploads.add(upload))
        return upload

    def get(self, upload_id: str, bucket: str, key: str) -> Upload:
        """Find an upload in progress.

        Raises:
            S3Error: ``NoSuchUpload``, ``NoSuchBucket``.
        """
        self._index.bucket(bucket)
        return self._uploads.get(upload_id, bucket, key)

    def part_writer(self, upload: Upload, size: int, digests: Digests) -> BlobWriter:
        """Set space for a part aside and open it.

        Raises:
            NoSuchUpload: It was completed or aborted meanwhile.
        """
        offset = self._uploads.allocate(upload.id, size)
        try:
            return self._blobs.write_region(upload.id, offset, digests)
        except FileNotFoundError:
            raise NoSuchUpload(upload.id) from None

    def commit_part(
        self, upload: Upload, number: int, writer: BlobWriter, checksum: str | None
    ) -> Part:
        """Make what was written a part.

        Args:
            upload: The upload.
            number: 1 to 10,000.
            writer: From ``part_writer``; all bytes are written.
            checksum: Base64, by the upload's algorithm, verified by the caller.

        Raises:
            S3Error: ``NoSuchUpload``; ``InvalidRequest`` if the upload wants a checksum that is not
                there.
        """
        if upload.algorithm and not checksum:
            checksum = writer.digests.base64(upload.algorithm)
            if upload.algorithm in STORED_ONLY:
                message = f"The upload was started with {upload.algorithm}: send it with every part"
                raise S3Error("InvalidRequest", message)
        digests = writer.digests
        part = Part(number, writer.offset, digests.size, digests.etag, time.time(), checksum)
        writer.commit(lambda: self._uploads.put_part(upload.id, part))
        return part

    def complete(
        self, upload_id: str, bucket: str, key: str, completion: Completion
    ) -> StoredObject:
        """Make an upload an object; asked again, as after a lost answer, it answers the same.

        Raises:
            S3Error: ``NoSuchUpload``, ``InvalidPart``, ``InvalidPartOrder``, ``EntityTooSmall``,
                ``BadDigest``, ``InvalidRequest``, ``PreconditionFailed``; the upload then goes on.
        """
        try:
            return self._complete(upload_id, bucket, key, completion)
        except NoSuchUpload:
            done = self._completed_before(upload_id, bucket, key)
            if done is None:
                raise
            return done

    def abort(self, upload_id: str, bucket: str, key: str) -> None:
        """Forget an upload and its bytes.

        Raises:
            S3Error: ``NoSuchUpload``, ``NoSuchBucket``.
        """
        self._index.bucket(bucket)
        self._uploads.remove(upload_id, bucket, key)
        self._blobs.remove(upload_id)

    def parts(self, upload: Upload, after: int, limit: int) -> tuple[list[Part], bool]:
        """The parts of an upload whose numbers are above ``after``, and whether there are more."""
        parts = [part for part in self._index.parts(upload.id) if part.number > after]
        return parts[:limit], len(parts) > limit

    def scan(self, bucket: str, prefix: str, after: tuple[str, str], limit: int) -> list[Upload]:
        """Uploads in progress whose keys have a prefix, by key and id, after a (key, id).

        Raises:
            NoSuchBucket: The bucket does not exist.
        """
        self._index.bucket(bucket)
        return self._uploads.scan(bucket, prefix, after, limit)

    def _complete(
        self, upload_id: str, bucket: str, key: str, completion: Completion
    ) -> StoredObject:
        upload = self.get(upload_id, bucket, key)
        parts = _chosen_parts(completion.parts, self._index.parts(upload.id))
        stored = _agree(_assemble(upload, parts), completion)
        for blob in self._uploads.complete(stored, parts, completion.condition):
            self._blobs.remove(blob)
        return stored

    def _completed_before(self, upload_id: str, bucket: str, key: str) -> StoredObject | None:
        try:
            stored = self._index.get(bucket, key)
        except NoSuchKey:
            return None
        return stored if stored.blob == upload_id else None


def _chosen_parts(claims: Sequence[PartClaim], present: Sequence[Part]) -> list[Part]:
    """The parts that a client names."""
    numbers = [claim.number for claim in claims]
    if any(left >= right for left, right in itertools.pairwise(numbers)):
        raise S3Error("InvalidPartOrder")
    by_number = {part.number: part for part in present}
    chosen: list[Part] = []
    for claim in claims:
        part = by_number.get(claim.number)
        if part is None or claim.etag != part.etag or claim.checksum not in (None, part.checksum):
            raise S3Error("InvalidPart", PartNumber=str(claim.number), ETag=claim.etag)
        chosen.append(part)
    for part in chosen[:-1]:
        if part.size < MIN_PART_SIZE:
            details = {"ProposedSize": str(part.size), "MinSizeAllowed": str(MIN_PART_SIZE)}
            raise S3Error("EntityTooSmall", PartNumber=str(part.number), **details)
    return chosen


def _assemble(upload: Upload, parts: Sequence[Part]) -> StoredObject:
    info = ObjectInfo(
        bucket=upload.bucket,
        key=upload.key,
        size=sum(part.size for part in parts),
        etag=multipart_etag(parts),
        last_modified=time.time(),
        content_type=upload.attributes.content_type,
        metadata=upload.attributes.metadata,
    )
    checksum = None
    if upload.algorithm and upload.kind:
        checksum = multipart_checksum(upload.algorithm, upload.kind, parts)
    return StoredObject(info, upload.id, upload.attributes, checksum)


def _agree(stored: StoredObject, completion: Completion) -> StoredObject:
    """Hold the finished object against what the client says of it."""
    size, claim, known = stored.info.size, completion.checksum, stored.checksum
    if completion.size is not None and completion.size != size:
        message = f"The parts have {size} bytes, x-amz-mp-object-size says {completion.size}"
        raise S3Error("InvalidRequest", message)
    if claim is None:
        return stored
    if known is None:
        return replace(stored, checksum=claim if claim.kind == "FULL_OBJECT" else None)
    # Clients name a composite checksum with or without its number of parts.
    values = (known.value, known.value.partition("-")[0])
    if claim.algorithm == known.algorithm and claim.value not in values:
        raise S3Error("BadDigest")
    return stored
