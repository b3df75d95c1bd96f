"""The builders' requests for what ``programs/sdk2_requests.py`` asks of the SageMaker SDK 2."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dagster_sagemaker import (
    CodeBundle,
    FrameworkProcessor,
    FrameworkTraining,
    NetworkConfig,
    ProcessingInput,
    ProcessingOutput,
    PySparkProcessor,
    PyTorchProcessor,
    PyTorchTraining,
    ScriptProcessor,
    SKLearnProcessor,
    SKLearnTraining,
    TensorFlowProcessor,
    TensorFlowTraining,
    TrainingChannel,
    XGBoostAlgorithm,
    XGBoostTraining,
)
from dagster_sagemaker.request import JobRequest

BUCKET = "s3://sagemaker-us-east-1-000000000000"

_ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"
_REGION: dict[str, Any] = {"role_arn": _ROLE, "region": "us-east-1"}
_VPC: dict[str, Any] = {"subnets": ("subnet-1",), "security_group_ids": ("sg-1",)}
_KEYS: dict[str, Any] = {
    "volume_size_gb": 50,
    "volume_kms_key": "disk-key",
    "output_kms_key": "output-key",
    "tags": {"team": "flights"},
}
_EVERYTHING: dict[str, Any] = {
    **_KEYS,
    "max_runtime_seconds": 1200,
    "environment": {"A": "1"},
    "network": NetworkConfig(**_VPC, isolation=True, encrypt_traffic=True),
}
_RAW = f"{BUCKET}/raw/"


def requests(source: Path) -> Mapping[str, Callable[[], JobRequest]]:
    """What makes each of them, by the name that the program gives it."""
    return {**_processing(source), **_training(source)}


def _processing(source: Path) -> dict[str, Callable[[], JobRequest]]:
    alone = CodeBundle([source / "job.py"], "job.py", pipes=False)
    whole = CodeBundle(source, "job.py", pipes=False)

    def process(processor: ScriptProcessor, code: CodeBundle) -> Callable[[], JobRequest]:
        return lambda: processor.build(
            code=code,
            code_uri=f"{BUCKET}/code",
            arguments=["--rate", "0.5"],
            inputs=[
                ProcessingInput(
                    name="raw",
                    s3_uri=_RAW,
                    local_path="/opt/ml/processing/input/raw",
                    distribution="ShardedByS3Key",
                )
            ],
            outputs=[
                ProcessingOutput(
                    name="table", local_path="/opt/ml/processing/output", s3_uri=f"{BUCKET}/out"
                )
            ],
        )

    own_image = ScriptProcessor(
        role_arn=_ROLE,
        image_uri="team/image:1",
        command=("python3", "-u"),
        instance_count=2,
        **_EVERYTHING,
    )
    sklearn = FrameworkProcessor(framework="sklearn", framework_version="1.4-2", **_REGION)
    pytorch = PyTorchProcessor(
        framework_version="2.8", instance_type="ml.g5.xlarge", **_REGION, **_EVERYTHING
    )
    spark = PySparkProcessor(
        instance_count=2,
        submit_py_files=(f"{BUCKET}/lib.zip", source / "lib" / "helper.py"),
        submit_jars=(f"{BUCKET}/x.jar",),
        submit_files=(source / "requirements.txt",),
        configuration=[
            {"Classification": "spark-defaults", "Properties": {"spark.ui.enabled": "false"}}
        ],
        spark_event_logs_s3_uri=f"{BUCKET}/events",
        **_REGION,
        **_EVERYTHING,
    )
    named_image = PySparkProcessor(py_version="py312", container_version="1.0", **_REGION)
    return {
        "script": process(own_image, alone),
        "sklearn": process(SKLearnProcessor(**_REGION), alone),
        "framework": process(sklearn, whole),
        "pytorch": process(pytorch, whole),
        "tensorflow": process(TensorFlowProcessor(framework_version="2.19", **_REGION), whole),
        "spark": process(spark, alone),
        "spark_image": process(named_image, alone),
    }


def _training(source: Path) -> dict[str, Callable[[], JobRequest]]:
    whole = CodeBundle(source, "job.py", pipes=False)
    scripted: dict[str, Any] = {**_REGION, "environment": {"A": "1"}}

    def train(training: FrameworkTraining) -> Callable[[], JobRequest]:
        return lambda: training.build(
            code=whole,
            code_uri=f"{BUCKET}/code",
            channels=[
                TrainingChannel(name="train", s3_uri=_RAW, content_type="text/csv"),
                TrainingChannel(name="validation", s3_uri=_RAW, distribution="ShardedByS3Key"),
            ],
            output_uri=f"{BUCKET}/models",
            hyperparameters={"epochs": 2, "name": "a b", "flag": True},
        )

    sklearn = SKLearnTraining(
        max_runtime_seconds=600,
        spot=True,
        max_wait_seconds=1200,
        checkpoint_s3_uri=f"{BUCKET}/checkpoints",
        metric_definitions={"auc": "auc=([0-9.]+)"},
        network=NetworkConfig(**_VPC, encrypt_traffic=True),
        **scripted,
        **_KEYS,
    )
    pytorch = PyTorchTraining(
        framework_version="2.8.0",
        instance_type="ml.g5.xlarge",
        instance_count=2,
        torch_distributed=True,
        keep_alive_seconds=600,
        **scripted,
    )
    algorithm = XGBoostAlgorithm(framework_version="3.0-5", **_REGION)
    return {
        "train_sklearn": train(sklearn),
        "train_pytorch": train(pytorch),
        "train_tensorflow": train(TensorFlowTraining(framework_version="2.19", **scripted)),
        "train_xgboost": train(XGBoostTraining(framework_version="3.0-5", **scripted)),
        "algorithm": lambda: algorithm.build(
            channels=[
                TrainingChannel(name=name, s3_uri=_RAW, content_type="text/csv")
                for name in ("train", "validation")
            ],
            output_uri=f"{BUCKET}/models",
            hyperparameters={"num_round": 10, "eta": 0.2, "objective": "reg:squarederror"},
        ),
    }
