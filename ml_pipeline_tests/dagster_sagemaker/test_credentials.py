"""Credentials that run out at whichever request, on the local service."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from dagster_sagemaker import (
    JobRequest,
    PipesSageMakerProcessingClient,
    SageMakerConnection,
    Upload,
)
from ml_pipeline_tests.dagster_sagemaker.conftest import QUICK
from ml_pipeline_tests.dagster_sagemaker.played_service import Ending, Job, PlayedService
from ml_pipeline_tests.dagster_sagemaker.test_lifecycle import failure, log_lines, run_asset

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

EXPIRED = {
    "code": "ExpiredTokenException",
    "message": "The security token included in the request is expired",
    "status": 400,
}

BEFORE_THE_JOB = {
    "the first look": {"operation": "DescribeProcessingJob"},
    "the claim": {"operation": "s3:PutObject", "key_prefix": "pipes/claims/"},
    "the upload": {"operation": "s3:PutObject", "key_prefix": "code/"},
    "the look for an input": {"operation": "s3:ListObjectsV2"},
    "the context": {"operation": "s3:PutObject", "key_prefix": "pipes/dataset"},
}

AFTER_IT = {
    "the look at the outputs": {"operation": "s3:ListObjectsV2"},
    "the report": {"operation": "s3:GetObject", "key_prefix": "out/"},
}


@pytest.fixture
def work(processing_request: dict[str, Any], bucket: str, s3: "S3Client") -> JobRequest:
    """A job with an upload and an input."""
    s3.put_object(Bucket=bucket, Key="raw/day", Body=b"1")
    data = {
        "S3Uri": f"s3://{bucket}/raw/",
        "LocalPath": "/opt/ml/processing/raw",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    request = {**processing_request, "ProcessingInputs": [{"InputName": "raw", "S3Input": data}]}
    return JobRequest(request, uploads=(Upload(f"s3://{bucket}/code/x", b"x"),))


def expire(
    service: PlayedService, moment: str, write_outputs: Callable[[Job], None], **times: int
) -> None:
    """Let the credentials run out at a moment of the next job."""

    def end(job: Job) -> None:
        write_outputs(job)
        if moment in AFTER_IT:
            service.faults.add("error", **EXPIRED, **AFTER_IT[moment], **times)

    service.endings.append(Ending(on_end=end))
    if moment in BEFORE_THE_JOB:
        service.faults.add("error", **EXPIRED, **BEFORE_THE_JOB[moment], **times)


@pytest.mark.parametrize("moment", [*BEFORE_THE_JOB, *AFTER_IT])
def test_credentials_that_are_renewed_in_time_cost_nothing(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    work: JobRequest,
    write_outputs: Callable[[Job], None],
    moment: str,
) -> None:
    expire(service, moment, write_outputs, times=3)
    result, instance = run_asset(processing, work)
    assert result.success
    assert service.faults.list()[0]["hits"] == 3
    assert service.calls["CreateProcessingJob"] == 1
    lines = log_lines(result, instance)
    assert sum("credentials in use are refused" in line for line in lines) == 1


@pytest.mark.parametrize("moment", [*BEFORE_THE_JOB, *AFTER_IT])
def test_credentials_that_stay_out_are_named_and_submit_nothing(
    service: PlayedService,
    connection: SageMakerConnection,
    bucket: str,
    work: JobRequest,
    write_outputs: Callable[[Job], None],
    moment: str,
) -> None:
    expire(service, moment, write_outputs)
    client = PipesSageMakerProcessingClient(
        connection, bucket=bucket, polling=QUICK, max_credentials_wait_seconds=0.1
    )
    result, _ = run_asset(client, work)
    message = failure(result)
    assert "The credentials in use were refused for max_credentials_wait_seconds=0.1: " in message
    assert "renew them, then re-execute this run" in message
    assert service.calls["CreateProcessingJob"] == (moment in AFTER_IT)
