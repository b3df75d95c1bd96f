"""The AWS CLI."""

import json
from pathlib import Path
from typing import Any

import pytest

from ml_pipeline_tests.clients.conftest import Client, MakeClient

# It has an environment of its own.
pytestmark = pytest.mark.long
ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"
GROUP = "/aws/sagemaker/ProcessingJobs"


@pytest.fixture(scope="module")
def cli(client: MakeClient) -> Client:
    return client("aws")


def aws(cli: Client, *arguments: str, status: int = 0) -> str:
    return cli.execute("-m", "awscli", *arguments, status=status)


def test_a_job_from_its_upload_to_its_log(cli: Client, source: Path) -> None:
    aws(cli, "s3", "mb", "s3://cli")
    (cli.folder / "raw" / "deep").mkdir(parents=True)
    (cli.folder / "raw" / "a.csv").write_text("1\n")
    (cli.folder / "raw" / "deep" / "b.csv").write_text("2\n")
    aws(cli, "s3", "sync", "raw", "s3://cli/raw", "--no-progress")
    assert aws(cli, "s3", "sync", "raw", "s3://cli/raw", "--no-progress") == ""
    aws(cli, "s3", "cp", str(source / "preprocess.py"), "s3://cli/code/")
    aws(cli, "sagemaker", "create-processing-job", "--cli-input-json", json.dumps(request("cli-1")))
    aws(
        *(cli, "sagemaker", "wait", "processing-job-completed-or-stopped"),
        *("--processing-job-name", "cli-1"),
    )
    described = ("--query", "ProcessingJobStatus", "--output", "text")
    job = ("describe-processing-job", "--processing-job-name", "cli-1")
    assert aws(cli, "sagemaker", *job, *described) == "Completed\n"
    assert aws(cli, "s3", "cp", "s3://cli/out/algo-1.csv", "-") == "1\n2\n"
    lines = aws(
        *(cli, "logs", "filter-log-events", "--log-group-name", GROUP),
        *("--log-stream-name-prefix", "cli-1/", "--query", "events[].message"),
        *("--output", "text"),
    )
    assert lines == "algo-1 reads a.csv b.csv\n"
    listed = aws(cli, "sagemaker", "list-processing-jobs", "--name-contains", "cli-1")
    assert len(json.loads(listed)["ProcessingJobSummaries"]) == 1


def test_an_error_is_the_service_s(cli: Client) -> None:
    job = ("describe-training-job", "--training-job-name", "none")
    said = aws(cli, "sagemaker", *job, status=255)
    assert "(ValidationException) when calling the DescribeTrainingJob operation" in said


def request(name: str) -> dict[str, Any]:
    def entry(name: str, prefix: str, **members: str) -> dict[str, Any]:
        path = f"/opt/ml/processing/{name}"
        return {"S3Uri": f"s3://cli/{prefix}", "LocalPath": path, **members}

    files = {"S3DataType": "S3Prefix", "S3InputMode": "File"}
    script = "/opt/ml/processing/input/code/preprocess.py"
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
    output = entry("output", "out", S3UploadMode="EndOfJob")
    return {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", script]},
        "ProcessingInputs": [
            {"InputName": "raw", "S3Input": entry("input/raw", "raw/", **files)},
            {"InputName": "code", "S3Input": entry("input/code", "code/", **files)},
        ],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": output}]},
        "ProcessingResources": {"ClusterConfig": cluster},
    }
