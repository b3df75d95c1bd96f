"""The SageMaker Python SDK 2's estimator for scikit-learn."""

import json
import sys
from pathlib import Path
from typing import Any

import sagemaker
from sagemaker.exceptions import UnexpectedStatusException
from sagemaker.sklearn.estimator import SKLearn

ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"

session = sagemaker.Session()
data = Path("data")
data.mkdir()
(data / "a.csv").write_text("1\n2\n")
raw = session.upload_data(str(data), key_prefix="train")
result: dict[str, Any] = {}


def estimator(name: str, **options: Any) -> SKLearn:
    return SKLearn(
        "train.py",
        source_dir=sys.argv[1],
        role=ROLE,
        instance_type="ml.m5.xlarge",
        instance_count=1,
        framework_version="1.4-2",
        sagemaker_session=session,
        base_job_name=name,
        **options,
    )


def keys(prefix: str) -> list[str]:
    return session.list_s3_files(session.default_bucket(), prefix)


bucket = f"s3://{session.default_bucket()}"
# Alone: a job that runs for longer than the first five seconds is waited for in steps of thirty.
plain = estimator(
    "plain",
    hyperparameters={"name": "a b", "epochs": 1},
    metric_definitions=[{"Name": "rows", "Regex": "rows=([0-9]+);"}],
)
plain.fit({"train": raw})
job = plain.latest_training_job.describe()
result["metrics"] = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
result["model"] = plain.model_data.removeprefix(f"{bucket}/{job['TrainingJobName']}/")
attached = SKLearn.attach(job["TrainingJobName"], sagemaker_session=session)
result["attached"] = [attached.model_data == plain.model_data, attached.hyperparameters()["name"]]

failing = estimator("failing", hyperparameters={"fail": 3})
failing.fit({"train": raw}, wait=False)
waiting = estimator("waiting", hyperparameters={"wait": 600})
waiting.fit({"train": raw}, wait=False)
piped = estimator("piped", input_mode="Pipe", hyperparameters={"epochs": 2})
piped.fit({"train": raw}, wait=False)
spot = estimator(
    "spot",
    use_spot_instances=True,
    max_run=600,
    max_wait=1200,
    checkpoint_s3_uri=f"{bucket}/checkpoints",
)
spot.fit({"train": raw}, wait=False)

waiting.latest_training_job.stop()
try:
    failing.latest_training_job.wait(logs="None")
except UnexpectedStatusException as error:
    result["failing"] = str(error)
for name, made in {"piped": piped, "spot": spot, "waiting": waiting}.items():
    made.latest_training_job.wait(logs="None")
    result[name] = made.latest_training_job.describe()["TrainingJobStatus"]
result["pipe"] = piped.latest_training_job.name
result["checkpoints"] = keys("checkpoints")
print(json.dumps(result))
