"""Inputs that are not there, both kinds, on the local service."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from dagster_sagemaker import (
    JobRequest,
    PipesSageMakerProcessingClient,
    PipesSageMakerTrainingClient,
    SageMakerConnection,
    Upload,
)
from dagster_sagemaker.input_checks import check_inputs
from dagster_sagemaker.kinds import PROCESSING, TRAINING
from ml_pipeline_tests.dagster_sagemaker.conftest import QUICK
from ml_pipeline_tests.dagster_sagemaker.played_service import Ending, Job, PlayedService
from ml_pipeline_tests.dagster_sagemaker.test_lifecycle import failure, run_asset

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def processing_input(name: str, uri: str) -> dict[str, Any]:
    data = {
        "S3Uri": uri,
        "LocalPath": f"/opt/ml/processing/{name}",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    return {"InputName": name, "S3Input": data}


def channel(name: str, uri: str) -> dict[str, Any]:
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": {"S3Uri": uri, "S3DataType": "S3Prefix"}},
    }


@pytest.mark.parametrize("missing", ["raw/2013-01-02/", "raw/2013-01-02/a.csv"])
def test_a_processing_job_without_its_input_is_not_submitted(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    bucket: str,
    missing: str,
) -> None:
    # An input's address may hold templates, and is looked for as it is sent.
    uri = f"s3://{bucket}/{missing}".replace("2013-01-02", "{{ ds }}")
    request = {
        **processing_request,
        "ProcessingInputs": [processing_input("raw", uri), processing_input("again", uri)],
    }
    result, _ = run_asset(processing, request)
    message = failure(result)
    assert f"would find nothing at s3://{bucket}/{missing} (input raw, again)" in message
    assert "Nothing was submitted: the processing job for dataset[2013-01-02]" in message
    assert service.calls["CreateProcessingJob"] == 0


def test_a_training_job_names_all_that_is_missing(
    service: PlayedService,
    training: PipesSageMakerTrainingClient,
    training_request: dict[str, Any],
    bucket: str,
) -> None:
    channels = [
        channel("train", f"s3://{bucket}/train/"),
        channel("test", "s3://no-such-bucket-here/test/"),
    ]
    result, _ = run_asset(training, {**training_request, "InputDataConfig": channels})
    message = failure(result)
    assert f"s3://{bucket}/train/ (input train); s3://no-such-bucket-here/test/" in message
    assert service.calls["CreateTrainingJob"] == 0


def test_the_check_can_be_left_to_the_service(
    service: PlayedService,
    connection: SageMakerConnection,
    processing_request: dict[str, Any],
    write_outputs: Callable[[Job], None],
    bucket: str,
) -> None:
    client = PipesSageMakerProcessingClient(
        connection, bucket=bucket, polling=QUICK, check_inputs=False
    )
    service.endings.append(Ending(on_end=write_outputs))
    raw = processing_input("raw", f"s3://{bucket}/raw/")
    result, _ = run_asset(client, {**processing_request, "ProcessingInputs": [raw]})
    assert result.success


def test_each_address_is_looked_for_once_and_own_uploads_never(
    s3: "S3Client", service: PlayedService, bucket: str
) -> None:
    s3.put_object(Bucket=bucket, Key="raw/day", Body=b"1")
    raw, code = f"s3://{bucket}/raw/", f"s3://{bucket}/code/h/source/"
    parts = [processing_input(name, raw) for name in "abc"] + [processing_input("code", code)]
    service.faults.put("seen", "slow", operation="s3:*", seconds=1e-6)
    check_inputs(s3, PROCESSING, {"ProcessingInputs": parts}, [Upload(f"{code}x.py", b"")], "x")
    assert {fault["id"]: fault["hits"] for fault in service.faults.list()}["seen"] == 1


def test_what_only_the_job_may_read_is_not_missing(
    s3: "S3Client", service: PlayedService, bucket: str
) -> None:
    service.fail("s3:ListObjectsV2", "AccessDenied", status=403)
    channels = [
        channel("train", f"s3://{bucket}/train/"),
        channel("point", "s3://arn:aws:s3:us-east-1:123456789012:accesspoint/point/train/"),
        channel("web", "https://s3.amazonaws.com/bucket/train/"),
        {"ChannelName": "files", "DataSource": {"FileSystemDataSource": {"FileSystemId": "fs-1"}}},
    ]
    check_inputs(s3, TRAINING, {"InputDataConfig": channels}, [], "x")


def test_an_answer_that_says_nothing_is_a_failure(
    s3: "S3Client", service: PlayedService, bucket: str
) -> None:
    service.fail("s3:ListObjectsV2", "InternalError", status=500)
    channels = [channel("train", f"s3://{bucket}/train/")]
    with pytest.raises(dg.Failure, match=r"Could not look for s3://.*/train/: InternalError"):
        check_inputs(s3, TRAINING, {"InputDataConfig": channels}, [], "x")


def test_a_script_that_speaks_no_pipes_costs_no_request_for_it(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Callable[[Job], None],
    s3: "S3Client",
    bucket: str,
) -> None:
    service.endings.append(Ending(looks=5, on_end=write_outputs))
    service.faults.put("seen", "slow", operation="s3:*", seconds=1e-6, key_prefix="pipes/dataset")
    result, instance = run_asset(processing, JobRequest(processing_request, pipes=False))
    assert result.success
    assert service.faults.list()[0]["hits"] == 0
    events = [record.user_message for record in instance.all_logs(result.run_id)]
    assert not any("[pipes]" in text for text in events)
    environment = service.only_job.environment
    assert not [name for name in environment if name.startswith("DAGSTER_PIPES")]
