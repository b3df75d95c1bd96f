"""What a person does wrong: one clear error each, nothing submitted, nothing published."""

from pathlib import Path

import pytest

from ml_pipeline.raw_sources import NycFlights13Source
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.project import BUCKET, Project

GOOD = NycFlights13Source()


def jobs(service: LocalService) -> int:
    client = service.client("sagemaker")
    pages = client.get_paginator("list_processing_jobs").paginate()
    return sum(len(page["ProcessingJobSummaries"]) for page in pages)


def keys(service: LocalService, prefix: str) -> list[str]:
    found = service.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    return [entry["Key"] for entry in found.get("Contents", [])]


@pytest.mark.parametrize(
    ("partition", "said"),
    [
        ("1999-01-01", "1999-01-01 is not a partition"),
        ("2014-01-01", "2014-01-01 is not a partition"),
        # What is no date at all is refused by Dagster, before there is a run.
        ("2013-02-30", "time data '2013-02-30' does not match format"),
        ("tomorrow", "time data 'tomorrow' does not match format"),
    ],
)
def test_a_partition_that_does_not_exist(
    local_service: LocalService, project: Project, partition: str, said: str
) -> None:
    before = jobs(local_service)
    done = project.execute(partition, check=False)
    assert done.returncode != 0
    assert said in done.stderr
    assert jobs(local_service) == before
    assert keys(local_service, f"raw_flights/ds={partition}") == []


def test_no_partition_at_all(local_service: LocalService, project: Project) -> None:
    done = project.run(
        *("dagster", "job", "execute", "-m", "ml_pipeline", "-j", "daily_training"), check=False
    )
    assert done.returncode != 0
    assert "this run names no partition" in done.stderr


def test_a_window_with_missing_days(local_service: LocalService, project: Project) -> None:
    before = jobs(local_service)
    done = project.execute("2013-08-15", check=False, ML_PIPELINE_LAND_MISSING_DAYS="false")
    assert done.returncode != 0
    assert "28 raw days that this partition needs are not there" in done.stderr
    assert "2013-07-18, 2013-07-19" in done.stderr
    assert "make land FROM=2013-07-18 TO=2013-08-14" in done.stderr
    assert jobs(local_service) == before


def test_too_little_history(local_service: LocalService, project: Project) -> None:
    before = jobs(local_service)
    done = project.execute("2013-01-03", check=False)
    assert done.returncode != 0
    assert "2013-01-03 has 2 days of history and needs 7" in done.stderr
    assert "ML_PIPELINE_MIN_HISTORY_DAYS" in done.stderr
    assert jobs(local_service) == before


def write_source(folder: Path, partition: str, flights: bytes) -> Path:
    day = folder / f"ds={partition}"
    day.mkdir(parents=True)
    (folder / "planes.csv").write_bytes(GOOD.planes())
    (day / "weather.csv").write_bytes(GOOD.day(partition)["weather.csv"])
    (day / "flights.csv").write_bytes(flights)
    return folder


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda text: text.replace(b"sched_dep_time", b"planned", 1), ["sched_dep_time", "line 1"]),
        (
            lambda text: text.replace(b",1400,5,15,", b",far,5,15,", 1),
            ["line 2", "column distance", "'far'"],
        ),
        (lambda text: b"", ["the file is empty"]),
        (lambda text: text.splitlines(keepends=True)[0], ["no rows"]),
    ],
    ids=["missing column", "unparsable number", "empty file", "no rows"],
)
def test_a_raw_file_that_cannot_be_used(
    local_service: LocalService, project: Project, tmp_path: Path, spoil: object, named: list[str]
) -> None:
    spoilt = spoil(GOOD.day("2013-01-01")["flights.csv"])  # type: ignore[operator]
    source = write_source(tmp_path, "2013-01-01", spoilt)
    before = {
        entry["Key"]: entry["ETag"]
        for entry in local_service.client("s3").list_objects_v2(
            Bucket=BUCKET, Prefix="raw_flights/ds=2013-01-01"
        )["Contents"]
    }
    done = project.run(
        *("dagster", "asset", "materialize", "-m", "ml_pipeline", "--select", "raw_flights"),
        *("--partition", "2013-01-01"),
        check=False,
        ML_PIPELINE_RAW_SOURCE=str(source),
    )
    assert done.returncode != 0
    for part in ["Nothing was landed", "ds=2013-01-01/flights.csv", *named]:
        assert part in done.stderr
    after = local_service.client("s3").list_objects_v2(
        Bucket=BUCKET, Prefix="raw_flights/ds=2013-01-01"
    )["Contents"]
    assert {entry["Key"]: entry["ETag"] for entry in after} == before


def test_a_source_that_lacks_the_day(project: Project, tmp_path: Path) -> None:
    done = project.run(
        *("dagster", "asset", "materialize", "-m", "ml_pipeline", "--select", "raw_flights"),
        *("--partition", "2013-01-01"),
        check=False,
        ML_PIPELINE_RAW_SOURCE=str(tmp_path),
    )
    assert done.returncode != 0
    assert "ML_PIPELINE_RAW_SOURCE lacks" in done.stderr
    assert "planes.csv" in done.stderr


def test_a_training_split_with_one_class_fails_with_reason_and_log(
    local_service: LocalService, project: Project, tmp_path: Path
) -> None:
    """Also: a script that ends with an error puts its reason and its last lines into Dagster's."""
    bucket = "one-class"
    variables = {"ML_PIPELINE_BUCKET": bucket, "ML_PIPELINE_RAW_SOURCE": str(tmp_path)}
    for day in range(1, 11):
        partition = f"2013-01-{day:02d}"
        header, *rows = GOOD.day(partition)["flights.csv"].splitlines(keepends=True)
        on_time = [row for row in rows if row.split(b",")[8].startswith(b"-")]
        write_source(tmp_path, partition, header + b"".join(on_time))
    project.run(
        *("dagster", "asset", "materialize", "-m", "ml_pipeline", "--select", "raw_flights"),
        *("--partition-range", "2013-01-01...2013-01-10"),
        **variables,
    )
    done = project.execute("2013-01-10", check=False, **variables)
    assert done.returncode != 0
    assert "AlgorithmError" in done.stderr
    assert "exit code" in done.stderr
    assert "nothing to learn" in done.stderr
    assert "/aws/sagemaker/ProcessingJobs" in done.stderr
    s3 = local_service.client("s3")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="preprocessed_dataset/")
    assert "Contents" not in listed


def test_a_wrong_setting_is_named_when_dagster_loads_the_definitions(project: Project) -> None:
    done = project.run(
        "dagster",
        "definitions",
        "validate",
        "-m",
        "ml_pipeline",
        check=False,
        ML_PIPELINE_SPLIT="any",
    )
    assert done.returncode != 0
    assert "ML_PIPELINE_SPLIT=any: Input should be 'temporal'" in done.stdout + done.stderr


@pytest.mark.parametrize("keys", [True, False], ids=["no bucket", "no credentials"])
def test_a_run_that_starts_in_the_middle_cannot_read_its_bucket(
    local_service: LocalService, project: Project, tmp_path: Path, keys: bool
) -> None:
    environment = {**local_service.environment, "HOME": str(tmp_path)}
    if not keys:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            del environment[name]
    done = project.run(
        *("dagster", "asset", "materialize", "-m", "ml_pipeline", "--select", "model_artifact"),
        *("--partition", "2013-02-11"),
        check=False,
        ML_PIPELINE_TARGET="aws",
        ML_PIPELINE_BUCKET="not-there",
        ML_PIPELINE_ROLE_ARN="arn:aws:iam::000000000000:role/some-role",
        **environment,
    )
    assert done.returncode != 0
    place = "s3://not-there/preprocessed_dataset/ds=2013-02-11/manifest.json"
    reason = "NoSuchBucket" if keys else "Unable to locate credentials"
    assert f"Could not read {place}: {reason}" in done.stderr
    assert "ML_PIPELINE_BUCKET" in done.stderr


def test_an_asset_whose_input_was_never_made(local_service: LocalService, project: Project) -> None:
    done = project.run(
        *("dagster", "asset", "materialize", "-m", "ml_pipeline", "--select", "model_artifact"),
        *("--partition", "2013-12-01"),
        check=False,
    )
    assert done.returncode != 0
    assert "preprocessed_dataset lacks 1 of the days" in done.stderr
    assert "--select preprocessed_dataset --partition 2013-12-01" in done.stderr
    assert keys(local_service, "model_artifact/ds=2013-12-01") == []


def test_an_unwritable_bucket(local_service: LocalService, project: Project) -> None:
    before = jobs(local_service)
    done = project.execute(
        "2013-02-11",
        check=False,
        ML_PIPELINE_TARGET="aws",
        ML_PIPELINE_BUCKET="a-bucket-that-is-not-there",
        ML_PIPELINE_ROLE_ARN="arn:aws:iam::000000000000:role/some-role",
        **local_service.environment,
    )
    assert done.returncode != 0
    assert "Could not write s3://a-bucket-that-is-not-there/raw_flights/" in done.stderr
    assert "ML_PIPELINE_BUCKET" in done.stderr
    assert jobs(local_service) == before
