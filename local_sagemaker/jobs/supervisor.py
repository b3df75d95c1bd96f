"""The process that runs one job: ``python -m local_sagemaker.jobs.supervisor``.

The daemon starts one for each job it has acknowledged, and may itself come and go meanwhile.
"""

import argparse
import json
import os
import sqlite3
import sys
import traceback
from contextlib import suppress
from pathlib import Path

from local_sagemaker.home import Home
from local_sagemaker.jobs.containers.resource_use import ResourceMeter
from local_sagemaker.jobs.data.uploads import Uploader
from local_sagemaker.jobs.directory import JobDirectory
from local_sagemaker.jobs.ending import Ending
from local_sagemaker.jobs.job_run import JobRun
from local_sagemaker.jobs.reasons import JobFault, JobStoppedError, internal_error
from local_sagemaker.jobs.record import Record
from local_sagemaker.jobs.stopping import StopRequest
from local_sagemaker.kinds import KINDS
from local_sagemaker.process import ProcessId
from local_sagemaker.records.store import JobStore
from local_sagemaker.s3.store import ObjectStore

GRACE_VARIABLE = "ML_PIPELINE_LOCAL_STOP_GRACE_SECONDS"
"""How long a script has between SIGTERM and SIGKILL."""

_DEFAULT_GRACE = 120.0


def main(arguments: list[str] | None = None) -> int:
    """Run a job to its end.

    Returns:
        The exit code: zero, whatever became of the job.
    """
    options = _parser().parse_args(arguments)
    home = Home(options.home.resolve())
    store = JobStore(home.job_database)
    kind = KINDS[options.kind]
    if not store.set_supervisor(kind, options.name, ProcessId.current()):
        return 0
    job = store.get(kind, options.name)
    if job is not None and not job.ended:
        _supervise(home, Record(store, job), options.endpoint)
    return 0


def _supervise(home: Home, record: Record, endpoint: str) -> None:
    stop = StopRequest(record.stopping, record.interrupted)
    stop.listen()
    job = record.job
    directory = JobDirectory(home.job_directory(job.kind, job.name))
    objects = ObjectStore(home.s3)
    supervised = job.kind.supervised(record, Uploader(objects))
    meter = ResourceMeter(record, os.environ)
    try:
        directory.create()
        directory.request.write_text(json.dumps(job.request, indent=1), encoding="utf-8")
        run = JobRun(home, job, supervised, directory, objects, stop, endpoint, meter)
        ending = run.run(_grace())
    except JobStoppedError as stopped:
        ending = Ending("Stopped", exceeded=stopped.exceeded)
    except JobFault as fault:
        ending = Ending("Failed", fault.reason)
    except Exception as error:
        # Whatever it is, the job must not stay InProgress.
        with suppress(OSError):  # The disk may be full.
            traceback.print_exc()
        log = home.supervisor_log(job.kind, job.name)
        ending = Ending("Failed", internal_error(error, log))
    ending = meter.judge(ending)
    try:
        supervised.finish(ending)
    except sqlite3.OperationalError:
        # Most likely the job itself has filled the disk: free what it took, and try once more.
        directory.clear()
        supervised.finish(ending)
    directory.clear()


def _grace() -> float:
    return float(os.environ.get(GRACE_VARIABLE, _DEFAULT_GRACE))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="supervisor", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--kind", choices=KINDS, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--endpoint", required=True)
    return parser


if __name__ == "__main__":
    sys.exit(main())
