"""A sensor that has partitions made of jobs which nobody waited for.

A run that does not wait for its jobs notes them (``run_jobs``) and ends. When one has ended, this
launches a run of the same asset and partition, which finds the job, verifies and commits it as the
first one would have, or fails with the job's reason. Events say which have ended; because some get
lost, all jobs are looked at in turn besides. Nothing lists jobs of the account.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

from dagster_sagemaker.answers import says_no_such_job
from dagster_sagemaker.job_events import JobEvents
from dagster_sagemaker.kinds import KINDS
from dagster_sagemaker.run_jobs import CONCLUDES_TAG, WAITS_TAG, RunJob, jobs_of
from dagster_sagemaker.transient import AWS_ERRORS, is_transient
from dagster_sagemaker.turns import Turns

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection

# A job may be unknown to Describe for a moment after its creation.
_APPEARANCE_SECONDS = 30.0
# Looks that can be saved up: no tick may take longer than Dagster gives it.
_MOST_LOOKS = 200
# Jobs that wait for quota are tried in turn, so that many of them do not make as many runs.
_MOST_MADE_ANEW = 5


@dataclass(frozen=True)
class _Wait:
    job: RunJob
    record: dg.RunRecord
    conclusions: int  # runs so far that were to conclude it, and had to make the job anew


def build_completion_sensor(
    *,
    target: "dg.AssetSelection",
    connection: str = "aws",
    queue: str | None = None,
    looks_per_second: float = 1.0,
    name: str = "sagemaker_completions",
    minimum_interval_seconds: int = 15,
    default_status: dg.DefaultSensorStatus = dg.DefaultSensorStatus.RUNNING,
) -> dg.SensorDefinition:
    """The sensor that concludes what ``wait_for_completion=False`` has left running.

    Args:
        target: The assets whose jobs it concludes.
        connection: Key of the resource that is a ``SageMakerConnection``.
        queue: URL or name of the SQS queue that an EventBridge rule feeds, and nobody else reads;
            without one, a job's end is noticed when its turn comes.
        looks_per_second: How many Describe requests may be spent on jobs in turn.
        name: Of the sensor.
        minimum_interval_seconds: Between two looks at the queue.
        default_status: Whether it runs without being switched on.
    """

    def evaluate(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        waits = {wait.job.name: wait for wait in _open_waits(context.instance)}
        if not waits:
            return dg.SkipReason("No run waits for a job")
        aws: SageMakerConnection = getattr(context.resources, connection)
        ended = JobEvents(aws, queue).ended() & waits.keys() if queue else set()
        due, turns = Turns.parse(context.cursor).take(
            sorted(waits.keys() - ended),
            per_second=looks_per_second,
            most=_MOST_LOOKS,
            now=time.time(),
        )
        ended |= set(_ended(aws, context.instance, (waits[name] for name in due)))
        requests = [
            waits[name].job.conclusion(waits[name].conclusions + 1) for name in sorted(ended)
        ]
        reason = None if requests else f"Of {len(waits)} jobs, none has ended as far as is known"
        return dg.SensorResult(run_requests=requests, skip_reason=reason, cursor=turns.dump())

    return dg.SensorDefinition(
        name=name,
        description=__doc__,
        evaluation_fn=evaluate,
        target=target,
        required_resource_keys={connection},
        minimum_interval_seconds=minimum_interval_seconds,
        default_status=default_status,
    )


def _open_waits(instance: dg.DagsterInstance) -> list[_Wait]:
    """Jobs that no run concludes yet; a run that waits for none any more is told so."""
    waiting = instance.get_run_records(dg.RunsFilter(tags={WAITS_TAG: "true"}))
    noted = {
        record.dagster_run.run_id: [job for job in jobs_of(record.dagster_run) if job.waits]
        for record in waiting
    }
    concluding = _concluding(instance, [job.name for jobs in noted.values() for job in jobs])
    found = []
    for record in waiting:
        run = record.dagster_run
        left = [
            _Wait(job, record, len(concluding[job.name]))
            for job in noted[run.run_id]
            if not any(later > record.storage_id for later in concluding[job.name])
        ]
        if left and run.status is not dg.DagsterRunStatus.CANCELED:
            found += left
        else:
            instance.add_run_tags(run.run_id, {WAITS_TAG: "false"})
    return found


def _concluding(instance: dg.DagsterInstance, names: list[str]) -> Mapping[str, list[int]]:
    """The runs that conclude jobs, by their place in the order of all runs."""
    found: dict[str, list[int]] = {name: [] for name in names}
    if names:
        for record in instance.get_run_records(dg.RunsFilter(tags={CONCLUDES_TAG: names})):
            found[record.dagster_run.tags[CONCLUDES_TAG]].append(record.storage_id)
    return found


def _ended(
    connection: "SageMakerConnection", instance: dg.DagsterInstance, waits: Iterable[_Wait]
) -> Iterable[str]:
    """Those that Describe says have ended, as far as it answers.

    Raises:
        botocore.exceptions.ClientError: The service refuses to say.
    """
    made_anew = 0
    for wait in waits:
        kind = KINDS[wait.job.kind]
        try:
            description = kind.describe_job(connection.client("sagemaker"), wait.job.name)
        except AWS_ERRORS as error:
            if is_transient(error):
                return  # the others' turn comes again
            if not says_no_such_job(error):
                raise
            if made_anew < _MOST_MADE_ANEW and _is_to_be_made_again(instance, wait.record):
                made_anew += 1
                yield wait.job.name
        else:
            if kind.is_over(description):
                yield wait.job.name


def _is_to_be_made_again(instance: dg.DagsterInstance, record: dg.RunRecord) -> bool:
    """Whether the run that concludes a job which is not there is to make it.

    It was there, and is gone; or there was no room for it.
    """
    run = record.dagster_run
    if not run.is_finished or time.time() - (record.end_time or 0.0) < _APPEARANCE_SECONDS:
        return False
    if run.is_success:
        return True
    instance.add_run_tags(run.run_id, {WAITS_TAG: "false"})  # it failed before there was one
    return False
