"""MD5 and S3's additional checksums.

CRCs and hashes are verified; of the other algorithms (``STORED_ONLY``) the value that the client
sent is kept and given back, so that the client itself finds a difference when it reads.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from typing import Protocol

from local_sagemaker.s3.crc import CRC32, CRC32C, CRC64NVME, Crc
from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.records import Checksum, ChecksumType, Part

DIGEST_BYTES = {
    "crc32": 4,
    "crc32c": 4,
    "crc64nvme": 8,
    "md5": 16,
    "sha1": 20,
    "sha256": 32,
    "sha512": 64,
    "xxhash64": 8,
    "xxhash3": 8,
    "xxhash128": 16,
}
ALGORITHMS = frozenset(DIGEST_BYTES)
STORED_ONLY = frozenset({"xxhash64", "xxhash3", "xxhash128"})
COMPUTED = ALGORITHMS - STORED_ONLY

_CRCS: dict[str, Crc] = {"crc32": CRC32, "crc32c": CRC32C, "crc64nvme": CRC64NVME}


class _Hash(Protocol):
    def update(self, data: memoryview, /) -> None: ...
    def digest(self) -> bytes: ...


class _RunningCrc:
    def __init__(self, crc: Crc) -> None:
        self._crc = crc
        self._value = 0

    def update(self, data: memoryview, /) -> None:
        self._value = self._crc.of(data, self._value)

    def digest(self) -> bytes:
        return self._crc.digest(self._value)


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
        whole = crc.digest(crc.join(blocks))
        return Checksum(algorithm, base64.b64encode(whole).decode(), kind)
    if algorithm not in COMPUTED:
        return None
    hasher = _new_hash(algorithm)
    hasher.update(memoryview(b"".join(digests)))
    return Checksum(algorithm, f"{base64.b64encode(hasher.digest()).decode()}-{len(parts)}", kind)


def _new_hash(algorithm: str) -> _Hash:
    if algorithm in _CRCS:
        return _RunningCrc(_CRCS[algorithm])
    return hashlib.new(algorithm, usedforsecurity=False)
