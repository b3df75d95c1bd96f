"""The SageMaker Python SDK 2's processors."""

import json
import sys

import boto3
import sagemaker
from sagemaker.exceptions import UnexpectedStatusException
from sagemaker.processing import (
    FrameworkProcessor,
    ProcessingInput,
    ProcessingOutput,
    ScriptProcessor,
)
from sagemaker.sklearn.estimator import SKLearn
from sagemaker.sklearn.processing import SKLearnProcessor

SOURCE = sys.argv[1]
ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"
RAW = "/opt/ml/processing/input/raw"

session = sagemaker.Session()
session.upload_string_as_file_body("1\n2\n", session.default_bucket(), "raw/a.csv")
session.upload_string_as_file_body("3\n", session.default_bucket(), "raw/b.csv")
raw = f"s3://{session.default_bucket()}/raw/"
machine = {"role": ROLE, "instance_type": "ml.m5.large", "sagemaker_session": session}
output = [ProcessingOutput(source="/opt/ml/processing/output", output_name="rows")]

sklearn = SKLearnProcessor("1.4-2", instance_count=1, base_job_name="sklearn", **machine)
script = ScriptProcessor(
    image_uri=IMAGE, command=["python3"], instance_count=2, base_job_name="script", **machine
)
framework = FrameworkProcessor(SKLearn, "1.4-2", instance_count=1, base_job_name="fw", **machine)
stopped = FrameworkProcessor(SKLearn, "1.4-2", instance_count=1, base_job_name="stop", **machine)

# Alone: a job that runs for longer than the first ten seconds is waited for in steps of thirty.
sklearn.run(
    code=f"{SOURCE}/preprocess.py",
    inputs=[ProcessingInput(raw, RAW), ProcessingInput(f"{SOURCE}/train.py", f"{RAW}/more")],
    outputs=output,
)
stopped.run(code="preprocess.py", source_dir=SOURCE, outputs=output, arguments=["wait"], wait=False)
stopped.latest_job.stop()
framework.run(
    code="preprocess.py", source_dir=SOURCE, outputs=output, arguments=["greet", "fail"], wait=False
)
script.run(
    code=f"{SOURCE}/preprocess.py",
    inputs=[ProcessingInput(raw, RAW, s3_data_distribution_type="ShardedByS3Key")],
    outputs=[ProcessingOutput(source="/opt/ml/processing/output", s3_upload_mode="Continuous")],
    logs=False,
)
try:
    framework.latest_job.wait(logs=False)
except UnexpectedStatusException as error:
    refused = str(error)
stopped.latest_job.wait(logs=False)


def keys(processor: ScriptProcessor) -> list[str]:
    uri = processor.latest_job.outputs[0].destination
    prefix = uri.removeprefix(f"s3://{session.default_bucket()}/")
    found = session.list_s3_files(session.default_bucket(), prefix)
    return [key.removeprefix(f"{prefix}/") for key in found]


print(
    json.dumps(
        {
            "buckets": [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]],
            "sklearn": keys(sklearn),
            "script": keys(script),
            "refused": refused,
            "framework": framework.latest_job.job_name,
            "message": framework.latest_job.describe()["ExitMessage"],
            "stopped": stopped.latest_job.describe()["ProcessingJobStatus"],
        }
    )
)
