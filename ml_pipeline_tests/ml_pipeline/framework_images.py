"""The optional assets on a local service that builds what stands in for images."""

import io
import tarfile
from typing import Any

import dagster as dg

from ml_pipeline.optional import OPTIONAL
from ml_pipeline.resources import build_resources
from ml_pipeline.settings import Settings
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.project import BUCKET, DAY, read_json


def make(job: str, settings: Settings) -> None:
    """Run the job of an optional asset for one day."""
    definitions = dg.Definitions(
        assets=[one.definition(settings) for one in OPTIONAL],
        jobs=[one.job(settings) for one in OPTIONAL],
        resources=build_resources(settings),
        executor=dg.in_process_executor,
    )
    tags = {"dagster/partition": DAY}
    assert definitions.resolve_job_def(job).execute_in_process(tags=tags).success


def log_of(service: LocalService, group: str, job: str) -> list[str]:
    """The lines of a job's log, those of all its hosts."""
    found = service.client("logs").filter_log_events(
        logGroupName=f"/aws/sagemaker/{group}", logStreamNamePrefix=f"{job}/"
    )
    return [event["message"] for event in found["events"]]


def model_file(service: LocalService, prefix: str, job: str, name: str) -> bytes:
    """A file of the model that a training job has left below a prefix of the bucket."""
    key = f"{prefix}/{job}/output/model.tar.gz"
    body = service.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        file = archive.extractfile(name)
        assert file is not None
        return file.read()


def report(service: LocalService, artifact: Any) -> Any:
    """What the job reported."""
    (stored,) = artifact["outputs"]["report"]["objects"]
    return read_json(service.client("s3"), BUCKET, stored["key"])
