"""A sensor that stops jobs which a killed or cancelled run has left running.

A run that is cancelled stops its job itself, unless its process was killed first. What such a run
has noted (``run_jobs``) is stopped here: at once if it was cancelled; if it failed, after a while,
because re-executing it follows the job.
"""

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import dagster as dg

from dagster_sagemaker.answers import says_no_such_job
from dagster_sagemaker.kinds import KINDS
from dagster_sagemaker.plan import ROOT_RUN_VARIABLE
from dagster_sagemaker.run_jobs import STOP_TAG, WAITS_TAG, RunJob, jobs_of, root_run_id
from dagster_sagemaker.stop import stop_job
from dagster_sagemaker.transient import AWS_ERRORS

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection

_ABANDONED = [dg.DagsterRunStatus.CANCELED, dg.DagsterRunStatus.FAILURE]
_UNFINISHED = [
    status
    for status in dg.DagsterRunStatus
    if status not in {*_ABANDONED, dg.DagsterRunStatus.SUCCESS}
]


def build_sweep_sensor(
    *,
    connection: str = "aws",
    grace_seconds: float = 900.0,
    name: str = "sagemaker_sweep",
    minimum_interval_seconds: int = 30,
    default_status: dg.DefaultSensorStatus = dg.DefaultSensorStatus.RUNNING,
) -> dg.SensorDefinition:
    """The sensor that stops what ``stop_on_cancel`` could not.

    Args:
        connection: Key of the resource that is a ``SageMakerConnection``.
        grace_seconds: How long after its failure a run may be re-executed to follow its job.
        name: Of the sensor.
        minimum_interval_seconds: Between two looks.
        default_status: Whether it runs without being switched on.
    """

    def evaluate(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        told: list[str] = []
        for record in _abandoned(context.instance, grace_seconds):
            aws: SageMakerConnection = getattr(context.resources, connection)
            if _sweep(aws, context.instance, record.dagster_run, told.append):
                context.instance.add_run_tags(record.dagster_run.run_id, {STOP_TAG: "done"})
        return dg.SkipReason("; ".join(told) or "No run has left a job behind")

    return dg.SensorDefinition(
        name=name,
        description=__doc__,
        evaluation_fn=evaluate,
        required_resource_keys={connection},
        minimum_interval_seconds=minimum_interval_seconds,
        default_status=default_status,
    )


def _abandoned(instance: dg.DagsterInstance, grace: float) -> Iterator[dg.RunRecord]:
    """Runs that may have left a job running which nobody will follow."""
    filters = dg.RunsFilter(statuses=_ABANDONED, tags={STOP_TAG: "true"})
    for record in instance.get_run_records(filters):
        run = record.dagster_run
        failed = run.status is dg.DagsterRunStatus.FAILURE
        if failed and time.time() - (record.end_time or 0.0) < grace:
            continue
        root = {"dagster/root_run_id": run.root_run_id or run.run_id}
        if not instance.get_runs(dg.RunsFilter(statuses=_UNFINISHED, tags=root), limit=1):
            yield record


def _sweep(
    connection: "SageMakerConnection",
    instance: dg.DagsterInstance,
    run: dg.DagsterRun,
    report: Callable[[str], None],
) -> bool:
    """Stop what a run has left running; whether there is no more to do about it."""
    if run.status is dg.DagsterRunStatus.FAILURE and run.tags.get(WAITS_TAG) == "true":
        return True  # another run concludes its jobs
    root = root_run_id(instance, run)
    left = [job for job in jobs_of(run) if not _stop(connection, job, root, report)]
    return not left


def _stop(
    connection: "SageMakerConnection", job: RunJob, root: str, report: Callable[[str], None]
) -> bool:
    """Stop a job, if it runs and no other run started it; whether it runs no more."""
    kind = KINDS[job.kind]
    try:
        description = kind.describe_job(connection.client("sagemaker"), job.name)
    except AWS_ERRORS as error:
        return says_no_such_job(error)
    own = description.get("Environment", {}).get(ROOT_RUN_VARIABLE) == root
    if not own or kind.status(description) != "InProgress":
        return True
    return stop_job(connection, kind, job.name, report)
