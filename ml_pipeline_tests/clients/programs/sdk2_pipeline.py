"""The SageMaker Python SDK 2's pipelines: upsert, start, wait."""

import json
import sys
from pathlib import Path
from typing import Any

from sagemaker.inputs import TrainingInput
from sagemaker.processing import ProcessingInput, ProcessingOutput
from sagemaker.sklearn.estimator import SKLearn
from sagemaker.sklearn.processing import SKLearnProcessor
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import ConditionGreaterThanOrEqualTo, ConditionNot, ConditionOr
from sagemaker.workflow.execution_variables import ExecutionVariables
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.parameters import ParameterInteger, ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.retry import SageMakerJobExceptionTypeEnum, SageMakerJobStepRetryPolicy
from sagemaker.workflow.steps import CacheConfig, ProcessingStep, TrainingStep

SOURCE = sys.argv[1]
ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"

session = PipelineSession()
data = Path("data")
data.mkdir()
(data / "a.csv").write_text("1\n2\n")
raw_uri = session.upload_data(str(data), key_prefix="pipeline/raw")
result: dict[str, Any] = {}

raw = ParameterString("Raw", default_value=raw_uri)
least = ParameterInteger("LeastRows", default_value=2)
hosts = ParameterInteger("Hosts", default_value=1)
cache = CacheConfig(enable_caching=True, expire_after="P1D")


def processor(name: str) -> SKLearnProcessor:
    return SKLearnProcessor(
        framework_version="1.4-2",
        role=ROLE,
        instance_type="ml.m5.large",
        instance_count=hosts,
        base_job_name=name,
        sagemaker_session=session,
    )


to = Join("/", ["s3:/", session.default_bucket(), "out", ExecutionVariables.PIPELINE_EXECUTION_ID])
clean = ProcessingStep(
    "Clean",
    step_args=processor("clean").run(
        code=f"{SOURCE}/preprocess.py",
        inputs=[ProcessingInput(source=raw, destination="/opt/ml/processing/input/raw")],
        outputs=[
            ProcessingOutput(output_name="rows", source="/opt/ml/processing/output", destination=to)
        ],
    ),
    cache_config=cache,
)
rows = clean.properties.ProcessingOutputConfig.Outputs["rows"].S3Output.S3Uri
estimator = SKLearn(
    "train.py",
    source_dir=SOURCE,
    role=ROLE,
    instance_type="ml.m5.large",
    instance_count=1,
    framework_version="1.4-2",
    hyperparameters={"epochs": least, "name": "a b"},
    sagemaker_session=session,
)
retry = SageMakerJobStepRetryPolicy(
    exception_types=[SageMakerJobExceptionTypeEnum.CAPACITY_ERROR], max_attempts=2
)
train = TrainingStep(
    "Train",
    step_args=estimator.fit({"train": TrainingInput(rows, content_type="text/csv")}),
    retry_policies=[retry],
)
report = PropertyFile("Report", output_name="report", path="report.json")
evaluate = ProcessingStep(
    "Evaluate",
    step_args=processor("evaluate").run(
        code=f"{SOURCE}/evaluate.py",
        inputs=[
            ProcessingInput(
                source=train.properties.ModelArtifacts.S3ModelArtifacts,
                destination="/opt/ml/processing/input/model",
            ),
            ProcessingInput(source=rows, destination="/opt/ml/processing/input/rows"),
        ],
        outputs=[ProcessingOutput(output_name="report", source="/opt/ml/processing/output")],
    ),
    property_files=[report],
)
counted = JsonGet(step_name="Evaluate", property_file=report, json_path="metrics.rows.value")
enough = ConditionGreaterThanOrEqualTo(counted, least)
fail = FailStep("TooFew", error_message=Join(" ", ["only", counted, "rows"]))
decide = ConditionStep(
    "Enough",
    conditions=[ConditionOr([enough, ConditionNot(ConditionNot(enough))])],
    if_steps=[],
    else_steps=[fail],
)
pipeline = Pipeline(
    "sdk2-pipeline",
    parameters=[raw, least, hosts],
    steps=[clean, train, evaluate, decide],
    sagemaker_session=session,
)
first = pipeline.upsert(ROLE, tags=[{"Key": "team", "Value": "flights"}])
result["same"] = pipeline.upsert(ROLE, description="again")["PipelineArn"] == first["PipelineArn"]
result["description"] = pipeline.describe()["PipelineDescription"]


def finished(**parameters: Any) -> dict[str, Any]:
    execution = pipeline.start(parameters)
    try:
        execution.wait(delay=1, max_attempts=120)
    except Exception as error:
        print(error)
    steps = {step["StepName"]: step for step in execution.list_steps()}
    return {
        "status": execution.describe()["PipelineExecutionStatus"],
        "reason": execution.describe().get("FailureReason"),
        "steps": {name: step["StepStatus"] for name, step in steps.items()},
        "cached": [name for name, step in steps.items() if "CacheHitResult" in step],
        "job": steps["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2],
        "parameters": execution.list_parameters()["PipelineParameters"],
    }


result["good"] = finished()
result["bad"] = finished(LeastRows=3)
result["name"] = session.sagemaker_client.describe_training_job(
    TrainingJobName=result["good"]["job"]
)["HyperParameters"]["name"]
pipeline.delete()
print(json.dumps(result))
