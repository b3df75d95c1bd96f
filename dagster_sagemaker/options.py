"""How a job is submitted and waited for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypedDict, get_args

from dagster_sagemaker.costs import PriceTable
from dagster_sagemaker.polling import Polling

ActionIfJobExists = Literal["attach", "fail", "increment", "timestamp", "skip"]


@dataclass(frozen=True)
class JobOptions:
    """What the keywords of the clients and of their ``run`` mean.

    Args:
        action_if_job_exists: What to do about a job that exists. Whatever is chosen, a job that
            this run, or one that it re-executes, started for the same work is gone on with.

            - ``attach``: names hold the run, so that no job of another run is in the way.
            - ``fail``: the name is the request's own; another run's job of that name is an error.
            - ``increment``: next to it, under the name with ``-2``, ``-3`` and so on.
            - ``timestamp``: next to it, under the name with the second at which the run was made.
            - ``skip``: make none; follow it, or use what it left, whatever its request was.
        instance_types: Types that will do, best first, instead of the request's one. The service
            chooses where it can; else the next one's turn comes when there is no capacity, or
            never enough quota, for one.
        check_inputs: Before a job is submitted, make sure that there is something at each address
            in S3 that it reads: one request for each.
        wait_for_completion: Follow the job to its end. If false, the step ends once the job is
            submitted, and the sensor of ``build_completion_sensor`` has the partition made when it
            has ended: see ``docs/no-worker-held.md``.
        spot_without_checkpoint: Allow a job on spot instances that saves no checkpoints, and so
            begins anew when it loses them.
        polling: Pace of the requests about a running job.
        prices: What instances cost; without a table, the bundled one of the connection's region.
        max_usd_per_job: Refuse a job that can cost more: the longest it may run, times its
            instances, times their price. The run tag ``ml_pipeline/confirm_cost=true`` lets it be.
        max_usd_per_run: As that for all jobs of a run; those that have ended count with their cost.
        max_usd_per_backfill: As that for all jobs of the runs of a backfill.
        print_log: Show the job's log in the run's.
        resource_metrics: Ask CloudWatch, with one request when the job has ended, what it took of
            its instances at its peak.
        stop_on_cancel: Stop the job when the run is cancelled.
        max_wait_seconds: Stop the job and fail after this time; None for no limit.
        max_quota_wait_seconds: How long to wait in line while the account's quota is used up; None
            for no limit but the run's own. Without ``wait_for_completion`` no run waits: the sensor
            has others try.
        max_credentials_wait_seconds: How long to wait for credentials that ran out, before the job
            is submitted or while it runs and does not need them.

    Raises:
        ValueError: There is no such action.
    """

    action_if_job_exists: ActionIfJobExists = "attach"
    instance_types: Sequence[str] = ()
    check_inputs: bool = True
    wait_for_completion: bool = True
    spot_without_checkpoint: bool = False
    polling: Polling = field(default_factory=Polling)
    prices: PriceTable | None = None
    max_usd_per_job: float | None = None
    max_usd_per_run: float | None = None
    max_usd_per_backfill: float | None = None
    print_log: bool = True
    resource_metrics: bool = True
    stop_on_cancel: bool = True
    max_wait_seconds: float | None = None
    max_quota_wait_seconds: float | None = None
    max_credentials_wait_seconds: float = 900.0

    def __post_init__(self) -> None:
        actions = get_args(ActionIfJobExists)
        if self.action_if_job_exists not in actions:
            message = (
                f"action_if_job_exists={self.action_if_job_exists!r} is none of "
                f"{', '.join(actions)}"
            )
            raise ValueError(message)


class JobKeywords(TypedDict, total=False):
    """The members of ``JobOptions`` as keywords."""

    action_if_job_exists: ActionIfJobExists
    instance_types: Sequence[str]
    check_inputs: bool
    wait_for_completion: bool
    spot_without_checkpoint: bool
    polling: Polling
    prices: PriceTable | None
    max_usd_per_job: float | None
    max_usd_per_run: float | None
    max_usd_per_backfill: float | None
    print_log: bool
    resource_metrics: bool
    stop_on_cancel: bool
    max_wait_seconds: float | None
    max_quota_wait_seconds: float | None
    max_credentials_wait_seconds: float
