"""Run the jobs one after the other and print the table."""

import argparse
import io
import json
import os
import platform
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.connection import connect
from benchmarks.delay_statistics import data
from benchmarks.delay_statistics.jobs import KINDS, spark_job, upload
from dagster_sagemaker import JobRequest, SageMakerConnection
from local_sagemaker.daemon import control
from local_sagemaker.home import Home
from local_sagemaker.kinds import PROCESSING
from local_sagemaker.records.store import JobStore

MEBIBYTE = 1024 * 1024
COUNTS = ["flights", "arrived", "late", "late_in_bad_weather", "planes_known", "plane_years"]


@dataclass(frozen=True)
class Took:
    """What a job took.

    Attributes:
        seconds: From its start to its end.
        cpu: CPU seconds of all hosts together.
        memory: Bytes, of the host that took most.
    """

    seconds: float
    cpu: float
    memory: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, nargs="+", default=(1, 20))
    parser.add_argument("--home", type=Path, help="keeps the images that were built")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Home(args.home or Path(folder, "home")).create()
        # pandas and the engine run in this Python, which has the image's versions of both.
        mapping = {"sagemaker-scikit-learn:*": {"python": sys.executable}}
        (home.root / "runtimes.json").write_text(json.dumps(mapping))
        endpoint = control.ensure_started(home.root, 0)
        try:
            measure(connect(endpoint.url), home, args.years)
        finally:
            control.stop(home.root)


def measure(connection: SageMakerConnection, home: Home, sizes: list[int]) -> None:
    """Run every job on every size."""
    s3 = connection.client("s3")
    s3.create_bucket(Bucket=data.BUCKET)
    data.upload(s3, 1)
    name = f"warm-up-{int(time.time())}"
    run(connection, home, spark_job(1, 1, name), name)  # builds the image
    now, load = datetime.now(timezone.utc), os.getloadavg()[0]
    print(f"{now:%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"load average before the first job: {load:.1f}")
    columns = f"{'hosts':>5}{'seconds':>9}{'CPU s':>8}{'MiB, a host':>13}  equal?"
    print(f"{'years':>5}  {'what':28}{columns}")
    for years in sizes:
        if years != 1:
            data.upload(s3, years)
        expected = None
        for what, make, counts in KINDS:
            for hosts in counts:
                name = f"{what.split()[0]}-{years}-{hosts}-{int(time.time())}"
                took = run(connection, home, make(years, hosts, name), name)
                counted = statistics(s3, name)
                expected = counted if expected is None else expected
                equal = "-"
                if counted is not None and expected is not None:
                    equal = "yes" if counted.equals(expected) else "NO"
                print(
                    f"{years:>5}  {what:28}{hosts:>5}{took.seconds:>9.0f}{took.cpu:>8.0f}"
                    f"{took.memory / MEBIBYTE:>13.0f}  {equal}",
                    flush=True,
                )


def run(connection: SageMakerConnection, home: Home, job: JobRequest, name: str) -> Took:
    """Run a job to its end."""
    upload(connection.client("s3"), job)
    client: Any = connection.client("sagemaker")
    client.create_processing_job(ProcessingJobName=name, **job.request)
    while True:
        job_now = client.describe_processing_job(ProcessingJobName=name)
        if job_now["ProcessingJobStatus"] not in ("InProgress", "Stopping"):
            break
        time.sleep(0.5)
    if job_now["ProcessingJobStatus"] != "Completed":
        sys.exit(f"{name}: {job_now.get('FailureReason')} {job_now.get('ExitMessage')}")
    record = JobStore(home.job_database).get(PROCESSING, name)
    assert record is not None
    use = record.state["ResourceUse"]
    seconds = (job_now["ProcessingEndTime"] - job_now["ProcessingStartTime"]).total_seconds()
    return Took(seconds, use["CpuSeconds"], use["PeakMemoryBytes"])


def statistics(s3: Any, result: str) -> "pd.DataFrame | None":
    """What a job counted, in an order that does not depend on how; None if it wrote no counts."""
    listed = s3.list_objects_v2(Bucket=data.BUCKET, Prefix=f"{result}/statistics/")
    bodies = [
        s3.get_object(Bucket=data.BUCKET, Key=entry["Key"])["Body"].read()
        for entry in listed.get("Contents", ())
    ]
    if not bodies:
        return None
    table = pd.concat([pd.read_parquet(io.BytesIO(body)) for body in bodies])
    return table.set_index(["level", "key"]).sort_index()[COUNTS].astype("int64")


if __name__ == "__main__":
    main()
