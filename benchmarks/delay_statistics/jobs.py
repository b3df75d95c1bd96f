"""The jobs that are compared."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.delay_statistics import in_pandas
from benchmarks.delay_statistics.data import BUCKET, FIRST, last_day
from dagster_sagemaker import (
    CodeBundle,
    JobRequest,
    ProcessingInput,
    ProcessingOutput,
    PySparkProcessor,
    SKLearnProcessor,
)
from ml_pipeline import code_bundles

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BASE = f"s3://{BUCKET}"
WHERE: dict[str, Any] = {
    "role_arn": "arn:aws:iam::000000000000:role/benchmark",
    "region": "us-east-1",
}
SPEC = {
    "label": {"column": "late"},
    "categorical": [{"columns": ["carrier", "route", "hour"], "encode": "target"}],
    "split": {"method": "hash", "validation": 0.01, "seed": 0},
    "schema": {"hour": "text"},
}


def pandas_job(years: int, hosts: int, result: str) -> JobRequest:
    """All on one host."""
    assert hosts == 1
    script = Path(in_pandas.__file__)
    return SKLearnProcessor(**WHERE).build(
        code=CodeBundle([script], script.name),
        code_uri=f"{BASE}/code",
        inputs=[_input("raw", f"raw-{years}/")],
        outputs=[_output("statistics", result)],
    )


def engine_job(years: int, hosts: int, result: str) -> JobRequest:
    """The rates alone, as the encoding of the three keys; each host has its share of the files."""
    names = ("train", "validation", "preprocessor", "report")
    return SKLearnProcessor(**WHERE, instance_count=hosts).build(
        code=code_bundles.tabular,
        code_uri=f"{BASE}/code",
        inputs=[
            _input("data", f"table-{years}/", distribution="ShardedByS3Key"),
            _input("spec", "spec.json"),
        ],
        outputs=[_output(name, result) for name in names],
    )


def spark_job(years: int, hosts: int, result: str) -> JobRequest:
    """As the asset runs it."""
    return PySparkProcessor(**WHERE, instance_count=hosts).build(
        code=code_bundles.route_statistics,
        code_uri=f"{BASE}/code",
        arguments=[
            f"--first={FIRST}",
            f"--ds={last_day(years)}",
            f"--input={BASE}/raw-{years}/",
            f"--output={BASE}/{result}/",
        ],
        outputs=[_output("report", result)],
    )


def upload(s3: "S3Client", job: JobRequest) -> None:
    """Upload what a job needs."""
    s3.put_object(Bucket=BUCKET, Key="spec.json", Body=json.dumps(SPEC).encode())
    for one in job.uploads:
        s3.put_object(Bucket=BUCKET, Key=one.uri.removeprefix(f"{BASE}/"), Body=one.content)


def _input(name: str, key: str, **more: Any) -> ProcessingInput:
    path = f"/opt/ml/processing/input/{name}"
    return ProcessingInput(name=name, s3_uri=f"{BASE}/{key}", local_path=path, **more)


def _output(name: str, result: str) -> ProcessingOutput:
    path = f"/opt/ml/processing/output/{name}"
    return ProcessingOutput(name=name, s3_uri=f"{BASE}/{result}/{name}", local_path=path)


KINDS: Sequence[tuple[str, Any, Sequence[int]]] = (
    ("pandas", pandas_job, (1,)),
    ("tabular engine, rates only", engine_job, (1, 4)),
    ("Spark", spark_job, (1, 4)),
)
"""What to call a job, what makes it, and the numbers of hosts it can use."""
