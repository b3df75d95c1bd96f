"""Processes that materialize one partition at the same time, or are killed while they do."""

import json
import os
import signal
import threading
from dataclasses import asdict, dataclass, field, replace
from itertools import count
from typing import Any

import dagster as dg

from dagster_sagemaker import (
    JobRequest,
    PipesSageMakerProcessingClient,
    PipesSageMakerTrainingClient,
    SageMakerConnection,
    claim,
)
from dagster_sagemaker.polling import Polling
from ml_pipeline_tests.forks import FORKS

DAY = "2013-01-02"

ASSET_TAG = "claimant/asset"
"""Tag of a run: its asset."""

_VARIABLE = "CLAIMANTS_ERRAND"
_QUICK = {"initial_seconds": 0.05, "cap_seconds": 0.1, "late_log_seconds": 0.0}
_CLIENTS = {
    "processing": PipesSageMakerProcessingClient,
    "training": PipesSageMakerTrainingClient,
}


@dataclass(frozen=True)
class Errand:
    """What a process is to do.

    Args:
        url: Where the service is.
        bucket: The client's.
        asset: The asset's name.
        request: Of its job.
        dagster_home: What Dagster keeps, for all processes.
        parent_run_id: The run to execute again.
        die_at: The how manieth moment, just before or after one of its requests, to be killed at.
        stale_seconds: After how long a claim without a job is a dead run's.
        die_after: Seconds from its first request to be killed after.
        hurt_on: An event of boto3, such as ``before-send.sagemaker``, at which a signal comes.
        hurt_with: That signal's number.
        kind: Of the job.
        optional_outputs: Outputs that may be missing.
        options: More keywords of the client.
        polling: The client's pace.
        max_attempts: Of the connection.
        retries: Of the asset's retry policy.
        quiet: Whether Dagster prints nothing.
    """

    url: str
    bucket: str
    asset: str
    request: dict[str, Any]
    dagster_home: str
    parent_run_id: str | None = None
    die_at: int | None = None
    stale_seconds: float = claim.STALE_SECONDS
    die_after: float | None = None
    hurt_on: str | None = None
    hurt_with: int = signal.SIGKILL
    kind: str = "processing"
    optional_outputs: tuple[str, ...] = ("train", "report")
    options: dict[str, Any] = field(default_factory=dict)
    polling: dict[str, Any] = field(default_factory=lambda: dict(_QUICK))
    max_attempts: int = 1
    retries: int = 0
    quiet: bool = False

    def again(self, parent_run_id: str | None) -> "Errand":
        return replace(self, parent_run_id=parent_run_id, die_at=None, die_after=None, hurt_on=None)


def start(errand: Errand) -> Any:
    """A process that is at it."""
    process = FORKS.Process(target=_run, args=(errand,), daemon=True)
    process.start()
    return process


def instance_of(home: str) -> dg.DagsterInstance:
    return dg.DagsterInstance.local_temp(tempdir=home)


def the_job() -> dg.JobDefinition:
    errand = Errand(**json.loads(os.environ[_VARIABLE]))

    @dg.asset(
        name=errand.asset,
        partitions_def=dg.StaticPartitionsDefinition([DAY]),
        retry_policy=dg.RetryPolicy(max_retries=errand.retries) if errand.retries else None,
    )
    def asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        client = _CLIENTS[errand.kind](
            _connection(errand),
            bucket=errand.bucket,
            polling=Polling(**errand.polling),
            **errand.options,
        )
        request = JobRequest(errand.request, optional_outputs=errand.optional_outputs)
        return dg.MaterializeResult(
            metadata=client.run(context=context, request=request).job.metadata
        )

    job = dg.define_asset_job("the_job", [asset], executor_def=dg.in_process_executor)
    return dg.Definitions(assets=[asset], jobs=[job]).resolve_job_def("the_job")


def _run(errand: Errand) -> None:
    os.environ[_VARIABLE] = json.dumps(asdict(errand))
    claim.STALE_SECONDS = errand.stale_seconds
    again = errand.parent_run_id
    silence = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    result = dg.execute_job(
        dg.reconstructable(the_job),
        instance=instance_of(errand.dagster_home),
        reexecution_options=dg.ReexecutionOptions(parent_run_id=again) if again else None,
        tags={"dagster/partition": DAY, ASSET_TAG: errand.asset},
        run_config=silence if errand.quiet else None,
    )
    raise SystemExit(0 if result.success else 1)


def _connection(errand: Errand) -> SageMakerConnection:
    connection = SageMakerConnection(
        region="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        endpoint_url=errand.url,
        max_attempts=errand.max_attempts,
    )
    moments = count(1)

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def pass_moment(**_: Any) -> None:
        moment = next(moments)
        if moment == errand.die_at:
            die()
        if moment == 1 and errand.die_after is not None:
            threading.Timer(errand.die_after, die).start()

    def hurt(**_: Any) -> None:
        os.kill(os.getpid(), errand.hurt_with)

    for service in ("sagemaker", "s3"):
        events = connection.client(service).meta.events
        events.register("before-send", pass_moment)
        events.register("after-call", pass_moment)
        if errand.hurt_on is not None:
            events.register(errand.hurt_on, hurt)
    return connection
