"""What the completion sensor costs while many jobs run for a long time."""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import dagster as dg

from benchmarks.connection import connect
from benchmarks.waiting import location
from local_sagemaker.faults.client import FaultsClient
from ml_pipeline_tests.local_sagemaker.daemons import running_daemon

# Is there, and does nothing: the jobs of an hour are not really run.
_SUPERVISOR = ("/bin/sh", "-c", "exec sleep 3600", "supervisor")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--ticks", type=int, default=8)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_daemon(Path(folder) / "home", _SUPERVISOR) as service,
        dg.DagsterInstance.local_temp(tempdir=folder) as instance,
    ):
        connection = connect(service.url)
        connection.client("s3").create_bucket(Bucket="bench")
        definitions = location.build(service.url, wait=False, queue=None)
        _submit(instance, definitions, options.jobs)
        faults = FaultsClient(service.port)
        faults.put("all", "slow", operation="sagemaker:*", seconds=1e-6)
        print(f"{'tick':>6}{'seconds':>9}{'requests so far':>17}{'peak memory, MiB':>18}")
        cursor = None
        sensor = definitions.get_sensor_def("sagemaker_completions")
        for tick in range(1, options.ticks + 1):
            began = time.monotonic()
            with dg.build_sensor_context(
                instance=instance,
                definitions=definitions,
                resources={"aws": connection},
                cursor=cursor,
            ) as context:
                cursor = sensor.evaluate_tick(context).cursor
            seconds = time.monotonic() - began
            [fault] = faults.list()
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"{tick:6}{seconds:9.2f}{fault['hits']:17}{peak:18.0f}", flush=True)
            time.sleep(max(15 - seconds, 0))


def _submit(instance: dg.DagsterInstance, definitions: dg.Definitions, jobs: int) -> None:
    """Have a run for each job, which leaves it running."""
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    job = definitions.resolve_job_def("all_of_it")
    for number in range(jobs):
        job.execute_in_process(
            instance=instance,
            run_config=quiet,
            tags={"dagster/partition": location.partition(number)},
        )


if __name__ == "__main__":
    main()
