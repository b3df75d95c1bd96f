"""Logs of whole jobs: how they are followed, what comes late, and what trouble with them costs."""

from collections.abc import Callable
from typing import Any

import pytest

from dagster_sagemaker import PipesSageMakerProcessingClient, Polling, SageMakerConnection
from dagster_sagemaker.logs import TAIL_LINES
from ml_pipeline_tests.dagster_sagemaker.conftest import QUICK
from ml_pipeline_tests.dagster_sagemaker.own_time import OwnTime
from ml_pipeline_tests.dagster_sagemaker.played_service import Ending, Job, PlayedService
from ml_pipeline_tests.dagster_sagemaker.test_lifecycle import failure, log_lines, run_asset

Write = Callable[[Job], None]
EVERY_LOOK = Polling(
    initial_seconds=0.01, cap_seconds=0.02, looks_per_log=1, log_seconds=0.0, late_log_seconds=0.0
)


LOOKS = 0.1
"""What the looks at a job take, at most."""


@pytest.fixture
def own_time(monkeypatch: pytest.MonkeyPatch) -> OwnTime:
    clock = OwnTime()
    monkeypatch.setattr("dagster_sagemaker.logs.time", clock)
    monkeypatch.setattr("dagster_sagemaker.interrupts.time", clock)
    return clock


@pytest.fixture
def client(
    service: PlayedService, connection: SageMakerConnection, bucket: str
) -> PipesSageMakerProcessingClient:
    """Reads the log at every look."""
    return PipesSageMakerProcessingClient(connection, bucket=bucket, polling=EVERY_LOOK)


@pytest.fixture
def patient(
    service: PlayedService, connection: SageMakerConnection, bucket: str
) -> PipesSageMakerProcessingClient:
    """Waits for late lines."""
    polling = Polling(initial_seconds=0.01, cap_seconds=0.02, late_log_seconds=6.0)
    return PipesSageMakerProcessingClient(connection, bucket=bucket, polling=polling)


def shown(lines: list[str], marker: str) -> list[str]:
    """The lines of a log with a marker, in its order, whatever events they came in."""
    return [line for text in lines for line in text.split("\n") if marker in line]


def test_a_followed_log_comes_in_order_and_once(
    service: PlayedService,
    client: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    def write_more(job: Job) -> None:
        service.write(job, [f"<{job.looks} {number}>" for number in range(5)])

    service.endings.append(Ending(looks=6, on_describe=write_more, on_end=write_outputs))
    result, instance = run_asset(client, processing_request)
    expected = [f"<{look} {number}>" for look in range(1, 6) for number in range(5)]
    assert shown(log_lines(result, instance), "<") == expected
    assert service.calls["DescribeLogStreams"] == 1
    assert service.calls["FilterLogEvents"] == 0


def test_the_log_costs_at_most_one_request_a_stream_and_look(
    service: PlayedService,
    client: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    service.endings.append(Ending(looks=9, on_end=write_outputs, lines=("a", "b")))
    result, _ = run_asset(client, processing_request)
    assert result.success
    # Nine looks after one that found no such job; the last one finds it ended.
    assert service.calls["DescribeProcessingJob"] == 10
    assert service.calls["DescribeLogStreams"] == 1
    assert service.calls["GetLogEvents"] <= 9


def test_lines_of_several_instances_are_merged_by_time_and_name_their_instance(
    service: PlayedService,
    client: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    def write_more(job: Job) -> None:
        service.write(job, [f"<{job.looks}>"])

    processing_request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] = 2
    service.endings.append(Ending(looks=4, on_describe=write_more, on_end=write_outputs))
    result, instance = run_asset(client, processing_request)
    lines = shown(log_lines(result, instance), "<")
    assert sorted(lines) == [f"algo-{host}: <{look}>" for host in (1, 2) for look in (1, 2, 3)]
    assert [line[-3:] for line in lines] == ["<1>", "<1>", "<2>", "<2>", "<3>", "<3>"]


def test_lines_of_instances_of_a_short_job_name_their_instance(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    processing_request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] = 2
    service.endings.append(Ending(on_end=write_outputs, lines=("hello",)))
    result, instance = run_asset(processing, processing_request)
    lines = shown(log_lines(result, instance), "hello")
    assert sorted(lines) == ["algo-1: hello", "algo-2: hello"]


def test_a_stream_that_appears_late_is_read_from_its_head(
    service: PlayedService,
    client: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    def begin_late(job: Job) -> None:
        if job.looks == 4:
            service.write(job, ["<first>", "<second>"])

    service.endings.append(Ending(looks=7, on_describe=begin_late, on_end=write_outputs))
    result, instance = run_asset(client, processing_request)
    assert shown(log_lines(result, instance), "<") == ["<first>", "<second>"]
    assert service.calls["DescribeLogStreams"] > 1


def test_nobody_asks_for_streams_of_a_job_that_has_not_started(
    service: PlayedService,
    client: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    def unstart(job: Job) -> None:
        service.store.change(job.kind, job.name, lambda state: state.pop("ProcessingStartTime", 0))

    service.after["CreateProcessingJob"] = lambda _: unstart(service.only_job)
    service.endings.append(Ending(looks=5, on_end=write_outputs))
    result, _ = run_asset(client, processing_request)
    assert result.success
    assert service.calls["DescribeLogStreams"] == 0


@pytest.mark.parametrize("status", ["Completed", "Failed"])
def test_lines_of_a_short_job_that_are_seen_late_are_read(
    service: PlayedService,
    patient: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
    own_time: OwnTime,
    status: str,
) -> None:
    def appear(_: object) -> None:
        if own_time.monotonic() >= 5:
            service.write(service.only_job, [f"<late {number}>" for number in range(3)])
        else:
            service.before["FilterLogEvents"] = appear

    service.before["FilterLogEvents"] = appear
    service.endings.append(Ending(status, on_end=write_outputs))
    result, instance = run_asset(patient, processing_request)
    expected = [f"<late {number}>" for number in range(3)]
    assert shown(log_lines(result, instance), "<late")[:3] == expected
    assert result.success is (status == "Completed")
    if status == "Failed":
        assert "<late 2>" in failure(result)
        assert own_time.monotonic() < 30
    else:
        assert service.calls["FilterLogEvents"] == 1


def test_the_cause_of_a_failure_is_waited_for_although_there_are_lines(
    service: PlayedService,
    patient: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    own_time: OwnTime,
) -> None:
    def come_late(_: object) -> None:
        if own_time.monotonic() >= 5:
            service.write(service.only_job, ["ValueError: the cause"])
        else:
            service.before["FilterLogEvents"] = come_late

    service.before["FilterLogEvents"] = come_late
    service.endings.append(Ending("Failed", lines=("early",)))
    result, instance = run_asset(patient, processing_request)
    assert "ValueError: the cause" in failure(result)
    assert own_time.monotonic() < 30
    assert shown(log_lines(result, instance), "early") == ["early"]


def test_a_failed_job_without_a_log_is_not_waited_for_for_ever(
    service: PlayedService,
    patient: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    own_time: OwnTime,
) -> None:
    service.endings.append(Ending("Failed"))
    result, _ = run_asset(patient, processing_request)
    assert "ended as Failed" in failure(result)
    assert own_time.monotonic() == pytest.approx(30, abs=LOOKS)
    assert service.calls["FilterLogEvents"] <= 7


def test_nobody_waits_for_lines_of_a_job_that_ended_long_ago(
    service: PlayedService,
    patient: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
    own_time: OwnTime,
) -> None:
    long_ago = {"ProcessingStartTime": 1e9, "ProcessingEndTime": 1e9 + 60}
    service.endings.append(Ending(fields=long_ago, on_end=write_outputs, lines=("<old>",)))
    result, instance = run_asset(patient, processing_request)
    assert shown(log_lines(result, instance), "<") == ["<old>"]
    assert own_time.monotonic() < LOOKS


@pytest.mark.parametrize("status", ["Completed", "Failed"])
def test_logs_that_answer_with_errors_cost_a_job_little_and_never_fail_it(
    service: PlayedService,
    patient: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
    own_time: OwnTime,
    status: str,
) -> None:
    service.faults.add("error", operation="logs:*", code="InternalFailure", status=500)
    service.endings.append(Ending(status, on_end=write_outputs, lines=("unseen",)))
    result, instance = run_asset(patient, processing_request)
    assert result.success is (status == "Completed")
    assert service.calls["FilterLogEvents"] == 5
    assert own_time.monotonic() <= 6 + 0.5 + 1 + 2 + 4 + LOOKS
    lines = log_lines(result, instance)
    assert sum("cannot be read for now" in line for line in lines) == 1


def test_a_log_that_may_not_be_read_is_asked_for_once_more_at_the_end(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    service.fail("FilterLogEvents", "AccessDeniedException", "no logs for you", times=1000)
    service.endings.append(Ending(on_end=write_outputs, lines=("unseen",)))
    result, instance = run_asset(processing, processing_request)
    assert result.success
    assert service.calls["FilterLogEvents"] == 1
    assert sum("no logs for you" in line for line in log_lines(result, instance)) == 1


def test_a_long_log_is_read_whole_and_only_its_end_is_kept(
    service: PlayedService,
    connection: SageMakerConnection,
    processing_request: dict[str, Any],
    bucket: str,
) -> None:
    lines = tuple(f"<{number}>" for number in range(25_000))
    service.endings.append(Ending("Failed", lines=lines))
    client = PipesSageMakerProcessingClient(connection, bucket=bucket, polling=QUICK)
    result, instance = run_asset(client, processing_request)
    assert tuple(shown(log_lines(result, instance), "<")) == lines
    assert service.calls["FilterLogEvents"] == 3
    message = failure(result)
    assert f"<{25_000 - TAIL_LINES}>" in message
    assert f"<{25_000 - TAIL_LINES - 1}>" not in message
