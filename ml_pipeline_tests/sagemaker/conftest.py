import io
import json
import tarfile
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from dagster_pipes import PIPES_PROTOCOL_VERSION, PIPES_PROTOCOL_VERSION_FIELD, decode_param
from moto.server import ThreadedMotoServer

from ml_pipeline.sagemaker import (
    PipesSageMakerProcessingClient,
    PipesSageMakerTrainingClient,
    Polling,
    SageMakerConnection,
)
from ml_pipeline.sagemaker.s3_uri import parse_s3_uri
from ml_pipeline_tests.sagemaker.fake_service import FakeSageMaker, Job

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROLE = "arn:aws:iam::000000000000:role/jobs"
QUICK = Polling(initial_seconds=0.01, cap_seconds=0.02, late_log_seconds=0.0)


class SplitConnection(SageMakerConnection):
    """SageMaker and logs from the fake, S3 from moto."""

    s3_endpoint: str

    def endpoint_for(self, service: str) -> str | None:
        return self.s3_endpoint if service == "s3" else self.endpoint_url


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def running_service() -> Iterator[FakeSageMaker]:
    fake = FakeSageMaker()
    yield fake
    fake.close()


@pytest.fixture
def service(running_service: FakeSageMaker) -> FakeSageMaker:
    running_service.reset()
    return running_service


@pytest.fixture(scope="session")
def connection(running_service: FakeSageMaker, s3_endpoint: str) -> SplitConnection:
    return SplitConnection(
        region="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        endpoint_url=running_service.url,
        s3_endpoint=s3_endpoint,
        max_attempts=1,
    )


@pytest.fixture(scope="session")
def s3(connection: SplitConnection) -> "S3Client":
    return connection.client("s3")


@pytest.fixture
def bucket(s3: "S3Client") -> str:
    name = f"test-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def processing(
    service: FakeSageMaker, connection: SplitConnection, bucket: str
) -> PipesSageMakerProcessingClient:
    return PipesSageMakerProcessingClient(connection, bucket=bucket, polling=QUICK)


@pytest.fixture
def training(
    service: FakeSageMaker, connection: SplitConnection, bucket: str
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
        if job.kind == "ProcessingJob":
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
