"""Steps that leave their job running, and the sensors that see to it."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import dagster as dg
import pytest
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run

from dagster_sagemaker import (
    PipesSageMakerProcessingClient,
    SageMakerConnection,
    build_completion_sensor,
    build_sweep_sensor,
)
from dagster_sagemaker.run_jobs import CONCLUDES_TAG, WAITS_TAG, RunJob, jobs_of, note
from ml_pipeline_tests.dagster_sagemaker.conftest import QUICK
from ml_pipeline_tests.dagster_sagemaker.played_service import FOREVER, Ending, Job, PlayedService
from ml_pipeline_tests.dagster_sagemaker.test_lifecycle import log_lines, step_error
from ml_pipeline_tests.local_sagemaker.daemons import wait_for

DAYS = dg.DailyPartitionsDefinition("2013-01-01", end_date="2013-01-10")
DAY = "2013-01-02"
Write = Callable[[Job], None]


class Tick(NamedTuple):
    """What came of a tick: runs, the cursor, and why there are no runs."""

    requests: list[dg.RunRequest]
    cursor: str | None
    reason: str


class Location:
    """A code location with one asset, its sensors, and a Dagster instance.

    Args:
        client: Runs the asset's jobs.
        connection: The sensors'.
        instance: Where runs are recorded.
        request: Of the job.
        queue: Tells of jobs' ends.
        looks_per_second: How often jobs are looked at without being told.
    """

    def __init__(
        self,
        client: PipesSageMakerProcessingClient,
        connection: SageMakerConnection,
        instance: dg.DagsterInstance,
        request: dict[str, Any],
        queue: str | None = None,
        looks_per_second: float = 1000,
    ) -> None:
        @dg.asset(partitions_def=DAYS, output_required=False)
        def dataset(
            context: dg.AssetExecutionContext, sagemaker: dg.ResourceParam[Any]
        ) -> Iterator[dg.MaterializeResult[str]]:
            invocation = sagemaker.run(context=context, request=request)
            if not invocation.left_running:
                yield dg.MaterializeResult(value=invocation.job.name)

        @dg.asset(partitions_def=DAYS)
        def model(dataset: str) -> str:
            return dataset

        self.instance = instance
        self.connection = connection
        self.definitions = dg.Definitions(
            assets=[dataset, model],
            sensors=[
                build_completion_sensor(
                    target=dg.AssetSelection.all(), queue=queue, looks_per_second=looks_per_second
                ),
                build_sweep_sensor(grace_seconds=0),
            ],
            resources={"sagemaker": client, "aws": connection, "io_manager": dg.mem_io_manager},
            executor=dg.in_process_executor,
        )

    def run(self, *assets: str, tags: dict[str, str] | None = None) -> dg.ExecuteInProcessResult:
        """Materialize assets of the day, as the UI does."""
        return self.definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=self.instance,
            asset_selection=[dg.AssetKey(asset) for asset in assets or ("dataset",)],
            tags={"dagster/partition": DAY, **(tags or {})},
            raise_on_error=False,
        )

    def tick(self, sensor: str = "sagemaker_completions", cursor: str | None = None) -> Tick:
        """What the daemon learns of a sensor; it launches nothing here."""
        with dg.build_sensor_context(
            instance=self.instance,
            definitions=self.definitions,
            resources={"aws": self.connection},
            cursor=cursor,
        ) as context:
            data = self.definitions.get_sensor_def(sensor).evaluate_tick(context)
        return Tick(list(data.run_requests or []), data.cursor, data.skip_message or "")

    def conclude(self) -> list[dg.ExecuteInProcessResult]:
        """A tick of the completion sensor, and the runs it asks for."""
        return [self.launch(request) for request in self.tick().requests]

    def launch(self, request: dg.RunRequest) -> dg.ExecuteInProcessResult:
        """What the daemon makes of a request."""
        assert request.partition_key == DAY
        assert request.asset_selection == [dg.AssetKey("dataset")]
        return self.run("dataset", tags=dict(request.tags))

    def re_execute(self, run_id: str) -> dg.DagsterRun:
        """Run the day's dataset again, as the UI does."""
        job = self.definitions.resolve_implicit_global_asset_job_def()
        parent = self.instance.get_run_by_id(run_id)
        assert parent is not None
        run = self.instance.create_run_for_job(
            job.get_subset(asset_selection={dg.AssetKey("dataset")}),
            tags=parent.tags,
            parent_run_id=run_id,
            root_run_id=parent.root_run_id or run_id,
        )
        subset = InMemoryJob(job.get_subset(asset_selection={dg.AssetKey("dataset")}))
        execute_run(subset, run, self.instance)
        done = self.instance.get_run_by_id(run.run_id)
        assert done is not None
        return done

    def sweep(self) -> str:
        """What the sweep sensor did."""
        return self.tick("sagemaker_sweep").reason

    def made(self) -> set[str]:
        """The days that the asset has."""
        return self.instance.get_materialized_partitions(dg.AssetKey("dataset"))


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def client(
    service: PlayedService, connection: SageMakerConnection, bucket: str
) -> PipesSageMakerProcessingClient:
    return PipesSageMakerProcessingClient(
        connection, bucket=bucket, polling=QUICK, wait_for_completion=False
    )


@pytest.fixture
def location(
    client: PipesSageMakerProcessingClient,
    connection: SageMakerConnection,
    instance: dg.DagsterInstance,
    processing_request: dict[str, Any],
) -> Location:
    return Location(client, connection, instance, processing_request)


def test_a_job_that_nobody_waited_for_becomes_the_partition(
    service: PlayedService, location: Location, write_outputs: Write
) -> None:
    service.endings.append(Ending(on_end=write_outputs, lines=("line 1", "line 2")))
    submitted = location.run("dataset", "model")
    assert submitted.success
    assert [event.step_key for event in submitted.get_step_skipped_events()] == ["model"]
    assert service.only_job.status == "InProgress"
    assert location.made() == set()
    assert location.conclude() == []  # it runs
    location.connection.client("sagemaker").describe_processing_job(
        ProcessingJobName=service.only_job.name
    )
    [concluded] = location.conclude()
    assert concluded.success
    assert location.made() == {DAY}
    assert concluded.output_for_node("dataset") == service.only_job.name
    lines = log_lines(concluded, location.instance)
    assert [line for line in lines if ("line " in line and "algo" not in line) or "line" in line]
    # The third tick finds that there is a run for it, and so does every other one.
    assert location.conclude() == []
    run = location.instance.get_run_by_id(submitted.run_id)
    assert run is not None and run.tags[WAITS_TAG] == "false"
    assert len(service.jobs) == 1


def test_a_job_that_failed_fails_its_partition(
    service: PlayedService, location: Location, write_outputs: Write
) -> None:
    reason = {"FailureReason": "AlgorithmError: no such column: carrier"}
    service.endings.append(Ending("Failed", looks=1, fields=reason))
    service.endings.append(Ending(looks=1, on_end=write_outputs))
    assert location.run().success
    [concluded] = location.conclude()
    assert not concluded.success
    assert "no such column: carrier" in str(step_error(concluded))
    assert len(service.jobs) == 1
    # Whoever re-executes that run asks for another attempt, which nobody waits for either.
    assert location.re_execute(concluded.run_id).is_success
    assert len(service.jobs) == 2
    [concluded] = location.conclude()
    assert concluded.success and location.made() == {DAY}


def test_a_completed_job_without_its_outputs_fails_the_partition(
    service: PlayedService, location: Location
) -> None:
    service.endings.append(Ending(looks=1))
    location.run()
    [concluded] = location.conclude()
    assert "train" in str(step_error(concluded))
    assert len(service.jobs) == 1


def test_events_are_taken_as_they_come(
    service: PlayedService,
    client: PipesSageMakerProcessingClient,
    connection: SageMakerConnection,
    instance: dg.DagsterInstance,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    sqs = connection.client("sqs")
    url = sqs.create_queue(QueueName=f"jobs-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    location = Location(
        client, connection, instance, processing_request, queue=url, looks_per_second=0
    )
    service.endings.append(Ending(looks=1, on_end=write_outputs))
    location.run()
    name = service.only_job.name
    assert location.conclude() == []  # nobody says that it has ended, and nobody looks
    ended = event(name, "Completed")
    for body in ("no JSON", "{}", '"text"', ended, event("other", "Completed"), ended):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    sqs.send_message(QueueUrl=url, MessageBody=event(name, "InProgress"))  # late
    [concluded] = location.conclude()
    assert concluded.success and location.made() == {DAY}
    sqs.send_message(QueueUrl=url, MessageBody=ended)
    assert location.conclude() == []


def event(name: str, status: str) -> str:
    """What EventBridge says of a processing job."""
    detail = {"ProcessingJobName": name, "ProcessingJobStatus": status}
    return json.dumps({"source": "aws.sagemaker", "detail": detail})


def test_where_it_would_not_be_counted_the_step_waits(
    service: PlayedService, location: Location, write_outputs: Write
) -> None:
    service.endings.append(Ending(on_end=write_outputs))
    result = location.run(tags={"dagster/backfill": "abc"})
    assert location.made() == {DAY}
    [line] = [text for text in log_lines(result, location.instance) if "all the same" in text]
    assert "asset backfill" in line


def test_a_backfill_of_a_job_holds_no_worker(service: PlayedService, location: Location) -> None:
    location.run(tags={"dagster/backfill": "abc", "dagster/partition_set": "daily"})
    assert service.only_job.status == "InProgress"
    assert location.made() == set()


def test_an_op_waits(
    service: PlayedService,
    client: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    @dg.op
    def work(context: dg.OpExecutionContext) -> str:
        return client.run(context=context, request=processing_request).job.name

    service.endings.append(Ending(on_end=write_outputs))
    result = dg.GraphDefinition(name="graph", node_defs=[work]).execute_in_process()
    assert result.output_for_node("work") == service.only_job.name


def test_whoever_uses_a_job_that_runs_learns_what_to_write(
    service: PlayedService,
    client: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
) -> None:
    @dg.asset
    def dataset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[str]:
        job = client.run(context=context, request=processing_request).job
        return dg.MaterializeResult(value=job.name)

    result = dg.materialize([dataset], raise_on_error=False)
    assert "output_required=False" in str(step_error(result))


@pytest.mark.parametrize(
    ("status", "made_anew", "still_waits"),
    [
        (dg.DagsterRunStatus.SUCCESS, True, "true"),
        (dg.DagsterRunStatus.FAILURE, False, "false"),
        (dg.DagsterRunStatus.CANCELED, False, "false"),
        (dg.DagsterRunStatus.STARTED, False, "true"),
    ],
)
def test_a_job_that_was_noted_and_is_not_there(
    service: PlayedService,
    location: Location,
    status: dg.DagsterRunStatus,
    made_anew: bool,
    still_waits: str,
) -> None:
    """The run was killed before Create, or is about to call it; or somebody deleted the job."""
    run = noted_run(location, status)
    requests = location.tick().requests
    assert [location.launch(request).success for request in requests] == [True] * made_anew
    assert [job.status for job in service.jobs] == ["InProgress"] * made_anew
    after = location.instance.get_run_by_id(run.run_id)
    assert after is not None and after.tags[WAITS_TAG] == still_waits


def test_a_job_that_is_made_anew_is_concluded_like_the_first(
    service: PlayedService,
    location: Location,
    write_outputs: Write,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dagster_sagemaker.completion_sensor._APPEARANCE_SECONDS", 0.0)
    service.endings.append(Ending(looks=1, on_end=write_outputs))
    location.run()
    lost = service.only_job
    service.store.remove(lost.kind, lost.name, lambda _: None)
    [made_anew] = location.tick().requests
    assert location.launch(made_anew).success
    assert location.made() == set()
    assert location.tick().requests == []  # it runs
    location.connection.client("sagemaker").describe_processing_job(ProcessingJobName=lost.name)
    [concluded] = location.tick().requests
    assert location.launch(concluded).success
    assert made_anew.run_key != concluded.run_key
    assert location.made() == {DAY}
    assert location.tick().requests == []


def test_a_job_without_room_holds_no_worker_and_is_submitted_by_a_later_run(
    service: PlayedService,
    location: Location,
    write_outputs: Write,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dagster_sagemaker.completion_sensor._APPEARANCE_SECONDS", 0.0)
    service.fail("CreateProcessingJob", "ResourceLimitExceeded", "all is in use", times=2)
    service.endings.append(Ending(looks=1, on_end=write_outputs))
    first = location.run()
    assert first.success
    lines = log_lines(first, location.instance)
    assert any("all is in use. Another run tries again" in line for line in lines)
    [again] = location.conclude()
    assert again.success
    assert service.jobs == []
    [submitted] = location.conclude()
    assert submitted.success
    assert location.made() == set()
    [concluded] = location.conclude()
    assert concluded.success
    assert location.made() == {DAY}
    assert location.conclude() == []
    assert service.calls["CreateProcessingJob"] == 3


def test_waiting_for_room_ends_at_its_limit_whichever_run_waits(
    service: PlayedService,
    connection: SageMakerConnection,
    instance: dg.DagsterInstance,
    processing_request: dict[str, Any],
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dagster_sagemaker.completion_sensor._APPEARANCE_SECONDS", 0.0)
    client = PipesSageMakerProcessingClient(
        connection,
        bucket=bucket,
        polling=QUICK,
        wait_for_completion=False,
        max_quota_wait_seconds=0.2,
    )
    location = Location(client, connection, instance, processing_request)
    service.fail("CreateProcessingJob", "ResourceLimitExceeded", "all is in use", times=99)
    assert location.run().success
    time.sleep(0.2)
    [failed] = location.conclude()
    assert "within max_quota_wait_seconds=0.2: all is in use" in str(step_error(failed))
    assert location.conclude() == []


def test_few_runs_try_for_many_jobs_that_wait_for_room(
    service: PlayedService, location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dagster_sagemaker.completion_sensor._MOST_MADE_ANEW", 2)
    waiting = {noted_run(location, dg.DagsterRunStatus.SUCCESS, f"job-{n}").run_id for n in "abcd"}
    tried: list[dg.RunRequest] = []
    cursor = None
    for _ in range(2):
        requests, cursor, _ = location.tick(cursor=cursor)
        assert len(requests) == 2
        tried += requests
        for request in requests:
            location.instance.create_run_for_job(
                location.definitions.resolve_implicit_global_asset_job_def(),
                tags={"dagster/partition": DAY, **request.tags},
            )
        time.sleep(0.01)  # looks are saved up
    assert len({request.run_key for request in tried}) == len(waiting)


def noted_run(
    location: Location, status: dg.DagsterRunStatus, job_name: str = "dataset-1"
) -> dg.DagsterRun:
    """A run that has noted a job which is not there."""
    run = location.instance.create_run_for_job(
        location.definitions.resolve_implicit_global_asset_job_def(),
        tags={"dagster/partition": DAY},
        status=status,
    )
    job = RunJob(job_name, "processing", run.run_id, ["dataset"], DAY, waits=True)
    note(location.instance, run.run_id, job, stop=True)
    return run


def test_a_throttled_look_is_taken_again(
    service: PlayedService, location: Location, write_outputs: Write
) -> None:
    service.endings.append(Ending(looks=1, on_end=write_outputs))
    location.run()
    service.fail("DescribeProcessingJob", "ThrottlingException", times=1)
    assert location.tick().requests == []
    [concluded] = location.conclude()
    assert concluded.success


def test_a_range_is_concluded_as_one() -> None:
    job = RunJob("a-1", "training", "root", ["team/a"], "2013-01-01...2013-01-03", waits=True)
    request = job.conclusion()
    assert request.run_key == "a-1"
    assert request.partition_key is None
    assert request.asset_selection == [dg.AssetKey(["team", "a"])]
    assert request.tags["dagster/asset_partition_range_start"] == "2013-01-01"
    assert request.tags["dagster/asset_partition_range_end"] == "2013-01-03"
    assert request.tags[CONCLUDES_TAG] == "a-1"


def test_a_job_whose_cancelled_run_is_dead_is_stopped(
    service: PlayedService, location: Location
) -> None:
    service.endings.append(Ending(looks=FOREVER))
    run = left_behind(location)
    assert "No run has left" in location.sweep()  # it may still be at work
    location.instance.report_run_canceled(run)
    name = service.only_job.name
    assert location.sweep() == f"[sagemaker] Stopped processing job {name}"
    assert wait_for(lambda: service.only_job.record.ended)
    assert "No run has left" in location.sweep()
    assert location.conclude() == []


def left_behind(location: Location) -> dg.DagsterRun:
    """A run whose process was killed while its job runs, as far as Dagster knows."""
    submitted = location.run().dagster_run
    run = location.instance.get_run_by_id(submitted.run_id)
    assert run is not None
    return run


def test_a_job_whose_failed_run_is_re_executed_is_left_to_that(
    service: PlayedService, location: Location
) -> None:
    service.endings.append(Ending(looks=FOREVER))
    run = left_behind(location)
    location.instance.report_run_failed(run)
    again = location.instance.create_run_for_job(
        location.definitions.resolve_implicit_global_asset_job_def(),
        tags={"dagster/root_run_id": run.run_id},
        root_run_id=run.run_id,
        parent_run_id=run.run_id,
        status=dg.DagsterRunStatus.STARTED,
    )
    assert "No run has left" in location.sweep()
    location.instance.report_run_canceled(again)
    location.instance.add_run_tags(run.run_id, {WAITS_TAG: "false"})
    assert "Stopped" in location.sweep()


def test_a_job_of_another_run_is_never_swept(service: PlayedService, location: Location) -> None:
    service.endings.append(Ending(looks=FOREVER))
    location.run()
    other = location.run().dagster_run  # finds the work claimed, and leaves that job running
    assert len(service.jobs) == 1
    run = location.instance.get_run_by_id(other.run_id)
    assert run is not None and len(jobs_of(run)) == 1
    location.instance.report_run_canceled(run)
    assert "No run has left" in location.sweep()
    assert service.only_job.status == "InProgress"
