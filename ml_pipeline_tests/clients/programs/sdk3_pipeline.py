"""The SageMaker Python SDK 3's pipelines: upsert, start, wait."""

import json
import sys
from typing import Any

from sagemaker.core.processing import ScriptProcessor
from sagemaker.core.shapes import (
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
)
from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterInteger, ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import ProcessingStep, TrainingStep
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode

SOURCE = sys.argv[1]
ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"

session = PipelineSession()
bucket = session.default_bucket()
session.upload_string_as_file_body("1\n2\n", bucket, "pipeline3/raw/a.csv")
raw = ParameterString("Raw", default_value=f"s3://{bucket}/pipeline3/raw/")
least = ParameterInteger("LeastRows", default_value=2)


def channel(name: str, uri: Any) -> ProcessingInput:
    return ProcessingInput(
        input_name=name,
        s3_input=ProcessingS3Input(
            s3_uri=uri,
            local_path=f"/opt/ml/processing/input/{name}",
            s3_data_type="S3Prefix",
            s3_input_mode="File",
        ),
    )


def output(name: str) -> ProcessingOutput:
    return ProcessingOutput(
        output_name=name,
        s3_output=ProcessingS3Output(
            s3_uri=f"s3://{bucket}/pipeline3/{name}",
            local_path="/opt/ml/processing/output",
            s3_upload_mode="EndOfJob",
        ),
    )


processor = ScriptProcessor(
    image_uri=IMAGE,
    command=["python3"],
    role=ROLE,
    instance_type="ml.m5.large",
    instance_count=1,
    sagemaker_session=session,
)
clean = ProcessingStep(
    "Clean",
    step_args=processor.run(
        code=f"{SOURCE}/preprocess.py", inputs=[channel("raw", raw)], outputs=[output("rows")]
    ),
)
rows = clean.properties.ProcessingOutputConfig.Outputs["rows"].S3Output.S3Uri
trainer = ModelTrainer(
    training_image=IMAGE,
    role=ROLE,
    source_code=SourceCode(source_dir=SOURCE, entry_script="train.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1),
    base_job_name="train",
    sagemaker_session=session,
)
train = TrainingStep(
    "Train",
    step_args=trainer.train(input_data_config=[InputData(channel_name="train", data_source=rows)]),
)
report = PropertyFile("Report", output_name="report", path="report.json")
evaluate = ProcessingStep(
    "Evaluate",
    step_args=processor.run(
        code=f"{SOURCE}/evaluate.py",
        inputs=[
            channel("model", train.properties.ModelArtifacts.S3ModelArtifacts),
            channel("rows", rows),
        ],
        outputs=[output("report")],
    ),
    property_files=[report],
)
counted = JsonGet(step_name="Evaluate", property_file=report, json_path="metrics.rows.value")
fail = FailStep("TooFew", error_message=Join(" ", ["only", counted, "rows"]))
decide = ConditionStep(
    "Enough",
    conditions=[ConditionGreaterThanOrEqualTo(counted, least)],
    if_steps=[],
    else_steps=[fail],
)
pipeline = Pipeline(
    "sdk3-pipeline",
    parameters=[raw, least],
    steps=[clean, train, evaluate, decide],
    sagemaker_session=session,
)
result: dict[str, Any] = {"arns": [pipeline.upsert(ROLE)["PipelineArn"] for _ in range(2)]}
for name, parameters in {"good": {}, "bad": {"LeastRows": 3}}.items():
    execution = pipeline.start(parameters)
    try:
        execution.wait(delay=1, max_attempts=120)
    except Exception as error:
        print(error)
    steps = {step["StepName"]: step["StepStatus"] for step in execution.list_steps()}
    result[name] = {**execution.describe(), "steps": steps}
print(json.dumps(result, default=str))
