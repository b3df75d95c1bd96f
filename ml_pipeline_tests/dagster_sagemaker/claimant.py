"""Processes that materialize one partition at the same time, or are killed while they do."""

import json
import os
import signal
from dataclasses import asdict, dataclass, replace
from itertools import count
from typing import Any

import dagster as dg

from dagster_sagemaker import JobRequest, PipesSageMakerProcessingClient, SageMakerConnection, claim
from dagster_sagemaker.polling import Polling
from ml_pipeline_tests.forks import FORKS

DAY = "2013-01-02"

_VARIABLE = "CLAIMANTS_ERRAND"
_POLLING = Polling(initial_seconds=0.05, cap_seconds=0.1, late_log_seconds=0.0)


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
    """

    url: str
    bucket: str
    asset: str
    request: dict[str, Any]
    dagster_home: str
    parent_run_id: str | None = None
    die_at: int | None = None
    stale_seconds: float = claim.STALE_SECONDS

    def again(self, parent_run_id: str) -> "Errand":
        return replace(self, parent_run_id=parent_run_id, die_at=None)


def start(errand: Errand) -> Any:
    """A process that is at it."""
    process = FORKS.Process(target=_run, args=(errand,), daemon=True)
    process.start()
    return process


def instance_of(home: str) -> dg.DagsterInstance:
    return dg.DagsterInstance.local_temp(tempdir=home)


def the_job() -> dg.JobDefinition:
    errand = Errand(**json.loads(os.environ[_VARIABLE]))

    @dg.asset(name=errand.asset, partitions_def=dg.StaticPartitionsDefinition([DAY]))
    def asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        client = PipesSageMakerProcessingClient(
            _connection(errand), bucket=errand.bucket, polling=_POLLING
        )
        request = JobRequest(errand.request, optional_outputs=("train", "report"))
        return dg.MaterializeResult(
            metadata=client.run(context=context, request=request).job.metadata
        )

    job = dg.define_asset_job("the_job", [asset], executor_def=dg.in_process_executor)
    return dg.Definitions(assets=[asset], jobs=[job]).resolve_job_def("the_job")


def _run(errand: Errand) -> None:
    os.environ[_VARIABLE] = json.dumps(asdict(errand))
    claim.STALE_SECONDS = errand.stale_seconds
    again = errand.parent_run_id
    result = dg.execute_job(
        dg.reconstructable(the_job),
        instance=instance_of(errand.dagster_home),
        reexecution_options=dg.ReexecutionOptions(parent_run_id=again) if again else None,
        tags={"dagster/partition": DAY},
    )
    raise SystemExit(0 if result.success else 1)


def _connection(errand: Errand) -> SageMakerConnection:
    connection = SageMakerConnection(
        region="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        endpoint_url=errand.url,
        max_attempts=1,
    )
    moments = count(1)

    def pass_moment(**_: Any) -> None:
        if next(moments) == errand.die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    for service in ("sagemaker", "s3"):
        events = connection.client(service).meta.events
        events.register("before-send", pass_moment)
        events.register("after-call", pass_moment)
    return connection
