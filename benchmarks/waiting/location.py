"""The code location: an asset whose every partition is a job that sleeps."""

import os
from collections.abc import Iterator
from typing import Any

import dagster as dg

from benchmarks.connection import connect
from benchmarks.requests import IMAGE, ROLE
from dagster_sagemaker import (
    JobRequest,
    PipesSageMakerProcessingClient,
    build_completion_sensor,
)

PARTITIONS = int(os.environ.get("BENCHMARK_PARTITIONS", "200"))
SECONDS = int(os.environ.get("BENCHMARK_SECONDS", "20"))


def partition(number: int) -> str:
    """The key of a partition."""
    return f"p{number:05}"


@dg.asset(
    partitions_def=dg.StaticPartitionsDefinition([partition(n) for n in range(PARTITIONS)]),
    output_required=False,
)
def slept(
    context: dg.AssetExecutionContext, sagemaker: dg.ResourceParam[Any]
) -> Iterator[dg.MaterializeResult[None]]:
    """A partition: a job."""
    invocation = sagemaker.run(context=context, request=request())
    if not invocation.left_running:
        yield dg.MaterializeResult(metadata=invocation.job.metadata)


def request() -> JobRequest:
    """A job that sleeps, and writes nothing."""
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
    return JobRequest(
        {
            "RoleArn": ROLE,
            "AppSpecification": {
                "ImageUri": IMAGE,
                "ContainerEntrypoint": ["sleep", str(SECONDS)],
            },
            "ProcessingResources": {"ClusterConfig": cluster},
        }
    )


def build(url: str, *, wait: bool, queue: str | None) -> dg.Definitions:
    """The definitions, connected to a local service.

    Args:
        url: The service's.
        wait: Whether runs wait for their jobs.
        queue: Tells of jobs' ends.
    """
    connection = connect(url)
    return dg.Definitions(
        assets=[slept],
        jobs=[dg.define_asset_job("all_of_it", [slept])],
        sensors=[]
        if wait
        else [
            build_completion_sensor(
                target=dg.AssetSelection.all(), queue=queue, minimum_interval_seconds=5
            )
        ],
        resources={
            "aws": connection,
            "sagemaker": PipesSageMakerProcessingClient(
                connection, bucket="bench", wait_for_completion=wait
            ),
        },
        executor=dg.in_process_executor,
    )


defs = build(
    os.environ.get("BENCHMARK_URL", "http://127.0.0.1:1"),
    wait=os.environ.get("BENCHMARK_WAIT") != "false",
    queue=os.environ.get("BENCHMARK_QUEUE"),
)
