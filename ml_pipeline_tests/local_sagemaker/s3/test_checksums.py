import base64
import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_sagemaker.s3.checksums import multipart_checksum, multipart_etag
from local_sagemaker.s3.crc import CRC32, CRC32C, CRC64NVME, Crc
from local_sagemaker.s3.records import Part


@pytest.mark.parametrize(
    ("crc", "check"),
    [(CRC32, 0xCBF43926), (CRC32C, 0xE3069283), (CRC64NVME, 0xAE8B14860A799888)],
)
def test_check_values_of_the_crc_catalogue(crc: Crc, check: int) -> None:
    assert crc.of(b"123456789") == check
    assert crc.join([(crc.of(b"1234"), 4), (crc.of(b""), 0), (crc.of(b"56789"), 5)]) == check


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_joined_crcs_are_the_crc_of_the_whole(blocks: list[bytes]) -> None:
    whole = zlib.crc32(b"".join(blocks))
    assert CRC32.join((zlib.crc32(block), len(block)) for block in blocks) == whole
    running = 0
    for block in blocks:
        running = CRC32.of(block, running)
    assert running == whole


def _part(data: bytes, checksum: bytes | None) -> Part:
    text = None if checksum is None else base64.b64encode(checksum).decode()
    return Part(1, 0, len(data), hashlib.md5(data).hexdigest(), 0.0, text)


def test_composite_checksums_and_etags() -> None:
    data = [b"one", b"two"]
    parts = [_part(each, hashlib.sha256(each).digest()) for each in data]
    composite = hashlib.sha256(b"".join(hashlib.sha256(each).digest() for each in data)).digest()
    checksum = multipart_checksum("sha256", "COMPOSITE", parts)
    assert checksum is not None
    assert checksum.value == base64.b64encode(composite).decode() + "-2"
    md5s = b"".join(hashlib.md5(each).digest() for each in data)
    assert multipart_etag(parts) == hashlib.md5(md5s).hexdigest() + "-2"


def test_a_composite_crc_is_the_crc_of_the_parts_crcs() -> None:
    parts = [_part(each, CRC32C.digest(CRC32C.of(each))) for each in (b"one", b"two")]
    checksum = multipart_checksum("crc32c", "COMPOSITE", parts)
    joined = b"".join(CRC32C.digest(CRC32C.of(each)) for each in (b"one", b"two"))
    assert checksum is not None
    assert base64.b64decode(checksum.value.removesuffix("-2")) == CRC32C.digest(CRC32C.of(joined))


def test_what_cannot_be_known_is_not_made_up() -> None:
    assert multipart_checksum("crc32", "COMPOSITE", [_part(b"", None)]) is None
    assert multipart_checksum("xxhash64", "COMPOSITE", [_part(b"", b"12345678")]) is None
