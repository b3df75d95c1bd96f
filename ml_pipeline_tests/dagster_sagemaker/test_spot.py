"""Jobs on spot instances."""

from collections.abc import Callable
from typing import Any

import pytest

from dagster_sagemaker import PipesSageMakerTrainingClient, SageMakerConnection
from local_sagemaker.jobs.kinds.training.states import enter
from ml_pipeline_tests.dagster_sagemaker.conftest import QUICK
from ml_pipeline_tests.dagster_sagemaker.played_service import Ending, Job, PlayedService
from ml_pipeline_tests.dagster_sagemaker.test_lifecycle import failure, log_lines, run_asset

Write = Callable[[Job], None]


@pytest.fixture
def spot_request(training_request: dict[str, Any], bucket: str) -> dict[str, Any]:
    training_request["EnableManagedSpotTraining"] = True
    training_request["StoppingCondition"]["MaxWaitTimeInSeconds"] = 600
    training_request["CheckpointConfig"] = {"S3Uri": f"s3://{bucket}/checkpoints"}
    return training_request


def test_without_a_checkpoint_it_is_refused(
    service: PlayedService, training: PipesSageMakerTrainingClient, spot_request: dict[str, Any]
) -> None:
    del spot_request["CheckpointConfig"]
    result, _ = run_asset(training, spot_request)
    assert "CheckpointConfig.S3Uri: missing, and EnableManagedSpotTraining" in failure(result)
    assert "spot_without_checkpoint=True" in failure(result)
    assert service.jobs == []


def test_without_a_checkpoint_it_runs_if_that_is_said(
    service: PlayedService,
    connection: SageMakerConnection,
    bucket: str,
    spot_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    del spot_request["CheckpointConfig"]
    client = PipesSageMakerTrainingClient(
        connection, bucket=bucket, polling=QUICK, spot_without_checkpoint=True
    )
    service.endings.append(Ending(on_end=write_outputs))
    result, _ = run_asset(client, spot_request)
    assert result.success


def test_interruptions_are_in_the_log_and_the_saving_is_in_the_metadata(
    service: PlayedService,
    training: PipesSageMakerTrainingClient,
    spot_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    def interrupt(job: Job) -> None:
        if job.looks in {2, 4}:
            service.store.change(job.kind, job.name, lambda state: enter(state, "Interrupted", ""))
            service.store.change(job.kind, job.name, lambda state: enter(state, "Starting", ""))

    times = {"TrainingTimeInSeconds": 1000, "BillableTimeInSeconds": 301}
    service.endings.append(
        Ending(looks=7, on_describe=interrupt, on_end=write_outputs, fields=times)
    )
    result, instance = run_asset(training, spot_request)
    told = [line for line in log_lines(result, instance) if "lost its spot instances at 2" in line]
    assert len(told) == 2
    assert all("goes on from its last checkpoint" in line for line in told)
    (event,) = result.get_asset_materialization_events()
    values = {key: value.value for key, value in event.materialization.metadata.items()}
    assert values["training_seconds"] == 1000
    assert values["billable_seconds"] == 301
    assert values["spot_saving_percent"] == 69.9
    assert values["spot_interruptions"] == 2


def test_a_job_on_other_instances_has_no_saving(
    service: PlayedService,
    training: PipesSageMakerTrainingClient,
    training_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    times = {"TrainingTimeInSeconds": 10, "BillableTimeInSeconds": 10}
    service.endings.append(Ending(on_end=write_outputs, fields=times))
    result, _ = run_asset(training, training_request)
    (event,) = result.get_asset_materialization_events()
    assert not [key for key in event.materialization.metadata if key.startswith("spot")]
