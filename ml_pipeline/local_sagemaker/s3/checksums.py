"""MD5 and S3's additional checksums.

What zlib and hashlib compute is verified; of the other algorithms (``STORED_ONLY``) the value that
the client sent is kept and given back, so that the client itself finds a difference when it reads.
"""

import base64
import binascii
import hashlib
import zlib
from collections.abc import Iterable, Sequence
from typing import Protocol

from ml_pipeline.local_sagemaker.s3.crc import CRC32, CRC32C, CRC64NVME, Crc
from ml_pipeline.local_sagemaker.s3.errors import S3Error
from ml_pipeline.local_sagemaker.s3.records import Checksum, ChecksumType, Part

COMPUTED = frozenset({"crc32", "md5", "sha1", "sha256", "sha512"})
STORED_ONLY = frozenset({"crc32c", "crc64nvme", "xxhash64", "xxhash3", "xxhash128"})
ALGORITHMS = COMPUTED | STORED_ONLY

_CRCS: dict[str, Crc] = {"crc32": CRC32, "crc32c": CRC32C, "crc64nvme": CRC64NVME}


class _Hash(Protocol):
    def update(self, data: memoryview, /) -> None: ...
    def digest(self) -> bytes: ...


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: memoryview, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


class Digests:
    """Several digests of one stream.

    Args:
        algorithms: Besides MD5, which is always computed, as it is the ETag; those not in
            ``COMPUTED`` are skipped.
    """

    def __init__(self, algorithms: Iterable[str] = ()) -> None:
        self._hashes: dict[str, _Hash] = {
            name: _new_hash(name) for name in {"md5", *algorithms} & COMPUTED
        }
        self.size = 0

    def update(self, data: memoryview) -> None:
        """Add bytes."""
        self.size += len(data)
        for each in self._hashes.values():
            each.update(data)

    def digest(self, algorithm: str) -> bytes | None:
        """The raw digest, or None if this algorithm is not being computed."""
        found = self._hashes.get(algorithm)
        return found.digest() if found else None

    def base64(self, algorithm: str) -> str | None:
        """The digest as S3's headers write it, or None if this algorithm is not being computed."""
        digest = self.digest(algorithm)
        return None if digest is None else base64.b64encode(digest).decode()

    @property
    def etag(self) -> str:
        """The MD5 in hex."""
        return self._hashes["md5"].digest().hex()


def decode_digest(text: str, *, code: str = "InvalidRequest") -> bytes:
    """Decode a digest from a header.

    Raises:
        S3Error: With ``code``, if it is no base64.
    """
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise S3Error(code, f"{text!r} is not a valid base64 digest") from None


def multipart_etag(parts: Sequence[Part]) -> str:
    """The ETag of an object uploaded in parts: the MD5 of their MD5s, and their number."""
    joined = b"".join(bytes.fromhex(part.etag) for part in parts)
    return f"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(parts)}"


def multipart_checksum(
    algorithm: str, kind: ChecksumType, parts: Sequence[Part]
) -> Checksum | None:
    """The checksum of an object from its parts' checksums.

    Args:
        algorithm: Of the upload.
        kind: ``COMPOSITE``, the checksum of the parts' digests; or ``FULL_OBJECT``, which only CRCs
            allow.
        parts: In order.

    Returns:
        None if it cannot be known: a part has none, or the algorithm is not computed here.
    """
    digests = [decode_digest(part.checksum) for part in parts if part.checksum]
    if len(digests) < len(parts):
        return None
    crc = _CRCS.get(algorithm)
    if kind == "FULL_OBJECT":
        if crc is None:
            return None
        blocks = ((int.from_bytes(d, "big"), p.size) for d, p in zip(digests, parts, strict=True))
        whole = crc.join(blocks).to_bytes(crc.width // 8, "big")
        return Checksum(algorithm, base64.b64encode(whole).decode(), kind)
    joined = b"".join(digests)
    if algorithm in COMPUTED:
        hasher = _new_hash(algorithm)
        hasher.update(memoryview(joined))
        digest = hasher.digest()
    elif crc is not None:
        digest = crc.of(joined).to_bytes(crc.width // 8, "big")
    else:
        return None
    return Checksum(algorithm, f"{base64.b64encode(digest).decode()}-{len(parts)}", kind)


def _new_hash(algorithm: str) -> _Hash:
    if algorithm == "crc32":
        return _Crc32()
    return hashlib.new(algorithm, usedforsecurity=False)
