"""Limits to what jobs may cost, held before they are submitted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

from dagster_sagemaker.costs.price_table import PriceTable
from dagster_sagemaker.errors import CostRefusedError
from dagster_sagemaker.run_jobs import RunJob, jobs_of

if TYPE_CHECKING:
    from dagster_sagemaker.plan import JobPlan

CONFIRM_TAG = "ml_pipeline/confirm_cost"
"""Run tag; ``true``: the limits to what jobs may cost do not hold for this run."""

_BACKFILL_TAG = "dagster/backfill"


@dataclass(frozen=True)
class Budget:
    """What jobs may cost at most; None is no limit.

    A job counts with the most that it can cost (the longest it may run, times its instances, times
    their price) until it has ended, and then with what it cost.

    Args:
        prices: Of the region; None if there are none.
        job_usd: One job.
        run_usd: All jobs of a run.
        backfill_usd: All jobs of all runs of a backfill.
    """

    prices: PriceTable | None
    job_usd: float | None = None
    run_usd: float | None = None
    backfill_usd: float | None = None

    @property
    def limits(self) -> bool:
        """Whether there is a limit."""
        every = (self.job_usd, self.run_usd, self.backfill_usd)
        return any(limit is not None for limit in every)

    def admit(
        self,
        plan: "JobPlan",
        job: RunJob,
        instance: dg.DagsterInstance,
        run: dg.DagsterRun,
    ) -> None:
        """Let a job be submitted that the run has noted.

        Of jobs that are noted at the same moment none is let pass on the strength of another's not
        being there yet.

        Args:
            plan: The work.
            job: What was noted of it.
            instance: Knows what the run and the backfill's other runs have noted.
            run: The run that is to submit it.

        Raises:
            CostRefusedError: A limit would not hold, or cannot be kept without a price.
        """
        if not self.limits or run.tags.get(CONFIRM_TAG) == "true":
            return
        subject = f"the {plan.kind.name} job for {plan.step.title}"
        if job.usd is None:
            problem = f"what {subject} can cost is not known"
            raise self._refusal(problem, "give the table a price of its instance type")
        for name, limit, others in self._limits(instance, run, job.name):
            if limit is not None and others + job.usd > limit:
                more = f", beside {others:.2f} USD of other jobs," if others else ""
                raise self._refusal(
                    f"{subject} can cost up to {job.usd:.2f} USD{more} and {name} is {limit:g}",
                    "let it run less long (MaxRuntimeInSeconds) or on other instances, or raise "
                    "the limit",
                )

    def _limits(
        self, instance: dg.DagsterInstance, run: dg.DagsterRun, job_name: str
    ) -> Iterator[tuple[str, float | None, float]]:
        """Each limit with what other jobs count to it."""
        yield "max_usd_per_job", self.job_usd, 0.0
        if self.run_usd is not None:
            runs = instance.get_runs(dg.RunsFilter(run_ids=[run.run_id]))
            yield "max_usd_per_run", self.run_usd, _others(runs, job_name)
        backfill = run.tags.get(_BACKFILL_TAG)
        if backfill is not None and self.backfill_usd is not None:
            runs = instance.get_runs(dg.RunsFilter(tags={_BACKFILL_TAG: backfill}))
            yield "max_usd_per_backfill", self.backfill_usd, _others(runs, job_name)

    def _refusal(self, problem: str, remedy: str) -> CostRefusedError:
        prices = "no table of prices" if self.prices is None else self.prices.name
        return CostRefusedError(
            f"Nothing was submitted: {problem} ({prices}). To change that, {remedy}; or let this "
            f"run do it all the same with the run tag {CONFIRM_TAG}=true.",
            allow_retries=False,
        )


def _others(runs: Iterable[dg.DagsterRun], job_name: str) -> float:
    # A job that a re-execution goes on with is noted by both runs.
    jobs = {job.name: job.usd for run in runs for job in jobs_of(run) if job.name != job_name}
    return sum(usd for usd in jobs.values() if usd is not None)
