"""The requests that the SageMaker Python SDK 2's processors and estimators send."""

import copy
import json
import sys
from pathlib import Path
from typing import Any

import sagemaker
from sagemaker.estimator import Estimator
from sagemaker.image_uris import retrieve
from sagemaker.inputs import TrainingInput
from sagemaker.network import NetworkConfig
from sagemaker.processing import (
    FrameworkProcessor,
    ProcessingInput,
    ProcessingOutput,
    ScriptProcessor,
)
from sagemaker.pytorch import PyTorch, PyTorchProcessor
from sagemaker.sklearn import SKLearn, SKLearnProcessor
from sagemaker.spark.processing import PySparkProcessor
from sagemaker.tensorflow import TensorFlow, TensorFlowProcessor
from sagemaker.xgboost import XGBoost

SOURCE = Path(sys.argv[1])
ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"
OUTPUT = "/opt/ml/processing/output"

session = sagemaker.Session()
bucket = f"s3://{session.default_bucket()}"
session.upload_string_as_file_body("1\n2\n", session.default_bucket(), "raw/a.csv")
sent: list[dict[str, Any]] = []
for operation in ("CreateProcessingJob", "CreateTrainingJob"):
    session.sagemaker_client.meta.events.register(
        f"before-parameter-build.sagemaker.{operation}",
        lambda params, **_: sent.append(copy.deepcopy(params)),
    )

network = NetworkConfig(
    enable_network_isolation=True,
    security_group_ids=["sg-1"],
    subnets=["subnet-1"],
    encrypt_inter_container_traffic=True,
)
everything = {
    "volume_size_in_gb": 50,
    "volume_kms_key": "disk-key",
    "output_kms_key": "output-key",
    "max_runtime_in_seconds": 1200,
    "env": {"A": "1"},
    "tags": [{"Key": "team", "Value": "flights"}],
    "network_config": network,
}
machine = {"role": ROLE, "instance_type": "ml.m5.xlarge", "sagemaker_session": session}
small = {**machine, "instance_count": 1}
raw = ProcessingInput(
    f"{bucket}/raw/",
    "/opt/ml/processing/input/raw",
    "raw",
    s3_data_distribution_type="ShardedByS3Key",
)
output = ProcessingOutput(OUTPUT, f"{bucket}/out", "table")
given = {"inputs": [raw], "outputs": [output], "arguments": ["--rate", "0.5"], "wait": False}
requests: dict[str, Any] = {}


def processed(name: str, processor: Any, *arguments: Any, **options: Any) -> None:
    processor.run(*arguments, **{**given, **options})
    requests[name] = sent.pop()


def trained(name: str, estimator: Any, channels: Any) -> None:
    estimator.fit(channels, wait=False)
    requests[name] = sent.pop()


script = str(SOURCE / "job.py")
processed(
    "script",
    ScriptProcessor(
        image_uri="team/image:1",
        command=["python3", "-u"],
        instance_count=2,
        **machine,
        **everything,
    ),
    script,
)
processed("sklearn", SKLearnProcessor("1.4-2", **small), script)
framework = {"source_dir": str(SOURCE)}
processed("framework", FrameworkProcessor(SKLearn, "1.4-2", **small), "job.py", **framework)
processed(
    "pytorch",
    PyTorchProcessor(
        "2.8", py_version="py312", **{**small, "instance_type": "ml.g5.xlarge"}, **everything
    ),
    "job.py",
    **framework,
)
processed(
    "tensorflow", TensorFlowProcessor("2.19", py_version="py312", **small), "job.py", **framework
)
processed(
    "spark",
    PySparkProcessor(framework_version="3.5", instance_count=2, **machine, **everything),
    script,
    submit_py_files=[f"{bucket}/lib.zip", str(SOURCE / "lib" / "helper.py")],
    submit_jars=[f"{bucket}/x.jar"],
    submit_files=[str(SOURCE / "requirements.txt")],
    configuration=[
        {"Classification": "spark-defaults", "Properties": {"spark.ui.enabled": "false"}}
    ],
    spark_event_logs_s3_uri=f"{bucket}/events",
)
processed(
    "spark_image",
    PySparkProcessor(framework_version="3.5", py_version="py312", container_version="1.0", **small),
    script,
)

training = {
    "instance_type": "ml.m5.xlarge",
    "instance_count": 1,
    "role": ROLE,
    "sagemaker_session": session,
    "output_path": f"{bucket}/models",
}
scripted = {
    **training,
    "entry_point": "job.py",
    "source_dir": str(SOURCE),
    "hyperparameters": {"epochs": 2, "name": "a b", "flag": True},
    "environment": {"A": "1"},
}
channels = {
    "train": TrainingInput(f"{bucket}/raw/", content_type="text/csv"),
    "validation": TrainingInput(f"{bucket}/raw/", distribution="ShardedByS3Key"),
}
full = {
    "volume_size": 50,
    "volume_kms_key": "disk-key",
    "output_kms_key": "output-key",
    "max_run": 600,
    "use_spot_instances": True,
    "max_wait": 1200,
    "checkpoint_s3_uri": f"{bucket}/checkpoints",
    "tags": [{"Key": "team", "Value": "flights"}],
    "subnets": ["subnet-1"],
    "security_group_ids": ["sg-1"],
    "enable_network_isolation": False,
    "encrypt_inter_container_traffic": True,
    "metric_definitions": [{"Name": "auc", "Regex": "auc=([0-9.]+)"}],
}
trained("train_sklearn", SKLearn(framework_version="1.4-2", **scripted, **full), channels)
gpus = {**scripted, "instance_type": "ml.g5.xlarge", "instance_count": 2}
distribution = {"torch_distributed": {"enabled": True}}
trained(
    "train_pytorch",
    PyTorch(
        framework_version="2.8.0",
        py_version="py312",
        distribution=distribution,
        keep_alive_period_in_seconds=600,
        **gpus,
    ),
    channels,
)
trained(
    "train_tensorflow",
    TensorFlow(framework_version="2.19", py_version="py312", **scripted),
    channels,
)
trained("train_xgboost", XGBoost(framework_version="3.0-5", **scripted), channels)
image = retrieve("xgboost", session.boto_region_name, version="3.0-5")
algorithm = Estimator(
    image_uri=image,
    hyperparameters={"num_round": 10, "eta": 0.2, "objective": "reg:squarederror"},
    **training,
)
trained(
    "algorithm",
    algorithm,
    {name: TrainingInput(f"{bucket}/raw/", content_type="text/csv") for name in channels},
)
print(json.dumps(requests))
