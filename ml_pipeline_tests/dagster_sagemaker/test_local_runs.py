"""What the builders make runs: a job of each on the local service."""

import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from dagster_sagemaker import (
    CodeBundle,
    FinishedJob,
    FrameworkProcessor,
    JobRequest,
    PipesSageMakerProcessingClient,
    PipesSageMakerTrainingClient,
    Polling,
    ProcessingInput,
    ProcessingOutput,
    PySparkProcessor,
    SageMakerConnection,
    TrainingChannel,
    XGBoostAlgorithm,
    XGBoostTraining,
)
from local_sagemaker.daemon import control
from local_sagemaker.home import Home
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.dagster_sagemaker.captured import ROLE
from ml_pipeline_tests.local_sagemaker.runtimes.wheels import wheel

BUCKET = "local-runs"
HERE: dict[str, Any] = {"role_arn": ROLE, "region": "us-east-1"}
OUTPUT = "/opt/ml/processing/output"
QUICK = Polling(initial_seconds=0.1, cap_seconds=0.5, late_log_seconds=0.0)
ROWS = "".join(
    f"{number % 2},{number % 2 * 10 + number % 7},{number % 3}\n" for number in range(90)
)


@pytest.fixture(scope="session")
def image_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    """A local service that builds what stands in for images."""
    home = Home(tmp_path_factory.mktemp("image_service") / "home").create()
    try:
        yield LocalService(home, control.ensure_started(home.root, 0))
    finally:
        control.stop(home.root)


def run(service: LocalService, job: JobRequest) -> FinishedJob:
    """Run a job to its end, as an asset does."""
    service.client("s3").create_bucket(Bucket=BUCKET)
    connection = SageMakerConnection(
        region="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        endpoint_url=service.url,
    )
    made: Callable[..., Any] = (
        PipesSageMakerTrainingClient
        if "OutputDataConfig" in job.request
        else PipesSageMakerProcessingClient
    )
    client = made(connection, bucket=BUCKET, polling=QUICK)
    finished: list[FinishedJob] = []

    @dg.asset
    def made_here(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        finished.append(client.run(context=context, request=job).job)
        return dg.MaterializeResult(metadata=finished[0].metadata)

    dg.materialize([made_here])
    return finished[0]


def text(service: LocalService, key: str) -> str:
    body = service.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return str(body, "utf-8")


def members(service: LocalService, job: FinishedJob) -> list[str]:
    key = f"models/{job.name}/output/model.tar.gz"
    body = service.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        return [name for name in archive.getnames() if name != "."]


def greet(*names: str) -> None:
    from pathlib import Path

    Path("/opt/ml/processing/output/greeting.txt").write_text(" ".join(("hello", *names)))


def test_a_function_in_the_scikit_learn_image(local_service: LocalService) -> None:
    job = FrameworkProcessor(framework="sklearn", framework_version="1.4-2", **HERE).build(
        code=CodeBundle.inline(greet),
        code_uri=f"s3://{BUCKET}/code",
        arguments=["a b", "$HOME"],
        outputs=[ProcessingOutput(name="out", local_path=OUTPUT, s3_uri=f"s3://{BUCKET}/greet")],
    )
    run(local_service, job)
    assert text(local_service, "greet/greeting.txt") == "hello a b $HOME"


@pytest.mark.long
@pytest.mark.timeout(300)
def test_requirements_are_there_when_the_script_runs(
    local_service: LocalService, tmp_path: Path
) -> None:
    name, content = wheel("greeter", "1.0", "GREETING = 'hello from a wheel'\n")
    requirements = tmp_path / "needs.txt"
    requirements.write_text(f"./{name}\n")
    script = f"import greeter; open('{OUTPUT}/greeting.txt', 'w').write(greeter.GREETING)"
    job = FrameworkProcessor(framework="sklearn", framework_version="1.4-2", **HERE).build(
        code=CodeBundle(
            {"job.py": script.encode(), name: content}, "job.py", requirements=requirements
        ),
        code_uri=f"s3://{BUCKET}/code",
        outputs=[ProcessingOutput(name="out", local_path=OUTPUT, s3_uri=f"s3://{BUCKET}/needs")],
    )
    run(local_service, job)
    assert text(local_service, "needs/greeting.txt") == "hello from a wheel"


def heavy_on_the_second_host() -> None:
    import json
    import time
    from pathlib import Path

    host = json.loads(Path("/opt/ml/config/resourceconfig.json").read_text())["current_host"]
    held = b"x" * (300_000_000 if host == "algo-2" else 1)
    time.sleep(0.3)
    Path("/opt/ml/processing/output/rows.csv").write_text(f"{len(held)}\n")


@pytest.mark.long
def test_hosts_that_differ_in_what_they_take_and_not_in_what_they_write(
    local_service: LocalService,
) -> None:
    job = FrameworkProcessor(
        framework="sklearn", framework_version="1.4-2", instance_count=2, **HERE
    ).build(
        code=CodeBundle.inline(heavy_on_the_second_host),
        code_uri=f"s3://{BUCKET}/code",
        outputs=[ProcessingOutput(name="out", local_path=OUTPUT, s3_uri=f"s3://{BUCKET}/heavy")],
    )
    found = run(local_service, job).metadata
    one, two = (dict(record.data) for record in found["peaks_by_host"].records)
    assert (one["host"], two["host"]) == ("algo-1", "algo-2")
    # 300 MB are 1.7 % of the 16 GiB of an ml.m5.xlarge.
    assert 1.5 < two["peak_memory_percent"] - one["peak_memory_percent"] < 1.9
    assert found["peak_memory_percent"] == two["peak_memory_percent"]
    assert found["right_sizing"].startswith("peaked at ")
    assert "each wrote the same keys" in found["same_keys_warning"]


SCRIPT = """
import argparse, os, pathlib
import pandas
import xgboost

parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int)
rounds = parser.parse_args().rounds
(path,) = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"]).glob("*.csv")
table = pandas.read_csv(path, header=None)
data = xgboost.DMatrix(table[[1, 2]], table[0])
booster = xgboost.train({"objective": "binary:logistic"}, data, rounds)
print(f"rounds={booster.num_boosted_rounds()};")
booster.save_model(os.path.join(os.environ["SM_MODEL_DIR"], "model.json"))
"""


# The images' packages are hundreds of megabytes from a package index.
@pytest.mark.long
@pytest.mark.timeout(900)
def test_xgboost_with_a_script_and_without(image_service: LocalService) -> None:
    s3 = image_service.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="train/rows.csv", Body=ROWS.encode())
    channels = [
        TrainingChannel(name=name, s3_uri=f"s3://{BUCKET}/train/", content_type="text/csv")
        for name in ("train", "validation")
    ]
    output_uri = f"s3://{BUCKET}/models/"
    scripted = XGBoostTraining(
        framework_version="3.2-0", metric_definitions={"rounds": "rounds=([0-9]+);"}, **HERE
    ).build(
        code=CodeBundle.inline(SCRIPT),
        code_uri=f"s3://{BUCKET}/code",
        channels=channels,
        output_uri=output_uri,
        hyperparameters={"rounds": 4},
    )
    finished = run(image_service, scripted)
    assert members(image_service, finished) == ["model.json"]
    assert finished.metadata["rounds"] == 4.0
    table = pd.read_csv(io.StringIO(ROWS), names=["late", "delay", "hour"])
    s3.put_object(Bucket=BUCKET, Key="parquet/rows.parquet", Body=table.to_parquet())
    parquet = TrainingChannel(
        name="train", s3_uri=f"s3://{BUCKET}/parquet/", content_type="application/x-parquet"
    )
    for given in (channels, [parquet]):
        built_in = XGBoostAlgorithm(framework_version="3.2-0", **HERE).build(
            channels=given,
            output_uri=output_uri,
            hyperparameters={"num_round": 3, "objective": "binary:logistic"},
        )
        assert members(image_service, run(image_service, built_in)) == ["xgboost-model"]


SPARK = """
import sys
from pyspark.sql import SparkSession, functions, types
from rates import late

spark = SparkSession.builder.getOrCreate()
flights = spark.read.csv(f"file://{sys.argv[1]}", schema="late int, delay int, hour int")
is_late = functions.udf(late, types.BooleanType())("delay")
rates = flights.groupBy("hour").agg(functions.avg(is_late.cast("int")).alias("rate"))
rates.orderBy("hour").coalesce(1).write.csv(f"file://{sys.argv[2]}/rates")
print("partitions", spark.conf.get("spark.sql.shuffle.partitions"))
"""


@pytest.mark.long
@pytest.mark.timeout(900)
def test_spark_with_a_package_on_its_executors(image_service: LocalService, tmp_path: Path) -> None:
    package = tmp_path / "rates"
    package.mkdir()
    (package / "__init__.py").write_text("def late(delay):\n    return delay >= 10\n")
    s3 = image_service.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="flights/rows.csv", Body=ROWS.encode())
    raw = "/opt/ml/processing/input/flights"
    job = PySparkProcessor(
        submit_py_files=(package,),
        configuration={
            "Classification": "spark-defaults",
            "Properties": {"spark.sql.shuffle.partitions": "2"},
        },
        spark_event_logs_s3_uri=f"s3://{BUCKET}/events",
        **HERE,
    ).build(
        code=CodeBundle.inline(SPARK),
        code_uri=f"s3://{BUCKET}/code",
        arguments=[raw, OUTPUT],
        inputs=[ProcessingInput(name="raw", s3_uri=f"s3://{BUCKET}/flights/", local_path=raw)],
        outputs=[ProcessingOutput(name="out", local_path=OUTPUT, s3_uri=f"s3://{BUCKET}/spark")],
    )
    run(image_service, job)
    listed = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    (rates,) = [key for key in listed if key.startswith("spark/rates/part-")]
    assert text(image_service, rates).splitlines() == ["0,0.5", "1,0.5", "2,0.5"]
    assert any(key.startswith("events/") for key in listed)
