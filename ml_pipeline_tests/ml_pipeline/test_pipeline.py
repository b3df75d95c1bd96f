"""The main path, by every way a person takes it; real jobs on the local service."""

import io
import tarfile
from collections.abc import Mapping
from typing import Any
from urllib.request import urlopen

import dagster as dg
import pandas as pd
import pytest

from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.project import BUCKET, DAY, Project, manifest, read_json

ASSETS = ["raw_flights", "preprocessed_dataset", "model_artifact", "model_evaluation"]


def test_a_run_publishes_every_asset(local_service: LocalService, trained: str) -> None:
    for asset in ASSETS:
        artifact = manifest(local_service, asset, DAY)
        for output in artifact["outputs"].values():
            assert output["objects"], asset
            for stored in output["objects"]:
                head = local_service.client("s3").head_object(Bucket=BUCKET, Key=stored["key"])
                assert (head["ContentLength"], head["ETag"].strip('"')) == (
                    stored["size"],
                    stored["etag"],
                )


def test_rows_are_accounted_for(local_service: LocalService, trained: str) -> None:
    metrics = report(local_service, "preprocessed_dataset")["metrics"]
    raw = [manifest(local_service, "raw_flights", f"2013-01-{day:02d}") for day in range(1, 11)]
    assert len(raw) == 10
    channels = sum(metrics[f"{name}_rows"] for name in ("train", "validation", "holdout"))
    assert metrics["rows_in"] == metrics["rows_cancelled"] + channels
    assert metrics["rows_in"] > 8_000


def test_channels_are_parquet_and_training_never_sees_the_day(
    local_service: LocalService, trained: str
) -> None:
    dataset = manifest(local_service, "preprocessed_dataset", DAY)
    job = local_service.client("sagemaker").describe_training_job(
        TrainingJobName=manifest(local_service, "model_artifact", DAY)["job_name"]
    )
    channels = {
        channel["ChannelName"]: channel["DataSource"]["S3DataSource"]["S3Uri"]
        for channel in job["InputDataConfig"]
    }
    assert channels == {name: dataset["outputs"][name]["uri"] for name in ("train", "validation")}
    frames = {
        name: read_parquet(local_service, dataset, name)
        for name in dataset["outputs"]
        if name in ("train", "validation", "holdout")
    }
    columns = {tuple(frame.columns) for frame in frames.values()}
    assert len(columns) == 1
    assert "label" in columns.pop()


def test_the_model_archive_holds_the_estimator(local_service: LocalService, trained: str) -> None:
    [stored] = manifest(local_service, "model_artifact", DAY)["outputs"]["model"]["objects"]
    body = local_service.client("s3").get_object(Bucket=BUCKET, Key=stored["key"])["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        assert "model.joblib" in tar.getnames()


def test_the_champion_is_the_model_that_passed(local_service: LocalService, trained: str) -> None:
    champion = read_json(local_service.client("s3"), BUCKET, "champion.json")
    assert champion["partition"] >= DAY
    assert champion["model"]["outputs"]["model"]["objects"]


def test_the_summary_names_rows_auc_and_places(project: Project, trained: str) -> None:
    printed = project.run("ml-pipeline", "summary", DAY).stdout
    for expected in (DAY, "rows in", "train", "AUC on the held-out day", "s3://ml-pipeline/"):
        assert expected in printed


def test_running_it_again_from_the_command_line_makes_new_jobs_and_shows_their_lines(
    local_service: LocalService, project: Project, trained: str
) -> None:
    before = manifest(local_service, "model_artifact", DAY)["job_name"]
    done = project.execute(DAY)
    assert manifest(local_service, "model_artifact", DAY)["job_name"] != before
    assert "validation:auc=" in done.stderr


def test_what_the_ui_shows_of_a_dataset(project: Project, trained: str) -> None:
    metadata = metadata_of(project, "preprocessed_dataset", DAY)
    rows = sum(metadata[f"{name}_rows"].value for name in ("train", "validation", "holdout"))
    assert metadata["dagster/partition_row_count"].value == rows
    assert "label" in {column.name for column in metadata["dagster/column_schema"].value.columns}
    assert metadata["dagster/uri"].value.endswith(f"preprocessed_dataset/ds={DAY}/manifest.json")
    assert metadata["log_group"].value == "/aws/sagemaker/ProcessingJobs"
    assert metadata["duration_s"].value > 0
    # What a job that really ran took: pandas alone is 0.1 GiB.
    assert 0.05 < metadata["peak_memory_gib"].value < 4
    assert metadata["peak_cpu_percent"].value > 1
    assert "GiB on ml.m5.xlarge; " in metadata["right_sizing"].value


@pytest.mark.parametrize("asset", ["preprocessed_dataset", "model_artifact"])
def test_what_the_ui_shows_of_a_job_leads_to_its_page(
    project: Project, trained: str, asset: str
) -> None:
    metadata = metadata_of(project, asset, DAY)
    with urlopen(metadata["console_url"].value) as page:
        assert f"<h1>{metadata['job_name'].value}</h1>" in page.read().decode()


def test_days_landed_together_each_show_their_own_rows_and_place(project: Project) -> None:
    days = ["2013-01-08", "2013-01-09"]
    shown = [metadata_of(project, "raw_flights", day) for day in days]
    assert [day["dagster/partition_row_count"].value for day in shown] == [899, 902]
    assert [day["dagster/uri"].value.split("/")[-2] for day in shown] == [
        f"ds={day}" for day in days
    ]


@pytest.mark.long  # `dagster asset materialize` of one day is in test_ui as well
def test_one_asset_from_the_command_line(
    local_service: LocalService, project: Project, trained: str
) -> None:
    project.run(
        *("dagster", "asset", "materialize", "-m", "ml_pipeline"),
        *("--select", "preprocessed_dataset", "--partition", "2013-01-09"),
    )
    assert manifest(local_service, "preprocessed_dataset", "2013-01-09")["outputs"]["train"]


def metadata_of(project: Project, asset: str, partition: str) -> Mapping[str, Any]:
    """What the UI shows of a partition's last materialization."""
    with dg.DagsterInstance.from_config(str(project.dagster_home)) as instance:
        [record] = instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), asset_partitions=[partition]),
            limit=1,
        ).records
    assert record.asset_materialization is not None
    return record.asset_materialization.metadata


def report(service: LocalService, asset: str) -> Any:
    [stored] = manifest(service, asset, DAY)["outputs"]["report"]["objects"]
    return read_json(service.client("s3"), BUCKET, stored["key"])


def read_parquet(service: LocalService, dataset: Any, channel: str) -> pd.DataFrame:
    s3 = service.client("s3")
    parts = [
        pd.read_parquet(io.BytesIO(s3.get_object(Bucket=BUCKET, Key=stored["key"])["Body"].read()))
        for stored in dataset["outputs"][channel]["objects"]
    ]
    return pd.concat(parts)
