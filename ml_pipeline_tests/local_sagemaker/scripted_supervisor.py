"""A supervisor that runs nothing and ends as its job's environment variable SCRIPT says."""

import argparse
import os
import signal
import time
from pathlib import Path

from local_sagemaker.home import Home
from local_sagemaker.kinds import KINDS
from local_sagemaker.process import ProcessId
from local_sagemaker.records.store import JobStore

parser = argparse.ArgumentParser()
parser.add_argument("--home", type=Path)
parser.add_argument("--kind")
parser.add_argument("--name")
parser.add_argument("--endpoint")
options = parser.parse_args()
kind = KINDS[options.kind]
store = JobStore(Home(options.home).job_database)


def end(status: str) -> None:
    store.update(kind, options.name, **{kind.status: status})
    raise SystemExit


signal.signal(signal.SIGTERM, lambda *_: end("Stopped"))
if not store.set_supervisor(kind, options.name, ProcessId.current()):
    raise SystemExit("another process runs this job")
job = store.get(kind, options.name)
assert job is not None
if job.status == "Stopping":
    end("Stopped")
match job.request["Environment"]["SCRIPT"]:
    case "complete":
        end("Completed")
    case "wait":
        time.sleep(600)
    case "die":
        os._exit(1)
