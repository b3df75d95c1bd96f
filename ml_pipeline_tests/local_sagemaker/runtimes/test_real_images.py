"""The images as they are built for real: hundreds of megabytes from a package index."""

import json
import random
import sys

import pytest

from local_sagemaker.kinds import TRAINING
from local_sagemaker.records.store import Job
from ml_pipeline_tests.local_sagemaker.jobs.sandbox import BUCKET, CODE, Sandbox, members

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
SCIKIT_LEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost"
SPARK = "173754725891.dkr.ecr.us-east-1.amazonaws.com/sagemaker-spark-processing:3.5-cpu"
RUN = ["python3", f"{CODE}/script.py"]


def finish(sandbox: Sandbox, job: Job) -> None:
    assert sandbox.start(job).wait(800) == 0


@pytest.mark.parametrize("version", ["1.2-1", "1.9-0"])
def test_scikit_learn(sandbox: Sandbox, version: str) -> None:
    script = "import sklearn, pandas, numpy, pyarrow.parquet; print(sklearn.__version__)"
    image = f"{SCIKIT_LEARN}:{version}-cpu-py3"
    app = {"ImageUri": image, "ContainerEntrypoint": RUN}
    job = sandbox.processing("job", script, AppSpecification=app)
    finish(sandbox, job)
    assert sandbox.get(job).status == "Completed", sandbox.log(job)[-5:]
    if version == "1.9-0":
        assert sandbox.log(job)[-1].startswith("1.9" if sys.version_info >= (3, 11) else "1.7")
    else:
        assert any(line.startswith("sagemaker-scikit-learn:1.2-1 has") for line in sandbox.log(job))


@pytest.mark.parametrize("version", ["3.0-5", "1.7-1", "1.3-1", "1.0-1"])
def test_the_built_in_xgboost(sandbox: Sandbox, version: str) -> None:
    dealer = random.Random(1)
    rows = [f"{dealer.random()},{dealer.random()},{dealer.random()}" for _ in range(200)]
    sandbox.put("train/a.csv", "\n".join(rows))
    channel = {**sandbox.channel("train", "train/"), "ContentType": "text/csv"}
    image = f"{XGBOOST}:{version}"
    template = sandbox.training("template", {}).request
    request = {
        **template,
        "TrainingJobName": "xgboost",
        "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
        "HyperParameters": {"num_round": "3", "objective": "reg:squarederror"},
        "InputDataConfig": [channel],
    }
    job = sandbox.add(TRAINING, request)
    finish(sandbox, job)
    assert sandbox.get(job).status == "Completed", sandbox.log(job)[-5:]
    lines = [line for line in sandbox.log(job) if line.startswith("[")]
    assert next(line[:20] for line in lines if "#011" in line) == "[0]#011train-rmse:0."
    data = sandbox.objects.read_bytes(BUCKET, "models/xgboost/output/model.tar.gz")
    assert list(members(data)) == ["xgboost-model"]


def test_spark(sandbox: Sandbox) -> None:
    script = """
from pyspark.sql import SparkSession, functions, types
from helper import twice
spark = SparkSession.builder.getOrCreate()
column = functions.udf(twice, types.LongType())("id")
print("sum", spark.range(10).select(column.alias("x")).agg(functions.sum("x")).collect()[0][0])
print("partitions", spark.conf.get("spark.sql.shuffle.partitions"))
"""
    sandbox.put("py-files/helper.py", "def twice(x): return 2 * x\n")
    defaults = {"spark.sql.shuffle.partitions": "2"}
    configuration = [{"Classification": "spark-defaults", "Properties": defaults}]
    sandbox.put("conf/configuration.json", json.dumps(configuration))
    submit = ["smspark-submit", "--py-files", "/opt/ml/processing/input/py-files"]
    inputs = [
        sandbox.input(name, f"{name}/", f"/opt/ml/processing/input/{name}")
        for name in ("py-files", "conf")
    ]
    job = sandbox.processing(
        "job",
        script,
        AppSpecification={"ImageUri": SPARK, "ContainerEntrypoint": [*submit, f"{CODE}/script.py"]},
        ProcessingInputs=inputs,
    )
    finish(sandbox, job)
    assert sandbox.get(job).status == "Completed", sandbox.log(job)[-5:]
    assert {"sum 90", "partitions 2"} <= set(sandbox.log(job))
