"""The SageMaker Python SDK 3: processors and ModelTrainer."""

import json
import logging
import sys

from sagemaker.core.helper.session_helper import Session
from sagemaker.core.processing import FrameworkProcessor, ScriptProcessor
from sagemaker.core.shapes import (
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
)
from sagemaker.core.utils.exceptions import FailedStatusError
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode

SOURCE = sys.argv[1]
ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"

logging.basicConfig(level=logging.INFO, stream=sys.stdout)  # where a job's log goes
session = Session()
bucket = session.default_bucket()
session.upload_string_as_file_body("1\n2\n", bucket, "raw3/a.csv")
machine = {"role": ROLE, "instance_type": "ml.m5.large", "instance_count": 1}
result = {"bucket": bucket}

raw = ProcessingInput(
    input_name="raw",
    s3_input=ProcessingS3Input(
        s3_uri=f"s3://{bucket}/raw3/",
        local_path="/opt/ml/processing/input/raw",
        s3_data_type="S3Prefix",
        s3_input_mode="File",
    ),
)
rows = ProcessingOutput(
    output_name="rows",
    s3_output=ProcessingS3Output(
        s3_uri=f"s3://{bucket}/rows3",
        local_path="/opt/ml/processing/output",
        s3_upload_mode="EndOfJob",
    ),
)
script = ScriptProcessor(image_uri=IMAGE, command=["python3"], sagemaker_session=session, **machine)
script.run(code=f"{SOURCE}/preprocess.py", inputs=[raw], outputs=[rows])
result["script"] = session.read_s3_file(bucket, "rows3/algo-1.csv")
framework = FrameworkProcessor(image_uri=IMAGE, sagemaker_session=session, **machine)
framework.run(
    code="preprocess.py", source_dir=SOURCE, inputs=[raw], outputs=[rows], arguments=["greet"]
)


def trainer(name: str, **options: object) -> ModelTrainer:
    return ModelTrainer(
        training_image=IMAGE,
        role=ROLE,
        source_code=SourceCode(
            source_dir=SOURCE, entry_script="train.py", requirements="requirements.txt"
        ),
        compute=Compute(instance_type="ml.m5.large", instance_count=1),
        base_job_name=name,
        **options,
    )


train = [InputData(channel_name="train", data_source=f"s3://{bucket}/raw3/")]
good = trainer("good3", hyperparameters={"epochs": 2})
good.train(input_data_config=train)
job = good._latest_training_job
job.refresh()
result["trained"] = [job.training_job_status, job.model_artifacts.s3_model_artifacts]
try:
    trainer("bad3", hyperparameters={"fail": 4}).train(input_data_config=train)
except FailedStatusError as error:
    result["bad"] = str(error)
print(json.dumps(result))
