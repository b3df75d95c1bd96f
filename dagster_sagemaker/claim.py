"""One job at a time for a piece of work, also when two runs are at it at once.

A job's name holds its run, so that two runs of one partition would start two jobs. Before Create, a
run claims the work by a conditional write to S3: the one that was faster goes on, and the other one
follows its job.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import dagster as dg

from dagster_sagemaker.attempts import Attempt, describe
from dagster_sagemaker.claim_store import Claim, ClaimStore, StoredClaim
from dagster_sagemaker.errors import NameTakenError
from dagster_sagemaker.interrupts import pause
from dagster_sagemaker.options import JobOptions

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection
    from dagster_sagemaker.plan import JobPlan

# A claim without a job is that of a run which is about to submit one, or which died before it
# could. Who lives writes the claim anew before each try, so that one this old is a dead run's:
# longer than a single request takes with the tries of botocore.
STALE_SECONDS = 420.0
_RENEW_SECONDS = 30.0


@dataclass
class JobClaim:
    """A run's claim on a piece of work.

    Args:
        connection: Where jobs run.
        store: The claim in S3.
        plan: The work.
        options: Pace and limit of waiting for another run's job.
        instance: Knows which runs are over.
        log: The run's log.
    """

    connection: "SageMakerConnection"
    store: ClaimStore
    plan: "JobPlan"
    options: JobOptions
    instance: dg.DagsterInstance
    log: dg.DagsterLogManager
    _mine: Claim | None = None
    _etag: str = ""
    _written: float = 0.0
    _said: set[str] = field(default_factory=set)

    def take(self, attempt: Attempt) -> Attempt:
        """Claim the work for a job that is to be submitted, once it is free.

        Returns:
            The same attempt; or another run's job that is in progress and computes the same.

        Raises:
            dagster.Failure: Another run's job kept the work longer than ``max_wait_seconds``.
        """
        step = self.plan.step
        mine = Claim(attempt.name, self.plan.fingerprint, step.run_id, step.root_run_id)
        if self._write(mine, None):
            return attempt
        started = time.monotonic()
        while True:
            stored = self.store.read()
            if stored is not None and stored.claim == mine:  # written, but the answer was lost
                self._holds(mine, stored.etag)
                return attempt
            found = None if stored is None else self._obstacle(stored)
            if isinstance(found, Attempt):
                self.log.info(f"[sagemaker] Following job {found.name}, which another run started")
                return found
            if found is None:
                if self._write(mine, None if stored is None else stored.etag):
                    return attempt
                continue
            self._wait(found, time.monotonic() - started)

    def hold(self) -> None:
        """Make sure, just before a job is created, that the work is still claimed.

        Raises:
            NameTakenError: Another run took the claim for a dead one's.
        """
        if self._mine is None or time.monotonic() - self._written < _RENEW_SECONDS:
            return
        if not self._write(self._mine, self._etag):
            raise NameTakenError(self._mine.job_name)

    def release(self) -> None:
        """Leave the work to others: no job comes of the claim. It does no harm if that fails."""
        if self._mine is not None:
            with suppress(dg.Failure):
                self.store.write(None, self._etag)

    def _obstacle(self, stored: StoredClaim) -> Attempt | str | None:
        """The job to follow, or what to wait for; None if the work is free."""
        claim = stored.claim
        if claim is None or claim.root_run_id == self.plan.step.root_run_id:
            return None
        description = describe(self.connection, self.plan.kind, claim.job_name, self.log)
        if description is None:
            stale = stored.age_seconds > STALE_SECONDS or self._is_over(claim.run_id)
            return None if stale else f"run {claim.run_id}, which is about to submit one"
        if self.plan.kind.is_over(description):
            return None
        status = self.plan.kind.status(description)
        if status == "InProgress" and self.plan.is_ours(description):
            return Attempt(claim.job_name, description, of_this_run=False)
        return f"job {claim.job_name} of run {claim.run_id}, which is {status}"

    def _is_over(self, run_id: str) -> bool:
        run = self.instance.get_run_by_id(run_id)
        return run is not None and run.is_finished

    def _wait(self, obstacle: str, waited: float) -> None:
        limit = self.options.max_wait_seconds
        if limit is not None and waited > limit:
            raise dg.Failure(
                f"{self.plan.step.title} had no turn within max_wait_seconds={limit:g}: its work "
                f"is claimed by {obstacle}"
            )
        if obstacle not in self._said:
            self._said.add(obstacle)
            title = self.plan.step.title
            self.log.info(f"[sagemaker] A job for {title} waits for {obstacle}")
        pause(self.options.polling.interval(waited))

    def _write(self, claim: Claim, etag: str | None) -> bool:
        written = self.store.write(claim, etag)
        if written is None:
            return False
        self._holds(claim, written)
        return True

    def _holds(self, claim: Claim, etag: str) -> None:
        self._mine, self._etag, self._written = claim, etag, time.monotonic()
