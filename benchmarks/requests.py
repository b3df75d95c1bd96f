"""What jobs cost in requests, and how soon their ends are seen, at the pace meant for AWS.

For processing and training jobs that are over at once, after 20 and after 95 seconds, and whose
scripts write a line a second and send no Pipes messages, prints how many requests a Dagster run
makes to SageMaker and CloudWatch Logs together, to S3 and to CloudWatch's metrics, and how long
after a job's end it has seen that.

Requests are counted by the local service: a fault that makes each one a microsecond late says how
often it has struck, retries included.
"""

import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import dagster as dg

from benchmarks.connection import connect
from dagster_sagemaker import (
    JobRequest,
    PipesSageMakerProcessingClient,
    PipesSageMakerTrainingClient,
    SageMakerConnection,
)
from local_sagemaker.daemon import control
from local_sagemaker.faults.client import FaultsClient

IMAGE = "081325390199.dkr.ecr.us-east-1.amazonaws.com/sagemaker-base-python-310:1.0"
ROLE = "arn:aws:iam::000000000000:role/benchmark"
SECONDS = (0, 20, 95)
COUNTED = ("sagemaker", "logs", "s3", "monitoring")


def main() -> None:
    """Measure and print; arguments are lengths of jobs in seconds, instead of those above."""
    lengths = [int(argument) for argument in sys.argv[1:]] or SECONDS
    with tempfile.TemporaryDirectory() as folder:
        endpoint = control.ensure_started(Path(folder), 0)
        try:
            connection = connect(endpoint.url)
            connection.client("s3").create_bucket(Bucket="bench")
            faults = FaultsClient(endpoint.port)
            for kind in ("processing", "training"):
                measure(connection, faults, kind, 0)  # builds what stands in for the image
            head = f"{'':28}{'SageMaker':>10}{'Logs':>6}{'both':>6}{'S3':>6}{'metrics':>9}"
            print(f"{head}{'seen after, s':>15}")
            for seconds in lengths:
                for kind in ("processing", "training"):
                    counts, seen = measure(connection, faults, kind, seconds)
                    sagemaker, logs, s3, metrics = (counts[service] for service in COUNTED)
                    print(
                        f"{f'{kind} job of {seconds} s':28}{sagemaker:10}{logs:6}"
                        f"{sagemaker + logs:6}{s3:6}{metrics:9}{seen:15.2f}"
                    )
        finally:
            control.stop(Path(folder))


def measure(
    connection: SageMakerConnection, faults: FaultsClient, kind: str, seconds: int
) -> tuple[dict[str, int], float]:
    """Run one job; the requests by service, and the seconds from its end to that being seen.

    Args:
        connection: To the service.
        faults: Of the service; they count.
        kind: ``processing`` or ``training``.
        seconds: How long the job takes.
    """
    client_type = (
        PipesSageMakerProcessingClient if kind == "processing" else PipesSageMakerTrainingClient
    )
    client: Any = client_type(connection, bucket="bench")
    request = processing(seconds) if kind == "processing" else training(seconds)
    seen: list[float] = []
    events = connection.client("sagemaker").meta.events

    def note(parsed: dict[str, Any], **_: Any) -> None:
        if parsed.get(f"{kind.title()}JobStatus") == "Completed" and not seen:
            seen.append(time.time() - parsed[f"{kind.title()}EndTime"].timestamp())

    @dg.asset(name=f"asset_{uuid.uuid4().hex[:8]}")
    def asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        job = client.run(context=context, request=request).job
        return dg.MaterializeResult(metadata=job.metadata)

    start_counting(faults)
    event = f"after-call.sagemaker.Describe{kind.title()}Job"
    events.register(event, note)
    try:
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        dg.materialize([asset], run_config=quiet)
    finally:
        events.unregister(event, note)
    return counted(faults), seen[0]


def start_counting(faults: FaultsClient) -> None:
    """Count the requests from now on."""
    for service in COUNTED:
        faults.put(service, "slow", operation=f"{service}:*", seconds=1e-6)


def counted(faults: FaultsClient) -> dict[str, int]:
    """The requests since then, by service."""
    return {fault["id"]: fault["hits"] for fault in faults.list()}


def _script(seconds: int) -> str:
    return f"echo begun; for i in $(seq {seconds}); do sleep 1; echo line $i; done"


def processing(seconds: int) -> JobRequest:
    """A processing job that writes a line a second, and one file."""
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
    output = {
        "S3Uri": "s3://bench/{{ job_name }}/out",
        "LocalPath": "/opt/ml/processing/out",
        "S3UploadMode": "EndOfJob",
    }
    entrypoint = ["bash", "-c", f"{_script(seconds)}; echo 1 > /opt/ml/processing/out/rows.csv"]
    return JobRequest(
        {
            "RoleArn": ROLE,
            "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": entrypoint},
            "ProcessingResources": {"ClusterConfig": cluster},
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": output}]},
        }
    )


def training(seconds: int) -> JobRequest:
    """A training job that writes a line a second, and a model."""
    entrypoint = ["bash", "-c", f"{_script(seconds)}; echo 1 > /opt/ml/model/weights"]
    return JobRequest(
        {
            "RoleArn": ROLE,
            "AlgorithmSpecification": {
                "TrainingImage": IMAGE,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": entrypoint,
            },
            "OutputDataConfig": {"S3OutputPath": "s3://bench/models"},
            "ResourceConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 1,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        }
    )


if __name__ == "__main__":
    main()
