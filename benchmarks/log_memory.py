"""How much memory a Dagster run needs that waits for a job with a long log.

For jobs that print a thousand and a million lines, prints the peak memory of the process that
waits, how long that took, and how many lines are in the run's log. The service is the local one,
and Dagster's storage is on disk, as it is outside of tests.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import dagster as dg

from benchmarks.connection import connect
from benchmarks.requests import IMAGE, ROLE
from dagster_sagemaker import JobRequest, PipesSageMakerProcessingClient
from local_sagemaker.daemon import control

LINES = (1_000, 1_000_000)
_TEXT = "of a log that is as long as logs of training jobs tend to be"


def main() -> None:
    """Measure and print; arguments are numbers of lines, instead of those above."""
    counts = [int(argument) for argument in sys.argv[1:]] or LINES
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        endpoint = control.ensure_started(home, 0)
        try:
            connect(endpoint.url).client("s3").create_bucket(Bucket="bench")
            print(f"{'lines':>10}{'peak memory, MiB':>18}{'seconds':>9}{'lines shown':>13}")
            for count in counts:
                command = [sys.executable, "-W", "ignore", "-m", __spec__.name, "--child"]
                storage = Path(folder) / f"dagster-{count}"
                storage.mkdir()
                subprocess.run([*command, endpoint.url, str(storage), str(count)], check=True)
        finally:
            control.stop(home)


def _wait_for_a_job(url: str, storage: str, count: int) -> None:
    """Run one job, and print a line of the table."""
    client = PipesSageMakerProcessingClient(connect(url), bucket="bench")

    @dg.asset(name=f"lines_{count}")
    def asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        job = client.run(context=context, request=_request(count)).job
        return dg.MaterializeResult(metadata=job.metadata)

    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    began = time.monotonic()
    with dg.DagsterInstance.local_temp(tempdir=storage) as instance:
        result = dg.materialize([asset], instance=instance, run_config=quiet)
        seconds = time.monotonic() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        shown = sum(record.user_message.count(_TEXT) for record in instance.all_logs(result.run_id))
    print(f"{count:10,}{peak:18.0f}{seconds:9.0f}{shown:13,}")


def _request(count: int) -> JobRequest:
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
    script = f"seq -f 'line %.0f {_TEXT}' {count}"
    return JobRequest(
        {
            "RoleArn": ROLE,
            "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["bash", "-c", script]},
            "ProcessingResources": {"ClusterConfig": cluster},
        }
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _wait_for_a_job(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main()
