"""Steps that end while their job runs, and runs that conclude such a job later."""

from typing import TYPE_CHECKING

from dagster_sagemaker.attempts import Attempt
from dagster_sagemaker.identity import is_of_asset_backfill
from dagster_sagemaker.run_jobs import CONCLUDES_TAG, RunJob

if TYPE_CHECKING:
    from dagster_sagemaker.identity import StepContext
    from dagster_sagemaker.plan import JobPlan


def why_it_waits(context: "StepContext", plan: "JobPlan") -> str | None:
    """Why a step has to wait for its job, whatever it was told; None if it need not.

    Args:
        context: The step's.
        plan: Its job.
    """
    if not _assets(context):
        return "it is an op, and only assets can be made later by another run"
    if context.selected_asset_check_keys:
        return "its checks are part of it: an asset_check of its own can be made later"
    if plan.step.partition is not None and len(context.partition_keys) > 1:
        return "its run makes several partitions, which are recorded together"
    if is_of_asset_backfill(context.run):
        return "an asset backfill counts only what its own runs make; a backfill of a job does not"
    return None


def concluded_job(context: "StepContext") -> str | None:
    """The job whose end this run is to tell, if it is one that the sensor launched.

    Only its first try: a retry or a re-execution makes a new attempt at what has failed.
    """
    if context.run.parent_run_id is not None or context.op_execution_context.retry_number > 0:
        return None
    return context.run.tags.get(CONCLUDES_TAG)


def run_job(
    context: "StepContext", plan: "JobPlan", attempt: Attempt, *, waits: bool, usd: float | None
) -> RunJob:
    """What is noted of a job before it is created or followed."""
    root = plan.step.root_run_id
    if attempt.description is not None:
        root = plan.root_run_of(attempt.description) or root
    return RunJob(
        name=attempt.name,
        kind=plan.kind.name,
        root_run_id=root,
        assets=_assets(context),
        partition=plan.step.partition,
        waits=waits,
        usd=usd,
    )


def _assets(context: "StepContext") -> list[str]:
    if not context.has_assets_def:
        return []
    return sorted(key.to_user_string() for key in context.selected_asset_keys)
