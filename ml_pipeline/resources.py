"""The resources of a target: the one place that knows there are two."""

import time
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr

from dagster_sagemaker import (
    JobKeywords,
    PipesSageMakerProcessingClient,
    PipesSageMakerTrainingClient,
    Polling,
    PriceTable,
    SageMakerConnection,
)
from local_sagemaker.daemon.control import ensure_started
from local_sagemaker.daemon.errors import DaemonError as LocalServiceError
from ml_pipeline.publishing.io_managers import (
    S3DatasetIOManager,
    S3EvaluationIOManager,
    S3FeaturesIOManager,
    S3ModelIOManager,
    S3RawDayIOManager,
    S3SequencesIOManager,
    S3StatisticsIOManager,
)
from ml_pipeline.settings import Settings

# The local service answers in a millisecond, throttles nobody, and has every log line in place when
# a job ends.
_LOCAL_POLLING = Polling(
    initial_seconds=0.1, steps=(), log_seconds=0.5, message_seconds=0.2, late_log_seconds=0
)

# Asking whether the service is there takes longer than most of its answers.
_TRUST_SECONDS = 1.0

__all__ = ["LocalConnection", "LocalServiceError", "build_connection", "build_resources"]


class LocalConnection(SageMakerConnection):
    """A connection to the service on this machine, which is started when first needed.

    Args:
        home: The service's home directory.
        port: The service's port on 127.0.0.1.
        bucket: Made if it is not there.
        events_queue: The queue that a service which is started is to tell of its jobs, if any.
    """

    home: str
    port: int
    bucket: str
    events_queue: str | None = None

    _has_bucket: bool = PrivateAttr(default=False)
    _answered: float = PrivateAttr(default=-_TRUST_SECONDS)

    def client(self, service: Any) -> Any:
        """See ``SageMakerConnection``.

        Raises:
            LocalServiceError: The service could not be started; the message says what to change.
        """
        if time.monotonic() - self._answered > _TRUST_SECONDS:
            ensure_started(Path(self.home), self.port, self.events_queue)
            self._answered = time.monotonic()
        if not self._has_bucket:
            super().client("s3").create_bucket(Bucket=self.bucket)
            self._has_bucket = True
        return super().client(service)


def build_connection(settings: Settings) -> SageMakerConnection:
    """The connection to the target that the settings name; nothing is contacted yet."""
    if settings.target == "aws":
        return SageMakerConnection(region=settings.region, profile_name=settings.profile)
    endpoint = f"http://127.0.0.1:{settings.local_port}"
    return LocalConnection(
        region=settings.region,
        endpoint_url=endpoint,
        job_page_url=endpoint + "/_jobs/{kind}/{name}",
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - the local service takes any
        home=str(settings.home.resolve()),
        port=settings.local_port,
        bucket=settings.bucket_name,
        events_queue=settings.queue_of_job_ends,
    )


def prices_of(settings: Settings) -> PriceTable | None:
    """The prices of instances in use; None if there are none for the region.

    Raises:
        PriceTableError: The file that was set is no table.
    """
    if settings.price_table is not None:
        return PriceTable.read(settings.price_table)
    return PriceTable.bundled(settings.region)


def build_resources(settings: Settings) -> dict[str, Any]:
    """Every resource of the definitions, by key."""
    connection = build_connection(settings)
    bucket = settings.bucket_name
    options: JobKeywords = {
        "polling": _LOCAL_POLLING if settings.target == "local" else Polling(),
        "wait_for_completion": settings.wait_for_completion,
        "prices": prices_of(settings),
        "max_usd_per_job": settings.max_usd_per_job,
        "max_usd_per_run": settings.max_usd_per_run,
        "max_usd_per_backfill": settings.max_usd_per_backfill,
        "resource_metrics": settings.resource_metrics,
    }
    return {
        "settings": settings,
        "aws": connection,
        "processing": PipesSageMakerProcessingClient(connection, bucket=bucket, **options),
        "training": PipesSageMakerTrainingClient(connection, bucket=bucket, **options),
        "raw_days": S3RawDayIOManager(connection=connection, bucket=bucket),
        "datasets": S3DatasetIOManager(connection=connection, bucket=bucket),
        "models": S3ModelIOManager(connection=connection, bucket=bucket),
        "evaluations": S3EvaluationIOManager(connection=connection, bucket=bucket),
        "statistics": S3StatisticsIOManager(connection=connection, bucket=bucket),
        "features": S3FeaturesIOManager(connection=connection, bucket=bucket),
        "sequences": S3SequencesIOManager(connection=connection, bucket=bucket),
    }
