"""What the builders make runs: a job of each on the local service."""

import io
import json
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
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
    ProcessingOutput,
    PySparkProcessor,
    SageMakerConnection,
    TrainingChannel,
    XGBoostAlgorithm,
    XGBoostTraining,
)
from dagster_sagemaker.s3_uri import parse_s3_uri
from local_sagemaker.daemon import control
from local_sagemaker.home import Home
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.dagster_sagemaker.captured import ROLE
from ml_pipeline_tests.local_sagemaker.runtimes.wheels import wheel

BUCKET = "local-runs"
HERE: dict[str, Any] = {"role_arn": ROLE, "region": "us-east-1"}
OUTPUT = "/opt/ml/processing/output"
QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
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
flights = spark.read.csv(sys.argv[1], schema="late int, delay int, hour int")
is_late = functions.udf(late, types.BooleanType())("delay")
rates = flights.groupBy("hour").agg(functions.avg(is_late.cast("int")).alias("rate"))
rates.orderBy("hour").coalesce(1).write.csv(sys.argv[2])
print("partitions", spark.conf.get("spark.sql.shuffle.partitions"))
hadoop = spark.sparkContext._jsc.hadoopConfiguration()
print("connections", hadoop.get("fs.s3a.connection.maximum"))
"""
ON_ONE_HOST = """
import socket, sys, time
from pyspark.sql import SparkSession, functions, types

def fail(number):
    while "wait" in sys.argv:
        time.sleep(1)
    if socket.gethostname() == "algo-2":
        raise ValueError("no geo here")
    time.sleep(1)  # so that the other host has something to do too
    return number

spark = SparkSession.builder.getOrCreate()
print("the cluster is there", flush=True)
numbers = spark.range(0, 4, 1, 4).select(functions.udf(fail, types.LongType())("id"))
numbers.collect()
"""


def put_flights(service: LocalService) -> Any:
    s3 = service.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for number in range(4):  # so that each host has something to read
        s3.put_object(Bucket=BUCKET, Key=f"flights/{number}.csv", Body=ROWS.encode())
    return s3


def spark_job(script: str, *arguments: str, **fields: Any) -> JobRequest:
    return PySparkProcessor(instance_count=2, **fields, **HERE).build(
        code=CodeBundle.inline(script), code_uri=f"s3://{BUCKET}/code", arguments=arguments
    )


def defaults(**properties: str) -> dict[str, Any]:
    # Jobs this short end before Java's better compiler has paid off.
    quick = {f"spark.{who}.extraJavaOptions": QUICK_JAVA for who in ("driver", "executor")}
    named = {name.replace("_", "."): value for name, value in properties.items()}
    return {"Classification": "spark-defaults", "Properties": {**quick, **named}}


@pytest.mark.long
@pytest.mark.timeout(900)
def test_spark_on_a_cluster_that_reads_and_writes_s3(
    image_service: LocalService, tmp_path: Path
) -> None:
    package = tmp_path / "rates"
    package.mkdir()
    function = "def late(delay):\n    print('asked', flush=True)\n    return delay >= 10\n"
    (package / "__init__.py").write_text(function)
    s3 = put_flights(image_service)
    job = spark_job(
        SPARK,
        f"s3://{BUCKET}/flights/",
        f"s3a://{BUCKET}/rates",
        submit_py_files=(package,),
        configuration=[
            defaults(spark_sql_shuffle_partitions="2"),
            {"Classification": "core-site", "Properties": {"fs.s3a.connection.maximum": "7"}},
        ],
        spark_event_logs_s3_uri=f"s3://{BUCKET}/events",
    )
    finished = run(image_service, job)
    listed = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    (rates,) = [key for key in listed if key.startswith("rates/part-")]
    assert text(image_service, rates).splitlines() == ["0,0.5", "1,0.5", "2,0.5"]
    lines = log_of(image_service, finished.name)
    assert {"partitions 2", "connections 7"} <= set(lines)
    assert any(line.startswith("[executor ") and line.endswith("] asked") for line in lines)
    (events,) = [key for key in listed if key.startswith("events/")]
    ended = [json.loads(line) for line in text(image_service, events).splitlines()]
    assert {
        event["Task Info"]["Host"] for event in ended if event["Event"] == "SparkListenerTaskEnd"
    } == {"algo-1", "algo-2"}


@pytest.mark.long
@pytest.mark.timeout(900)
def test_spark_that_fails_on_one_executor_only(image_service: LocalService) -> None:
    put_flights(image_service)
    job = spark_job(ON_ONE_HOST, configuration=defaults(spark_task_maxFailures="1"))
    with pytest.raises(dg.Failure, match=r"ValueError: no geo here, in a task on algo-2 \(exec"):
        run(image_service, job)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_of_a_stopped_cluster_nothing_is_left(image_service: LocalService) -> None:
    s3, sagemaker = put_flights(image_service), image_service.client("sagemaker")
    job = spark_job(ON_ONE_HOST, "wait", configuration=defaults())
    for upload in job.uploads:
        place = parse_s3_uri(upload.uri)
        s3.put_object(Bucket=place.bucket, Key=place.key, Body=upload.content)
    sagemaker.create_processing_job(ProcessingJobName="waiting", **job.request)
    while "the cluster is there" not in log_of(image_service, "waiting"):
        assert status_of(image_service, "waiting") == "InProgress"
        time.sleep(0.5)
    assert len(javas(image_service)) >= 4  # a master, a driver, and two workers
    sagemaker.stop_processing_job(ProcessingJobName="waiting")
    while status_of(image_service, "waiting") != "Stopped":
        time.sleep(0.2)
    assert javas(image_service) == []


def status_of(service: LocalService, name: str) -> str:
    described = service.client("sagemaker").describe_processing_job(ProcessingJobName=name)
    return str(described["ProcessingJobStatus"])


def log_of(service: LocalService, name: str) -> list[str]:
    logs, group = service.client("logs"), "/aws/sagemaker/ProcessingJobs"
    try:
        found = logs.filter_log_events(logGroupName=group, logStreamNamePrefix=name)
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [event["message"] for event in found["events"]]


def javas(service: LocalService) -> list[str]:
    """The processes that run the Java of an image of this service."""
    mine = str(service.home.runtimes)
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            program = (process / "cmdline").read_text().split("\0")[0]
            if program.startswith(mine) and program.endswith("/java"):
                found.append(process.name)
    return found
