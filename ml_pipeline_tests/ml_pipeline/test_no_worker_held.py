"""A backfill whose runs do not wait for their jobs, with the local service killed on the way."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from ml_pipeline.settings import Settings
from ml_pipeline_tests.conftest import LocalService, make_tables
from ml_pipeline_tests.local_sagemaker.daemons import wait_for
from ml_pipeline_tests.project import QUICK_DAEMON, Project

DAYS = ["2013-01-08", "2013-01-09"]
DOWNSTREAM = ["preprocessed_dataset", "model_artifact", "model_evaluation"]


@pytest.fixture
def unattended(local_service: LocalService, project: Project, tmp_path: Path) -> Iterator[Project]:
    """The project with runs that do not wait, and Dagster's daemon on it."""
    environment = {**project.environment, "ML_PIPELINE_WAIT_FOR_COMPLETION": "false"}
    made = Project(tmp_path, environment)
    make_tables(made)
    daemon = made.spawn(
        *("python", "-m", QUICK_DAEMON, "run", "-m", "ml_pipeline"), log=tmp_path / "daemon.log"
    )
    try:
        yield made
    finally:
        daemon.terminate()
        daemon.wait(30)


def made(project: Project) -> dict[str, set[str]]:
    """The days that each asset has."""
    with dg.DagsterInstance.from_config(str(project.dagster_home)) as instance:
        return {
            asset: instance.get_materialized_partitions(dg.AssetKey(asset)) & set(DAYS)
            for asset in DOWNSTREAM
        }


def all_runs(project: Project) -> list[dg.DagsterRun]:
    with dg.DagsterInstance.from_config(str(project.dagster_home)) as instance:
        return list(instance.get_runs())


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_backfill_of_the_job_is_made_without_a_process_that_waits(
    local_service: LocalService, unattended: Project
) -> None:
    unattended.run(
        *("dagster", "job", "backfill", "-m", "ml_pipeline", "-j", "daily_training"),
        *("--partitions", ",".join(DAYS), "--noprompt"),
    )
    wait_for(lambda: [run.is_success for run in all_runs(unattended)] == [True] * len(DAYS), 120)
    # What it was to tell of jobs' ends is gone with it; the next request starts another one.
    os.kill(local_service.endpoint.pid, signal.SIGKILL)
    everything = {asset: set(DAYS) for asset in DOWNSTREAM}
    wait_for(lambda: made(unattended) == everything, 300)
    runs = all_runs(unattended)
    assert {run.status.value for run in runs} <= {"SUCCESS", "STARTED", "STARTING"}
    concluding = [
        run.tags["sagemaker/concludes"] for run in runs if "sagemaker/concludes" in run.tags
    ]
    assert sorted(concluding) == sorted(set(concluding))
    assert len(concluding) == len(DAYS) * len(DOWNSTREAM)


def test_only_runs_that_do_not_wait_have_what_follows_them() -> None:
    from ml_pipeline.automation import follows_its_inputs
    from ml_pipeline.sensors import build_sensors

    attended, unattended = Settings(), Settings(wait_for_completion=False)
    assert [sensor.name for sensor in build_sensors(attended)] == ["sagemaker_sweep"]
    assert [sensor.name for sensor in build_sensors(unattended)] == [
        "sagemaker_sweep",
        "sagemaker_completions",
        "follow_up",
    ]
    assert follows_its_inputs(attended) is None
    assert follows_its_inputs(unattended) is not None
