import io
import json
import tarfile
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from dagster_pipes import PIPES_PROTOCOL_VERSION, PIPES_PROTOCOL_VERSION_FIELD, decode_param

from dagster_sagemaker import (
    PipesSageMakerProcessingClient,
    PipesSageMakerTrainingClient,
    Polling,
    SageMakerConnection,
)
from dagster_sagemaker.s3_uri import parse_s3_uri
from local_sagemaker.kinds import PROCESSING
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.dagster_sagemaker.played_service import SUPERVISOR, Job, PlayedService
from ml_pipeline_tests.local_sagemaker.daemons import running_daemon

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROLE = "arn:aws:iam::000000000000:role/jobs"
QUICK = Polling(initial_seconds=0.01, cap_seconds=0.02, late_log_seconds=0.0)


@pytest.fixture(scope="session")
def played_local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    """A local service whose jobs are played by tests."""
    with running_daemon(tmp_path_factory.mktemp("played") / "home", SUPERVISOR) as local:
        yield local


@pytest.fixture(scope="session")
def running_service(played_local: LocalService, connection: SageMakerConnection) -> PlayedService:
    return PlayedService(played_local, connection)


@pytest.fixture
def service(running_service: PlayedService) -> Iterator[PlayedService]:
    yield running_service
    running_service.reset()


@pytest.fixture(scope="session")
def connection(played_local: LocalService) -> SageMakerConnection:
    return SageMakerConnection(
        region="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        endpoint_url=played_local.url,
        max_attempts=1,
    )


@pytest.fixture(scope="session")
def s3(connection: SageMakerConnection) -> "S3Client":
    return connection.client("s3")


@pytest.fixture
def bucket(s3: "S3Client") -> str:
    name = f"test-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def processing(
    service: PlayedService, connection: SageMakerConnection, bucket: str
) -> PipesSageMakerProcessingClient:
    return PipesSageMakerProcessingClient(connection, bucket=bucket, polling=QUICK)


@pytest.fixture
def training(
    service: PlayedService, connection: SageMakerConnection, bucket: str
) -> PipesSageMakerTrainingClient:
    return PipesSageMakerTrainingClient(connection, bucket=bucket, polling=QUICK)


@pytest.fixture
def processing_request(bucket: str) -> dict[str, Any]:
    return {
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceType": "ml.m5.xlarge",
                "InstanceCount": 1,
                "VolumeSizeInGB": 30,
            }
        },
        "AppSpecification": {"ImageUri": "image:1", "ContainerEntrypoint": ["python3", "x.py"]},
        "RoleArn": ROLE,
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": name,
                    "S3Output": {
                        "S3Uri": f"s3://{bucket}/out/{{{{ job_name }}}}/{name}",
                        "LocalPath": f"/opt/ml/processing/{name}",
                        "S3UploadMode": "EndOfJob",
                    },
                }
                for name in ("train", "report")
            ]
        },
        "Environment": {"SECRET": "hunter2"},
    }


@pytest.fixture
def training_request(bucket: str) -> dict[str, Any]:
    return {
        "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": "image:1"},
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/models/"},
        "ResourceConfig": {
            "InstanceType": "ml.m5.xlarge",
            "InstanceCount": 1,
            "VolumeSizeInGB": 30,
        },
        "RoleArn": ROLE,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "HyperParameters": {"token": "hunter2"},
    }


@pytest.fixture
def write_outputs(s3: "S3Client") -> Callable[[Job], None]:
    """What a well-behaved job leaves behind; give it to an `Ending` as `on_end`."""

    def write(job: Job) -> None:
        if job.kind is PROCESSING:
            _write_processing(s3, job)
        else:
            _write_training(s3, job)

    return write


REPORT = {"metrics": {"auc": 0.75, "rows_in": 12, "bad": float("nan")}}


def _write_processing(s3: "S3Client", job: Job) -> None:
    for output in job.request["ProcessingOutputConfig"]["Outputs"]:
        bucket, key = parse_s3_uri(output["S3Output"]["S3Uri"])
        name, body = "part-0.parquet", b"data"
        if output["OutputName"] == "report":
            name, body = "report.json", json.dumps(REPORT).encode()
        s3.put_object(Bucket=bucket, Key=f"{key}/{name}", Body=body)


def _write_training(s3: "S3Client", job: Job) -> None:
    bucket, key = parse_s3_uri(job.request["OutputDataConfig"]["S3OutputPath"])
    folder = f"{key}{job.name}/output"
    s3.put_object(Bucket=bucket, Key=f"{folder}/model.tar.gz", Body=b"model")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo("./report.json")
        body = json.dumps(REPORT).encode()
        member.size = len(body)
        archive.addfile(member, io.BytesIO(body))
    s3.put_object(Bucket=bucket, Key=f"{folder}/output.tar.gz", Body=buffer.getvalue())


def send_messages(s3: "S3Client", job: Job, lines: list[str], chunk: int = 1) -> None:
    """Write a chunk of Pipes messages where the job's environment says."""
    params = decode_param(job.environment["DAGSTER_PIPES_MESSAGES"])
    s3.put_object(
        Bucket=params["bucket"],
        Key=f"{params['key_prefix']}/{chunk}.json",
        Body="\n".join(lines).encode(),
    )


def pipes_message(method: str, **params: object) -> str:
    return json.dumps(
        {PIPES_PROTOCOL_VERSION_FIELD: PIPES_PROTOCOL_VERSION, "method": method, "params": params}
    )
