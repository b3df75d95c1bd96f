"""Days A to B make days A to B, however they are asked for, with nothing landed before."""

from collections import Counter

import dagster as dg
import pytest

from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.project import BUCKET, Project, manifest

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


def make_range(project: Project, assets: list[str], first: str, last: str) -> None:
    project.run(
        *("dagster", "asset", "materialize", "-m", "ml_pipeline", "--select", ",".join(assets)),
        *("--partition-range", f"{first}...{last}"),
    )


def test_a_range_from_the_command_line_is_one_run_of_its_days(
    local_service: LocalService, project: Project
) -> None:
    make_range(project, ["preprocessed_dataset"], "2013-01-08", "2013-01-09")
    for day in ("2013-01-08", "2013-01-09"):
        assert published(local_service, "preprocessed_dataset", day) == [day]
        assert reports_of(project, "preprocessed_dataset", day) == {day: 1}


@pytest.mark.long  # one asset in one run is above, all assets day by day are in test_ui
def test_a_range_of_all_assets_with_nothing_landed(
    local_service: LocalService, project: Project
) -> None:
    make_range(project, ASSETS, "2013-09-29", "2013-09-30")
    for asset in DOWNSTREAM:
        assert published(local_service, asset, "2013-09") == ["2013-09-29", "2013-09-30"]
        assert reports_of(project, asset, "2013-09") == {"2013-09-29": 1, "2013-09-30": 1}


def test_a_backfill_from_the_command_line_says_what_failed_and_why(
    local_service: LocalService, project: Project
) -> None:
    done = project.run(
        *("ml-pipeline", "backfill", "--from", "2013-01-07", "--to", "2013-01-08"), check=False
    )
    assert done.returncode == 1
    assert "1 of 2 partitions succeeded" in done.stdout
    assert "2013-01-07, run " in done.stderr
    assert "ML_PIPELINE_MIN_HISTORY_DAYS" in done.stderr
    assert manifest(local_service, "model_evaluation", "2013-01-08")["job_name"]
    assert published(local_service, "model_evaluation", "2013-01-07") == []


@pytest.mark.long  # a day that succeeds, and one that does not, are above
def test_a_backfill_from_the_command_line(project: Project) -> None:
    done = project.run("ml-pipeline", "backfill", "--from", "2013-02-02", "--to", "2013-02-03")
    assert "2 of 2 partitions succeeded" in done.stdout
