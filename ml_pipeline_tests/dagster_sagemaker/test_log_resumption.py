"""Each line of a job's log once, in order, also across kills of the process that shows it."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
import pytest

from dagster_sagemaker import PipesSageMakerProcessingClient
from dagster_sagemaker.log_journal import LogJournal, Shown
from dagster_sagemaker.log_position import Place, advanced
from local_sagemaker.log_files import LogFiles
from local_sagemaker.records.store import Job
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.dagster_sagemaker.claimant import Errand, instance_of
from ml_pipeline_tests.dagster_sagemaker.claimant import start as start_process
from ml_pipeline_tests.dagster_sagemaker.conftest import QUICK
from ml_pipeline_tests.dagster_sagemaker.test_claim import (
    PATIENCE,
    bucket,
    errand,
    jobs,
    local,
    name,
)
from ml_pipeline_tests.dagster_sagemaker.test_lifecycle import log_lines, run_asset
from ml_pipeline_tests.dagster_sagemaker.test_lifecycle_faults import (
    complete,
    connect,
    optional,
)
from ml_pipeline_tests.dagster_sagemaker.test_lifecycle_faults import start as start_job
from ml_pipeline_tests.local_sagemaker.daemons import wait_for

__all__ = ["bucket", "errand", "jobs", "local", "name"]

Jobs = Callable[[], list[Job]]
GROUP = "/aws/sagemaker/ProcessingJobs"


@contextmanager
def chatter(local: LocalService, job: Job) -> Iterator[Callable[[], list[int]]]:
    """Two instances of a job that print lines all the time; gives how many each has printed."""
    over, counts = threading.Event(), [0, 0]

    def print_lines() -> None:
        files = LogFiles(local.home.logs)
        writers = [files.writer(GROUP, f"{job.name}/algo-{host}-1") for host in (1, 2)]
        while not over.wait(0.01):
            for index, writer in enumerate(writers):
                for _ in range(4):  # several in a millisecond
                    writer.write(f"<{counts[index]}>")
                    counts[index] += 1
        for writer in writers:
            writer.close()

    thread = threading.Thread(target=print_lines)
    thread.start()
    try:
        yield lambda: list(counts)
    finally:
        over.set()
        thread.join()


def shown(errand: Errand) -> list[str]:
    """The lines of the job in the logs of all runs, oldest run first."""
    instance = instance_of(errand.dagster_home)
    texts = [
        record.user_message
        for run in reversed(instance.get_runs())
        for record in instance.all_logs(run.run_id)
    ]
    lines = [line for text in texts for line in text.split("\n")]
    return [line for line in lines if line.startswith("algo-")]


def wait_for_more(errand: Errand) -> None:
    """Wait until more lines are shown."""
    before = len(shown(errand))
    wait_for(lambda: len(shown(errand)) > before, PATIENCE)


def told(errand: Errand) -> list[str]:
    """All messages and step failures in the logs of all runs."""
    instance = instance_of(errand.dagster_home)
    records = [one for run in instance.get_runs() for one in instance.all_logs(run.run_id)]
    failures = [
        str(record.dagster_event.step_failure_data.error_display_string)
        for record in records
        if record.dagster_event and record.dagster_event.is_step_failure
    ]
    return [*(record.user_message for record in records), *failures]


@pytest.mark.parametrize("kills", [1, pytest.param(5, marks=pytest.mark.long)])
def test_each_line_comes_once_and_in_order_although_the_runs_are_killed(
    local: LocalService, errand: Errand, jobs: Jobs, kills: int
) -> None:
    moments = random.Random(5)
    errand.request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] = 2
    process = start_process(errand)
    (job,) = wait_for(jobs, PATIENCE)
    start_job(local, job)
    with chatter(local, job) as printed:
        for _ in range(kills):
            wait_for_more(errand)
            time.sleep(moments.uniform(0, 0.5))
            process.kill()
            process.join(PATIENCE)
            run = instance_of(errand.dagster_home).get_runs()[0]
            process = start_process(errand.again(run.run_id))
        wait_for_more(errand)
    complete(local, job)
    process.join(PATIENCE)
    assert process.exitcode == 0
    assert len(jobs()) == 1
    lines = shown(errand)
    for host, count in zip((1, 2), printed(), strict=True):
        of_host = [line for line in lines if line.startswith(f"algo-{host}: ")]
        assert of_host == [f"algo-{host}: <{number}>" for number in range(count)]


def test_a_finished_job_that_is_used_again_shows_no_line_again(
    local: LocalService,
    bucket: str,
    processing_request: dict[str, Any],
    name: str,
    jobs: Jobs,
) -> None:
    def write_log() -> None:
        (job,) = wait_for(jobs, PATIENCE)
        start_job(local, job)
        writer = LogFiles(local.home.logs).writer(GROUP, f"{job.name}/algo-1-1")
        writer.write("<only>")
        writer.close()
        complete(local, job)

    tries: list[str] = []

    def fail_once(job: Any) -> None:
        tries.append(job.name)
        if len(tries) == 1:
            raise dg.RetryRequested(max_retries=1)

    thread = threading.Thread(target=write_log)
    thread.start()
    client = PipesSageMakerProcessingClient(connect(local), bucket=bucket, polling=QUICK)
    result, instance = run_asset(
        client, optional(processing_request, "wait"), name=name, after=fail_once
    )
    thread.join()
    assert result.success
    assert len(tries) == 2
    assert log_lines(result, instance).count("<only>") == 1


def in_a_run(body: Callable[[LogJournal], None]) -> None:
    """Call something with the journal of a step."""

    @dg.op
    def step(context: dg.OpExecutionContext) -> None:
        body(
            LogJournal(
                context.instance,
                context.run,
                "job",
                context.log,
                lambda text: text.replace("hunter2", "******"),
            )
        )

    @dg.job
    def run() -> None:
        step()

    assert run.execute_in_process().success


FIRST, SECOND = {"job/algo-1-1": Place(5, 2)}, {"job/algo-1-1": Place(7, 1)}


def test_a_text_counts_as_shown_if_it_is_there() -> None:
    def body(journal: LogJournal) -> None:
        assert journal.shown(3) == Shown()
        journal.announce(FIRST, "a\nb")
        assert journal.shown(3) == Shown()
        journal.log.info("a\nb")
        assert journal.shown(3) == Shown(FIRST, ("a", "b"))
        journal.announce(SECOND, "c\nd")
        journal.log.info("another message")
        assert journal.shown(3) == Shown(FIRST, ("a", "b"))
        journal.log.info("c\nd")
        assert journal.shown(3) == Shown(SECOND, ("b", "c", "d"))
        assert journal.shown(1) == Shown(SECOND, ("d",))

    in_a_run(body)


def test_texts_are_compared_as_they_are_after_masking() -> None:
    def body(journal: LogJournal) -> None:
        journal.announce(FIRST, "logging in with hunter2")
        journal.log.info("logging in with ******")
        assert journal.shown(3).position == FIRST

    in_a_run(body)


def test_the_journal_of_another_job_is_not_ours() -> None:
    def body(journal: LogJournal) -> None:
        LogJournal(journal.instance, journal.run, "b", journal.log, str).announce(FIRST, "a")
        journal.log.info("a")
        journal.log.debug("[sagemaker] Log position {******}")
        assert journal.shown(3) == Shown()

    in_a_run(body)


def test_lines_of_one_time_are_counted() -> None:
    position = advanced({}, [("a", 5), ("a", 5), ("b", 1), ("a", 6)])
    assert position == {"a": Place(6, 1), "b": Place(1, 1)}
    assert advanced(position, [("a", 6)]) == {"a": Place(6, 2), "b": Place(1, 1)}


def test_the_end_of_the_log_of_a_job_that_failed_is_known_however_often_it_was_killed(
    local: LocalService, errand: Errand, jobs: Jobs
) -> None:
    process = start_process(errand)
    (job,) = wait_for(jobs, PATIENCE)
    start_job(local, job)
    writer = LogFiles(local.home.logs).writer(GROUP, f"{job.name}/algo-1-1")
    writer.write("ValueError: the cause")
    wait_for(lambda: "ValueError: the cause" in told(errand), PATIENCE)
    process.kill()
    process.join(PATIENCE)
    run = instance_of(errand.dagster_home).get_runs()[0]
    process = start_process(errand.again(run.run_id))
    wait_for(lambda: "Found job" in "".join(told(errand)), PATIENCE)
    complete(local, job, "Failed")
    process.join(PATIENCE)
    assert told(errand).count("ValueError: the cause") == 1
    assert "Last log lines:\n  ValueError: the cause" in "".join(told(errand))
