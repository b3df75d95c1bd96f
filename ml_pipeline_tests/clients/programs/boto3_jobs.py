"""Jobs with boto3: waiters and paginators."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError, WaiterError

ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"
QUICKLY = {"Delay": 1, "MaxAttempts": 200}
SCRIPT = "/opt/ml/processing/input/code/preprocess.py"

s3, sagemaker, logs = (boto3.client(name) for name in ("s3", "sagemaker", "logs"))
names = [f"boto3-{number}" for number in range(3)]
result = {}


def s3_input(name: str, prefix: str) -> dict[str, Any]:
    directory = f"/opt/ml/processing/input/{name}"
    where = {"S3Uri": f"s3://boto3/{prefix}", "LocalPath": directory, "S3DataType": "S3Prefix"}
    return {"InputName": name, "S3Input": {**where, "S3InputMode": "File"}}


def s3_output(prefix: str) -> dict[str, Any]:
    where = {"S3Uri": f"s3://boto3/{prefix}", "LocalPath": "/opt/ml/processing/output"}
    return {"OutputName": "rows", "S3Output": {**where, "S3UploadMode": "EndOfJob"}}


def create_training(name: str, *command: str) -> None:
    sagemaker.create_training_job(
        TrainingJobName=name,
        RoleArn=ROLE,
        AlgorithmSpecification={
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": list(command),
        },
        OutputDataConfig={"S3OutputPath": "s3://boto3/models"},
        ResourceConfig={"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
    )


def code_of(call: Callable[..., Any], **members: str) -> str | None:
    try:
        call(**members)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


s3.create_bucket(Bucket="boto3")
s3.upload_file(str(Path(sys.argv[1]) / "preprocess.py"), "boto3", "code/preprocess.py")
s3.put_object(Bucket="boto3", Key="raw/a.csv", Body=b"1\n2\n")
s3.get_waiter("object_exists").wait(Bucket="boto3", Key="raw/a.csv")

for name in names:
    sagemaker.create_processing_job(
        ProcessingJobName=name,
        RoleArn=ROLE,
        AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", SCRIPT]},
        ProcessingInputs=[s3_input("raw", "raw/"), s3_input("code", "code/preprocess.py")],
        ProcessingOutputConfig={"Outputs": [s3_output(name)]},
        ProcessingResources={
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 1,
            }
        },
    )
create_training("boto3-good", "sh", "-c", "echo model > /opt/ml/model/model.txt")
create_training("boto3-bad", "false")

finished = sagemaker.get_waiter("processing_job_completed_or_stopped")
for name in names:
    finished.wait(ProcessingJobName=name, WaiterConfig=QUICKLY)
trained = sagemaker.get_waiter("training_job_completed_or_stopped")
trained.wait(TrainingJobName="boto3-good", WaiterConfig=QUICKLY)
try:
    trained.wait(TrainingJobName="boto3-bad", WaiterConfig=QUICKLY)
except WaiterError as error:
    result["bad"] = error.last_response["TrainingJobStatus"]

one_by_one = {"PaginationConfig": {"PageSize": 1}}
pages = sagemaker.get_paginator("list_processing_jobs").paginate(
    NameContains="boto3-", **one_by_one
)
result["pages"] = [
    [job["ProcessingJobName"] for job in page["ProcessingJobSummaries"]] for page in pages
]
objects = s3.get_paginator("list_objects_v2").paginate(Bucket="boto3", **one_by_one)
result["keys"] = [item["Key"] for page in objects for item in page.get("Contents", [])]
group = "/aws/sagemaker/ProcessingJobs"
streams = logs.get_paginator("describe_log_streams").paginate(logGroupName=group, **one_by_one)
result["streams"] = [stream["logStreamName"] for page in streams for stream in page["logStreams"]]
events = logs.get_paginator("filter_log_events").paginate(
    logGroupName=group, logStreamNamePrefix="boto3-0/", **one_by_one
)
result["events"] = [event["message"] for page in events for event in page["events"]]
result["missing"] = [
    code_of(sagemaker.describe_processing_job, ProcessingJobName="none"),
    code_of(sagemaker.describe_training_job, TrainingJobName="none"),
    code_of(sagemaker.stop_training_job, TrainingJobName="boto3-good"),
    code_of(s3.head_object, Bucket="boto3", Key="none"),
]
print(json.dumps(result))
