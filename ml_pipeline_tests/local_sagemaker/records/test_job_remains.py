import subprocess
import sys
from pathlib import Path

import pytest

from local_sagemaker.home import Home
from local_sagemaker.kinds import PROCESSING, TRAINING
from local_sagemaker.process import ProcessId
from local_sagemaker.records import job_remains
from local_sagemaker.records.store import JobStore
from ml_pipeline_tests.local_sagemaker.daemons import RunDaemon, wait_for


def directory(home: Home, name: str) -> Path:
    made = home.job_directory(PROCESSING, name)
    made.mkdir(parents=True)
    (made / "supervisor.log").write_text("a line")
    return made


def test_the_directory_of_a_job_that_has_a_record_stays(home: Home) -> None:
    store = JobStore(home.job_database)
    store.add(PROCESSING, "here", "arn:here", {}, {"ProcessingJobStatus": "InProgress"})
    here, gone = directory(home, "here"), directory(home, "gone")
    assert list(job_remains.without_record(home, store, PROCESSING)) == ["gone"]
    for name in ("here", "gone", "never"):
        job_remains.remove_directory(home, store, PROCESSING, name)
    assert (here.exists(), gone.exists()) == (True, False)
    assert job_remains.left_aside(home) == []
    assert list(job_remains.without_record(home, store, TRAINING)) == []


def test_what_a_killed_remover_left_is_gone_when_a_daemon_starts(
    home: Home, run_daemon: RunDaemon
) -> None:
    store = JobStore(home.job_database)
    directory(home, "gone")
    [aside] = job_remains.set_aside(home, store, PROCESSING, ["gone"])
    assert job_remains.left_aside(home) == [aside]
    with run_daemon(home.root):
        wait_for(lambda: not aside.exists())


def test_a_supervisor_that_tidies_for_too_long_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_remains, "_TIDYING_SECONDS", 0.1)
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    job_remains.await_tidied(ProcessId.of(process.pid))
    assert process.wait(timeout=60) == -9
    job_remains.await_tidied(ProcessId.of(process.pid))
