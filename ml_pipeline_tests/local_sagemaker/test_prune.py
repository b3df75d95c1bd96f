"""Prune: what is old goes, whatever happens meanwhile, and nothing else."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from local_sagemaker import prune
from local_sagemaker.home import Home
from local_sagemaker.kinds import KINDS, PROCESSING, TRAINING, JobKind
from local_sagemaker.log_files import LogFiles
from local_sagemaker.process import ProcessId
from local_sagemaker.records import job_remains
from local_sagemaker.records.job_query import JobQuery
from local_sagemaker.records.store import Job, JobStore
from local_sagemaker.runtimes.locks import RuntimeLock
from local_sagemaker.s3.store import ObjectStore
from ml_pipeline.cli.local.prune import prune as command
from ml_pipeline.settings import Settings
from ml_pipeline_tests.local_sagemaker.daemons import (
    RunDaemon,
    processing_request,
    training_request,
    wait_for,
)

DAY = 86400


class Place:
    """A home with jobs of any age."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root).create()
        self.store = JobStore(self.home.job_database)
        self.logs = LogFiles(self.home.logs)

    def job(
        self, kind: JobKind, name: str, days: float, status: str = "Completed", **request: Any
    ) -> None:
        """A job that has had a status for so many days, with a directory and a log."""
        arn = f"arn:{kind}/{name}"
        self.store.add(kind, name, arn, request, {kind.status: "InProgress"})
        self.store.update(kind, name, **{kind.status: status})
        then = time.time() - days * DAY
        connection = self.store._file.connection()
        connection.execute(
            "UPDATE jobs SET created = ?, modified = ? WHERE arn = ?", (then, then, arn)
        )
        directory = self.home.job_directory(kind, name)
        (directory / "hosts").mkdir(parents=True)
        (directory / "supervisor.log").write_text("x" * 10_000)
        self.log(kind, name, days)

    def log(self, kind: JobKind, name: str, days: float) -> None:
        group, stream = kind.log_group, f"{name}/algo-1-1"
        writer = self.logs.writer(group, stream)
        writer.write("a line")
        writer.close()
        then = time.time() - days * DAY
        os.utime(self.logs._path(group, stream), (then, then))

    def runtime(self, key: str, days: float) -> Path:
        directory = self.home.runtimes / key
        (directory / "bin").mkdir(parents=True)
        (directory / "bin" / "tool").write_bytes(b"x" * 100_000)
        lock = self.home.runtimes / f"{key}.lock"
        lock.touch()
        then = time.time() - days * DAY
        os.utime(lock, (then, then))
        return directory

    def left(self) -> dict[str, set[str]]:
        """The names that still have a record, a directory and a log, of all kinds together."""
        return {
            "records": {
                job.name for kind in KINDS.values() for job in self.store.find(JobQuery(kind=kind))
            },
            "directories": {path.name for path in self.home.jobs.glob("[!.]*/*")},
            "aside": {path.name for path in job_remains.left_aside(self.home)},
            "logs": {
                stream.name.partition("/")[0]
                for group in self.logs.groups()
                for stream in self.logs.streams(group)
            },
        }


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "home")


def only(*names: str) -> dict[str, set[str]]:
    here = set(names)
    return {"records": here, "directories": here, "aside": set(), "logs": here}


def test_old_jobs_go_and_all_else_stays(place: Place) -> None:
    objects = ObjectStore(place.home.s3)
    objects.create_bucket("bucket")
    objects.put_bytes("bucket", "old", b"data")
    for kind in KINDS.values():
        for status in ("Completed", "Failed", "Stopped"):
            place.job(kind, f"old-{status}", 8, status)
        place.job(kind, "new", 6)
        place.job(kind, "running", 8, "InProgress")
        place.job(kind, "stopping", 8, "Stopping")
    place.store.put_tags("arn:processing/old-Failed", {"k": "v"})
    kept = ("new", "running", "stopping")

    everything = place.left()
    pretended = prune.prune(place.home, 7 * DAY, runtimes=True, dry_run=True)
    assert place.left() == everything
    freed = prune.prune(place.home, 7 * DAY)
    assert place.left() == only(*kept)
    assert place.store.tags("arn:processing/old-Failed") == {}
    assert objects.head("bucket", "old").size == 4
    assert (freed.jobs, freed.logs, freed.runtimes) == (6, 6, 0)
    assert (pretended.jobs, pretended.logs, pretended.log_bytes) == (6, 6, freed.log_bytes)
    assert 6 * 10_000 <= pretended.job_bytes <= freed.job_bytes
    assert freed.bytes == freed.job_bytes + freed.log_bytes
    assert prune.prune(place.home, 7 * DAY).bytes == 0


def test_an_empty_home_has_nothing_old(tmp_path: Path) -> None:
    assert prune.prune(Home(tmp_path / "none"), 0, runtimes=True).bytes == 0
    assert not (tmp_path / "none").exists()


def test_what_a_deleted_job_left_goes_too(place: Place) -> None:
    place.job(PROCESSING, "deleted", 8)
    place.job(PROCESSING, "deleted-lately", 1)
    for name in ("deleted", "deleted-lately"):
        place.store.remove(PROCESSING, name, lambda job: None)
    prune.prune(place.home, 7 * DAY)
    left = place.left()
    assert left["directories"] == set()
    assert left["logs"] == {"deleted-lately"}


def test_a_job_whose_supervisor_still_tidies_stays(place: Place) -> None:
    place.job(PROCESSING, "tidying", 8)
    place.store.set_supervisor(PROCESSING, "tidying", ProcessId.current())
    prune.prune(place.home, 7 * DAY)
    assert place.left() == only("tidying")


def test_a_job_that_retains_a_warm_pool_stays(place: Place) -> None:
    request = training_request("pool")
    request["ResourceConfig"]["KeepAlivePeriodInSeconds"] = 600
    place.job(TRAINING, "pool", 8, "InProgress", **request)
    now = time.time()
    place.store.update(
        TRAINING,
        "pool",
        TrainingJobStatus="Completed",
        TrainingStartTime=now,
        TrainingEndTime=now,
    )
    prune.prune(place.home, -1)
    assert place.left() == only("pool")


def test_a_directory_whose_files_may_not_be_looked_at(place: Place) -> None:
    place.job(PROCESSING, "locked", 8)
    hosts = place.home.job_directory(PROCESSING, "locked") / "hosts"
    (hosts / "inner").mkdir()
    (hosts / "inner" / "file").write_text("x")
    hosts.chmod(0)
    prune.prune(place.home, 7 * DAY)
    assert place.left() == only()


def raising(*_: Any, **__: Any) -> Any:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "step",
    ["_prune_directories", "set_aside", "remove_tree", "_prune_logs"],
)
def test_a_run_that_is_cut_off_is_finished_by_the_next(
    place: Place, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    for number in range(5):
        place.job(PROCESSING, f"old-{number}", 8)
    place.job(PROCESSING, "new", 1)
    with monkeypatch.context() as patch:
        patch.setattr(prune, step, raising)
        with pytest.raises(KeyboardInterrupt):
            prune.prune(place.home, 7 * DAY)
    left = place.left()
    assert left["records"] == {"new"}
    assert len(left["logs"]) == 6
    prune.prune(place.home, 7 * DAY)
    assert place.left() == only("new")


def test_a_disk_that_is_too_full_to_record_a_removal(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.job(PROCESSING, "old", 8)
    place.job(PROCESSING, "new", 1)
    forget = JobStore.forget
    group = "/aws/sagemaker/ProcessingJobs"

    def full(store: JobStore, jobs: list[Job]) -> list[Job]:
        if len(place.logs.streams(group)) == 2:
            raise sqlite3.OperationalError("database or disk is full")
        return forget(store, jobs)

    monkeypatch.setattr(JobStore, "forget", full)
    freed = prune.prune(place.home, 7 * DAY)
    assert (freed.jobs, freed.logs) == (1, 1)
    assert place.left() == only("new")


def test_a_run_that_is_killed_is_finished_by_the_next(place: Place) -> None:
    for number in range(250):
        place.job(PROCESSING, f"old-{number}", 8)
    place.job(PROCESSING, "running", 8, "InProgress")
    code = (
        "import sys, pathlib; from local_sagemaker import prune;"
        "from local_sagemaker.home import Home;"
        f"prune.prune(Home(pathlib.Path(sys.argv[1])), {7 * DAY})"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(place.home.root)])
    processing = place.home.jobs / "processing"
    wait_for(lambda: process.poll() is not None or len(list(processing.iterdir())) < 200)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for job in place.store.find(JobQuery(kind=PROCESSING)):
        assert place.home.job_directory(PROCESSING, job.name).is_dir()
    prune.prune(place.home, 7 * DAY)
    assert place.left() == only("running")


def test_jobs_come_and_go_beside_it(run_daemon: RunDaemon, tmp_path: Path) -> None:
    with run_daemon(tmp_path / "home") as service:
        client = service.client("sagemaker")
        client.create_processing_job(**processing_request("running", "wait"))
        for turn in range(5):
            # The name of a job that was pruned is free, and its successor is left alone.
            for name in ("a", "b"):
                client.create_processing_job(**processing_request(name))
            store = JobStore(service.home.job_database)
            wait_for(pruned_both(service.home, store))
            assert store.get(PROCESSING, "running") is not None, turn
        running = client.describe_processing_job(ProcessingJobName="running")
        assert running["ProcessingJobStatus"] == "InProgress"
        assert service.home.job_directory(PROCESSING, "running").is_dir()
        assert not service.home.job_directory(PROCESSING, "a").exists()


def pruned_both(home: Home, store: JobStore) -> Callable[[], bool]:
    def look() -> bool:
        prune.prune(home, 0)
        return {job.name for job in store.find(JobQuery(kind=PROCESSING))} == {"running"}

    return look


def test_runtimes_that_nobody_used_go_when_asked(place: Place) -> None:
    old, new, used = (place.runtime("old", 8), place.runtime("new", 6), place.runtime("used", 8))
    doomed = place.runtime("cut-off.removing", 0)
    lock = RuntimeLock(place.home.runtimes / "used.lock")
    assert lock.share()
    prune.prune(place.home, 7 * DAY)
    assert old.exists()
    freed = prune.prune(place.home, 7 * DAY, runtimes=True)
    lock.close()
    assert [path.exists() for path in (old, new, used, doomed)] == [False, True, True, False]
    assert freed.runtimes == 2
    assert freed.runtime_bytes >= 200_000


def test_the_command_says_what_it_freed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=place.home.root)
    monkeypatch.setattr(
        import_module("ml_pipeline.cli.local.prune"), "get_settings", lambda: settings
    )
    place.job(PROCESSING, "old", 8)
    run = CliRunner().invoke
    dry = run(command, ["--older-than", "1w", "--dry-run"])
    assert dry.output.startswith("would remove 1 job (")
    assert place.left() == only("old")
    done = run(command, ["--older-than", "7d", "--runtimes"])
    assert done.output.startswith("removed 1 job (")
    assert "1 log stream (" in done.output
    assert "0 runtimes (0 B): " in done.output
    assert place.left() == only()
    wrong = run(command, ["--older-than", "soon"])
    assert (wrong.exit_code, "such as 7d" in wrong.output) == (2, True)
