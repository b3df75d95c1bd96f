"""A real script that uses dagster_pipes, run as a job would run it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest
from dagster_pipes import decode_param

from dagster_sagemaker import (
    JobRequest,
    PipesSageMakerProcessingClient,
    SageMakerConnection,
)
from dagster_sagemaker.messages import PipesLocation
from ml_pipeline_tests.dagster_sagemaker.played_service import Ending, Job, PlayedService

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCRIPT = """
import boto3
from dagster_pipes import PipesS3ContextLoader, PipesS3MessageWriter, open_dagster_pipes

s3 = boto3.client("s3")
with open_dagster_pipes(
    context_loader=PipesS3ContextLoader(client=s3), message_writer=PipesS3MessageWriter(client=s3)
) as pipes:
    pipes.log.info(f"partition {pipes.partition_key}, extra {pipes.get_extra('speed')}")
    pipes.report_asset_materialization(metadata={"rows": 7})
"""


def test_a_real_script_gets_its_context_and_is_heard(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    tmp_path: Path,
) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    aws = {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": service.local.url,
    }

    def run_script(job: Job) -> None:
        environment = {**os.environ, **aws, **job.environment}
        subprocess.run([sys.executable, str(script)], env=environment, check=True)

    @dg.asset(partitions_def=dg.StaticPartitionsDefinition(["north"]))
    def asset(
        context: dg.AssetExecutionContext, sagemaker: PipesSageMakerProcessingClient
    ) -> dg.MaterializeResult[Any]:
        request = JobRequest(processing_request, optional_outputs=("train", "report"))
        invocation = sagemaker.run(context=context, request=request, extras={"speed": 9})
        return invocation.get_materialize_result(implicit_materialization=False)

    service.endings.append(Ending(on_end=run_script))
    instance = dg.DagsterInstance.ephemeral()
    result = dg.materialize(
        [asset], resources={"sagemaker": processing}, instance=instance, partition_key="north"
    )
    messages = [record.user_message for record in instance.all_logs(result.run_id)]
    assert "partition north, extra 9" in messages
    (event,) = result.asset_materializations_for_node("asset")
    assert event.metadata["rows"].value == 7
    assert event.metadata["job_name"].value == service.only_job.name


def test_the_longest_names_fit_into_a_processing_environment() -> None:
    # 63 characters is the longest bucket and the longest job; 256 the longest value.
    noise = "q7x1z9k3v5b8n2m4c6w0j" * 3
    location = PipesLocation(bucket=noise, key_prefix=f"pipes/{noise[::-1]}")
    assert all(len(value) <= 256 for value in location.environment().values())


def test_a_prefix_that_is_too_long_is_refused_before_anything_is_written(
    service: PlayedService,
    s3: "S3Client",
    connection: SageMakerConnection,
    processing_request: dict[str, Any],
    bucket: str,
) -> None:
    prefix = "/".join(os.urandom(8).hex() for _ in range(12))
    client = PipesSageMakerProcessingClient(connection, bucket=bucket, prefix=prefix)

    @dg.asset
    def asset(context: dg.AssetExecutionContext, sagemaker: dg.ResourceParam[Any]) -> None:
        sagemaker.run(context=context, request=processing_request)

    with pytest.raises(dg.Failure, match=r"Environment.DAGSTER_PIPES_MESSAGES: has \d+ characters"):
        dg.materialize([asset], resources={"sagemaker": client})
    assert service.calls["CreateProcessingJob"] == 0
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_a_session_opened_later_listens_where_the_job_writes() -> None:
    first = PipesLocation("bucket", "pipes/job-1")
    assert decode_param(first.environment()["DAGSTER_PIPES_MESSAGES"]) == {
        "bucket": "bucket",
        "key_prefix": "pipes/job-1",
    }
    assert PipesLocation("bucket", "pipes/job-1").environment() == first.environment()


def test_an_unwritable_bucket_is_named_and_nothing_is_submitted(
    service: PlayedService, connection: SageMakerConnection, processing_request: dict[str, Any]
) -> None:
    client = PipesSageMakerProcessingClient(connection, bucket="no-such-bucket-here")

    @dg.asset
    def asset(context: dg.AssetExecutionContext, sagemaker: dg.ResourceParam[Any]) -> None:
        sagemaker.run(context=context, request=processing_request)

    with pytest.raises(dg.Failure, match="Could not write s3://no-such-bucket-here/pipes/"):
        dg.materialize([asset], resources={"sagemaker": client})
    assert service.calls["CreateProcessingJob"] == 0
