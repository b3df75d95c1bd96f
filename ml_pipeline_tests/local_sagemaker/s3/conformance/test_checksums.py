"""Additional checksums: of whole objects, of parts, and of what was sent wrong."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from local_sagemaker.s3.crc import CRC32, CRC32C, CRC64NVME
from ml_pipeline_tests.local_sagemaker.s3.conformance.clients import ask, refusal
from ml_pipeline_tests.local_sagemaker.s3.conftest import BUCKET

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WHERE: dict[str, Any] = {"Bucket": BUCKET, "Key": "k"}
PIECES = [b"A" * (5 << 20), b"B" * (5 << 20), b"C" * 1000]

DIGESTS = {
    "CRC32": lambda data: CRC32.digest(CRC32.of(data)),
    "CRC32C": lambda data: CRC32C.digest(CRC32C.of(data)),
    "CRC64NVME": lambda data: CRC64NVME.digest(CRC64NVME.of(data)),
    "SHA1": lambda data: hashlib.sha1(data).digest(),
    "SHA256": lambda data: hashlib.sha256(data).digest(),
}


def of(algorithm: str, data: bytes) -> str:
    return base64.b64encode(DIGESTS[algorithm](data)).decode()


@pytest.mark.parametrize("algorithm", DIGESTS)
def test_of_an_object(s3: Any, port: int, algorithm: str) -> None:
    data, field = b"A" * 1024, f"Checksum{algorithm}"
    value = of(algorithm, data)
    right = {field: value}
    assert s3.put_object(**WHERE, Body=data, **right)[field] == value
    assert field not in s3.head_object(**WHERE)
    assert s3.head_object(**WHERE, ChecksumMode="ENABLED")[field] == value
    other = {field: of(algorithm, b"other")}
    assert refusal(s3.put_object, **WHERE, Body=data, **other) == (400, "BadDigest")
    for nonsense in ("bad", "YmFk", "", "=", "é"):
        wrong = {f"x_amz_checksum_{algorithm.lower()}": nonsense}
        refused = ask(port, "PUT", f"/{BUCKET}/k", data, **wrong)
        assert refused[:2] == (400, "InvalidRequest"), nonsense


@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [
        *((name, "COMPOSITE") for name in ("CRC32", "CRC32C", "SHA1", "SHA256")),
        *((name, "FULL_OBJECT") for name in ("CRC32", "CRC32C", "CRC64NVME")),
    ],
)
def test_of_an_upload_in_parts(s3: Any, algorithm: str, kind: str) -> None:
    field = f"Checksum{algorithm}"
    created = s3.create_multipart_upload(**WHERE, ChecksumAlgorithm=algorithm, ChecksumType=kind)
    assert (created["ChecksumAlgorithm"], created["ChecksumType"]) == (algorithm, kind)
    upload: dict[str, Any] = {**WHERE, "UploadId": created["UploadId"]}
    parts: list[dict[str, Any]] = []
    for number, piece in enumerate(PIECES, 1):
        value = of(algorithm, piece)
        sent = s3.upload_part(**upload, PartNumber=number, Body=piece, **{field: value})
        assert sent[field] == value
        parts.append({"PartNumber": number, "ETag": sent["ETag"], field: value})
    listed = s3.list_parts(**upload)
    assert [part[field] for part in listed["Parts"]] == [part[field] for part in parts]
    if kind == "FULL_OBJECT":
        whole = of(algorithm, b"".join(PIECES))
    else:
        whole = of(algorithm, b"".join(DIGESTS[algorithm](piece) for piece in PIECES)) + "-3"
    complete = {**upload, "MultipartUpload": {"Parts": parts}, "ChecksumType": kind}
    bad = refusal(s3.complete_multipart_upload, **complete, **{field: "bad"})
    assert bad == (400, "BadDigest")
    parts[0][field], kept = of(algorithm, b"other"), parts[0][field]
    assert refusal(s3.complete_multipart_upload, **complete) == (400, "InvalidPart")
    parts[0][field] = kept
    done = s3.complete_multipart_upload(**complete, **{field: whole})
    assert (done[field], done["ChecksumType"]) == (whole, kind)
    head = s3.head_object(**WHERE, ChecksumMode="ENABLED")
    assert (head[field], head["ChecksumType"]) == (whole, kind)
    assert s3.get_object(**WHERE, ChecksumMode="ENABLED")["Body"].read() == b"".join(PIECES)


@pytest.mark.parametrize(
    ("algorithm", "kind"), [("SHA256", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE")]
)
def test_of_kinds_that_do_not_exist(s3: S3Client, algorithm: Any, kind: Any) -> None:
    refused = refusal(
        s3.create_multipart_upload, **WHERE, ChecksumAlgorithm=algorithm, ChecksumType=kind
    )
    assert refused == (400, "InvalidRequest")
