"""What a person does wrong: one clear error each, nothing submitted, nothing published."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

from ml_pipeline.raw_sources import NycFlights13Source
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.project import BUCKET, Outcome, Project, materialize

GOOD = NycFlights13Source()


def jobs(service: LocalService) -> int:
    client = service.client("sagemaker")
    pages = client.get_paginator("list_processing_jobs").paginate()
    return sum(len(page["ProcessingJobSummaries"]) for page in pages)


class Attempt(Protocol):
    """Runs ``daily_training``, or some of its assets, with settings of its own."""

    def __call__(self, partition: str | None, *assets: str, **settings: Any) -> Outcome: ...


@pytest.fixture
def attempt(local_service: LocalService, project: Project) -> Attempt:
    def run(partition: str | None, *assets: str, **settings: Any) -> Outcome:
        tags = {} if partition is None else {"dagster/partition": partition}
        return materialize(project, local_service.settings(**settings), tags, *assets)

    return run


def keys(service: LocalService, prefix: str) -> list[str]:
    found = service.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    return [entry["Key"] for entry in found.get("Contents", [])]


@pytest.mark.parametrize(
    ("partition", "said"),
    [
        ("1999-01-01", "1999-01-01 is not a partition"),
        ("2014-01-01", "2014-01-01 is not a partition"),
    ],
)
def test_a_partition_that_does_not_exist(
    local_service: LocalService, attempt: Attempt, partition: str, said: str
) -> None:
    before = jobs(local_service)
    assert said in failed(attempt(partition))
    assert jobs(local_service) == before
    assert keys(local_service, f"raw_flights/ds={partition}") == []


@pytest.mark.parametrize("partition", ["2013-02-30", "tomorrow"])
def test_what_is_no_date_is_refused_by_dagster_before_there_is_a_run(
    local_service: LocalService, attempt: Attempt, partition: str
) -> None:
    before = jobs(local_service)
    with pytest.raises(ValueError, match=f"time data '{partition}' does not match format"):
        attempt(partition)
    assert jobs(local_service) == before


def test_no_partition_at_all(attempt: Attempt) -> None:
    assert "this run names no partition" in failed(attempt(None))


def test_a_window_with_missing_days(local_service: LocalService, attempt: Attempt) -> None:
    before = jobs(local_service)
    errors = failed(attempt("2013-08-15", land_missing_days=False))
    assert "28 raw days that this partition needs are not there" in errors
    assert "2013-07-18, 2013-07-19" in errors
    assert "make land FROM=2013-07-18 TO=2013-08-14" in errors
    assert jobs(local_service) == before


def test_too_little_history(local_service: LocalService, attempt: Attempt) -> None:
    before = jobs(local_service)
    errors = failed(attempt("2013-01-03"))
    assert "2013-01-03 has 2 days of history and needs 7" in errors
    assert "ML_PIPELINE_MIN_HISTORY_DAYS" in errors
    assert jobs(local_service) == before


def test_an_error_of_a_run_ends_the_command_with_it(project: Project) -> None:
    done = project.execute("1999-01-01", check=False)
    assert done.returncode != 0
    assert "1999-01-01 is not a partition" in done.stderr


def failed(outcome: Outcome) -> str:
    """The errors of a run that failed."""
    assert not outcome.success
    return outcome.errors


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
    local_service: LocalService,
    attempt: Attempt,
    tmp_path: Path,
    spoil: Callable[[bytes], bytes],
    named: list[str],
) -> None:
    spoilt = spoil(GOOD.day("2013-01-01")["flights.csv"])
    source = write_source(tmp_path, "2013-01-01", spoilt)
    before = {
        entry["Key"]: entry["ETag"]
        for entry in local_service.client("s3").list_objects_v2(
            Bucket=BUCKET, Prefix="raw_flights/ds=2013-01-01"
        )["Contents"]
    }
    errors = failed(attempt("2013-01-01", "raw_flights", raw_source=str(source)))
    for part in ["Nothing was landed", "ds=2013-01-01/flights.csv", *named]:
        assert part in errors
    after = local_service.client("s3").list_objects_v2(
        Bucket=BUCKET, Prefix="raw_flights/ds=2013-01-01"
    )["Contents"]
    assert {entry["Key"]: entry["ETag"] for entry in after} == before


def test_a_source_that_lacks_the_day(attempt: Attempt, tmp_path: Path) -> None:
    errors = failed(attempt("2013-01-01", "raw_flights", raw_source=str(tmp_path)))
    assert "ML_PIPELINE_RAW_SOURCE lacks" in errors
    assert "planes.csv" in errors


def test_a_training_split_with_one_class_fails_with_reason_and_log(
    local_service: LocalService, attempt: Attempt, tmp_path: Path
) -> None:
    """Also: a script that ends with an error puts its reason and its last lines into Dagster's."""
    for day in range(1, 11):
        partition = f"2013-01-{day:02d}"
        header, *rows = GOOD.day(partition)["flights.csv"].splitlines(keepends=True)
        on_time = [row for row in rows if row.split(b",")[8].startswith(b"-")]
        write_source(tmp_path, partition, header + b"".join(on_time))
    bucket = "one-class"
    errors = failed(attempt("2013-01-10", bucket=bucket, raw_source=str(tmp_path)))
    assert "AlgorithmError" in errors
    assert "exit code" in errors
    assert "nothing to learn" in errors
    assert "/aws/sagemaker/ProcessingJobs" in errors
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


@pytest.fixture
def on_aws(local_service: LocalService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The settings of the target ``aws``, whose every endpoint is the local service."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {**local_service.environment, "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    role = "arn:aws:iam::000000000000:role/some-role"
    return {"target": "aws", "bucket": "not-there", "role_arn": role}


@pytest.mark.parametrize("keys", [True, False], ids=["no bucket", "no credentials"])
def test_a_run_that_starts_in_the_middle_cannot_read_its_bucket(
    attempt: Attempt, on_aws: Any, monkeypatch: pytest.MonkeyPatch, keys: bool
) -> None:
    if not keys:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
    errors = failed(attempt("2013-02-11", "model_artifact", **on_aws))
    place = "s3://not-there/preprocessed_dataset/ds=2013-02-11/manifest.json"
    reason = "NoSuchBucket" if keys else "Unable to locate credentials"
    assert f"Could not read {place}: {reason}" in errors
    assert "ML_PIPELINE_BUCKET" in errors


def test_an_asset_whose_input_was_never_made(local_service: LocalService, attempt: Attempt) -> None:
    errors = failed(attempt("2013-12-01", "model_artifact"))
    assert "preprocessed_dataset lacks 1 of the days" in errors
    assert "--select preprocessed_dataset --partition 2013-12-01" in errors
    assert keys(local_service, "model_artifact/ds=2013-12-01") == []


def test_an_unwritable_bucket(local_service: LocalService, attempt: Attempt, on_aws: Any) -> None:
    before = jobs(local_service)
    errors = failed(attempt("2013-02-11", **on_aws))
    assert "Could not write s3://not-there/raw_flights/" in errors
    assert "ML_PIPELINE_BUCKET" in errors
    assert jobs(local_service) == before
