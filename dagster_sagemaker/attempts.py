"""Which attempt at a piece of work is due: one to follow, one to use, or a new one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg
from botocore.exceptions import ClientError

from dagster_sagemaker.answers import says_no_such_job
from dagster_sagemaker.errors import MissingOutputError
from dagster_sagemaker.outputs import verified_outputs
from dagster_sagemaker.refusals import explain_refusal
from dagster_sagemaker.transient import patiently

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection
    from dagster_sagemaker.kinds import JobKind
    from dagster_sagemaker.plan import JobPlan

_MOST_ATTEMPTS = 100


@dataclass(frozen=True)
class Attempt:
    """A job by name.

    Args:
        name: Name of the job.
        description: What the service says of it; None if it is still to be submitted.
        of_this_run: Whether this run, or one that it re-executes, started it or is to.
    """

    name: str
    description: dict[str, Any] | None
    of_this_run: bool = True


def find_attempt(
    connection: "SageMakerConnection",
    plan: "JobPlan",
    log: dg.DagsterLogManager,
    to_conclude: str | None = None,
) -> Attempt:
    """The attempt to go on with.

    A job that this run started, or one that it re-executes, is followed while in progress and used
    when completed, if it computes what this plan does. One that has failed, was stopped, lost its
    outputs, or computed something else gives way to the next attempt. What becomes of another run's
    job of the name, the plan's action says.

    Args:
        connection: Where jobs run.
        plan: The work.
        log: The run's log.
        to_conclude: A job whose end is to be told, also if it is of no use.

    Raises:
        dagster.Failure: A job that computes something else is in progress under the name, or
            another run's job is not to be there.
    """
    for number in range(1, _MOST_ATTEMPTS + 1):
        name = plan.name(number)
        description = describe(connection, plan.kind, name, log)
        if description is None:
            return Attempt(name, None)
        reason = why_not_usable(connection, plan, description)
        if reason is None or (name == to_conclude and _is_to_be_told(plan, description)):
            status = plan.kind.status(description)
            log.info(f"[sagemaker] Found job {name} of an earlier attempt: {status}")
            return Attempt(name, description, is_of_this_run(plan, description))
        log.info(f"[sagemaker] Passed over job {name} of an earlier attempt: {reason}")
    message = (
        f"{plan.step.title} was attempted {_MOST_ATTEMPTS} times in run {plan.step.root_run_id} "
        "and its re-executions: start a new run instead of re-executing this one"
    )
    raise dg.Failure(message, allow_retries=False)


def describe(
    connection: "SageMakerConnection", kind: "JobKind", name: str, log: dg.DagsterLogManager
) -> dict[str, Any] | None:
    """What the service says of a job; None if it knows none of that name.

    Raises:
        dagster.Failure: It refused to say, or did not answer.
    """
    check = "the name, the credentials in use, their permissions, and the region"
    with explain_refusal(f"look for {kind.name} job {name} in SageMaker", check):
        try:
            return patiently(
                lambda: kind.describe_job(connection.client("sagemaker"), name),
                lambda error: log.warning(f"[sagemaker] Waiting for the service: {error}"),
            )
        except ClientError as error:
            if says_no_such_job(error):
                return None
            raise


def why_not_usable(
    connection: "SageMakerConnection", plan: "JobPlan", description: dict[str, Any]
) -> str | None:
    """Why a job that exists is neither to be followed nor used; None if it is.

    Raises:
        dagster.Failure: It computes something else and is in progress, or is not to be there.
    """
    kind, status = plan.kind, plan.kind.status(description)
    if not is_of_this_run(plan, description):
        if plan.action == "fail":
            raise _exists(kind, description)
        if plan.action != "skip":
            return f"it is another run's, and {status}"
    elif not plan.is_ours(description):
        if status == "InProgress":
            raise dg.Failure(
                f"SageMaker {kind.name} job {description[kind.name_field]} of the same run is in "
                f"progress, but its request is not the one of {plan.step.title} now: wait for its "
                "end or stop it, then run this again"
            )
        return f"it is {status}, and its request was another one"
    if status == "Completed" and not plan.is_fresh(description):
        return "it is older than this run, which is to make everything anew"
    if status == "Completed":
        try:
            verified_outputs(connection.client("s3"), kind, description, plan.job.optional_outputs)
        except MissingOutputError as error:
            return f"it {error}"
        return None
    return None if status == "InProgress" else f"it is {status}"


def _is_to_be_told(plan: "JobPlan", description: dict[str, Any]) -> bool:
    """Whether a job's end is the step's, though it is of no use."""
    status = plan.kind.status(description)
    return status in {"Failed", "Stopped"} or (status == "Completed" and plan.is_ours(description))


def is_of_this_run(plan: "JobPlan", description: dict[str, Any]) -> bool:
    """Whether this run, or one that it re-executes, started a job: names may hold the run."""
    return plan.action == "attach" or plan.is_of_this_run(description)


def _exists(kind: "JobKind", description: dict[str, Any]) -> dg.Failure:
    return dg.Failure(
        f"SageMaker {kind.name} job {description[kind.name_field]} of another run exists "
        f"({kind.status(description)}), and action_if_job_exists is 'fail': name the job "
        "differently, or choose another action",
        allow_retries=False,
    )
