import gzip
import io
import json
import tarfile
from typing import TYPE_CHECKING

import dagster as dg
import pytest

from dagster_sagemaker import S3Object, S3Output
from dagster_sagemaker.kinds import PROCESSING, TRAINING
from dagster_sagemaker.report import read_report

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def processing_output(s3: "S3Client", bucket: str, body: bytes) -> dict[str, S3Output]:
    s3.put_object(Bucket=bucket, Key="out/report/report.json", Body=body)
    found = S3Object("out/report/report.json", len(body), "etag")
    return {"report": S3Output(f"s3://{bucket}/out/report/", (found,))}


def training_output(s3: "S3Client", bucket: str, body: bytes) -> dict[str, S3Output]:
    s3.put_object(Bucket=bucket, Key="output.tar.gz", Body=body)
    found = S3Object("output.tar.gz", len(body), "etag")
    return {"output": S3Output(f"s3://{bucket}/output.tar.gz", (found,))}


def archive(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def test_a_training_report_is_found_behind_other_files(s3: "S3Client", bucket: str) -> None:
    body = archive(**{"big.bin": b"x" * 100_000, "report.json": json.dumps({"a": 1}).encode()})
    assert read_report(s3, TRAINING, training_output(s3, bucket, body)) == {"a": 1}


def test_a_job_without_a_report_has_none(s3: "S3Client", bucket: str) -> None:
    assert read_report(s3, PROCESSING, {}) is None
    assert read_report(s3, TRAINING, {}) is None
    other = archive(**{"deep/report.json": b"{}"})
    assert read_report(s3, TRAINING, training_output(s3, bucket, other)) is None


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\x00", b"[1]", b"0.93", b"null"])
def test_a_report_that_is_garbage_is_named(s3: "S3Client", bucket: str, body: bytes) -> None:
    with pytest.raises(dg.Failure, match=r"report\.json") as caught:
        read_report(s3, PROCESSING, processing_output(s3, bucket, body))
    assert caught.value.allow_retries is False


@pytest.mark.parametrize(
    "body",
    [b"not gzip", b"", gzip.compress(b"not tar"), archive(**{"report.json": b"{}" * 999})[:-20]],
    ids=["not gzip", "empty", "not tar", "cut short"],
)
def test_an_archive_that_is_garbage_is_named(s3: "S3Client", bucket: str, body: bytes) -> None:
    with pytest.raises(dg.Failure, match=r"output\.tar\.gz"):
        read_report(s3, TRAINING, training_output(s3, bucket, body))
