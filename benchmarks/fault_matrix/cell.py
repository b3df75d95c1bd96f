"""One cell of the matrix: a trouble met by a job of one kind."""

import time
import uuid
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from benchmarks.fault_matrix.job import BUCKET, request
from benchmarks.fault_matrix.play import Outcome, Play, RunEndedError
from benchmarks.fault_matrix.scene import Scene, wait_for
from benchmarks.fault_matrix.trouble import Trouble
from local_sagemaker.records.store import Job
from ml_pipeline_tests.dagster_sagemaker.claimant import Errand

_SETTLE_SECONDS = 15.0


@dataclass(frozen=True)
class Cell:
    """What came of it.

    Args:
        outcomes: Status of the run, and of its re-execution if there was one.
        message: What the first failure says.
        jobs: How many jobs were made.
        left: How many of them still run.
        lost: How many lines of the jobs' logs are not in the log of the last run.
        twice: How many lines are there more often than the job wrote them, in either run.
        told: Seconds from the job's end to the end of the last run; from the trouble if that came
            later, if the job goes on, or if the run was cancelled.
        wrong: What is not as it has to be.
    """

    outcomes: tuple[str, ...]
    message: str
    jobs: int
    left: int
    lost: int
    twice: int
    told: float
    wrong: tuple[str, ...]


def run_cell(scene: Scene, trouble: Trouble, polling: Mapping[str, Any] | None = None) -> Cell:
    """Let a job meet a trouble.

    Args:
        scene: Where; free of faults and of this cell's jobs before and after.
        trouble: Which.
        polling: The client's pace, if not its default one.
    """
    asset = f"cell{uuid.uuid4().hex[:8]}"
    trouble.before(scene)
    for fault in trouble.faults:
        scene.faults.add(**fault)
    play = Play(scene, _errand(scene, trouble, asset, polling or {}))
    outcomes = []
    try:
        with suppress(RunEndedError):  # what the run came to says more
            trouble.during(play)
        outcomes.append(play.outcome())
        if trouble.again:
            scene.faults.clear()
            play.again()
            outcomes.append(play.outcome())
        scene.faults.clear()
        jobs = _settled(scene, asset)
        return _judged(scene, trouble, play, outcomes, jobs)
    finally:
        scene.faults.clear()
        play.clean_up()


def _errand(scene: Scene, trouble: Trouble, asset: str, polling: Mapping[str, Any]) -> Errand:
    hurt_on = trouble.hurt_on and trouble.hurt_on.format(kind=scene.kind.title())
    return Errand(
        url=scene.url,
        bucket=BUCKET,
        asset=asset,
        request=request(scene.kind, trouble.script, dict(trouble.request.get(scene.kind, {}))),  # type: ignore[call-overload]
        dagster_home=str(scene.dagster_home),
        hurt_on=hurt_on,
        hurt_with=trouble.hurt_with,
        kind=scene.kind,
        optional_outputs=(),
        options=dict(trouble.options),
        polling=dict(polling),
        max_attempts=5,
        retries=trouble.retries,
        quiet=True,
    )


def _settled(scene: Scene, asset: str) -> list[Job]:
    """The jobs, once none of them is about to stop."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    wait_for(
        lambda: (
            all(job.status != "Stopping" for job in scene.jobs(asset))
            or time.monotonic() > deadline
        )
    )
    return scene.jobs(asset)


def _judged(
    scene: Scene, trouble: Trouble, play: Play, outcomes: list[Outcome], jobs: list[Job]
) -> Cell:
    last = outcomes[-1]
    written: Counter[str] = sum((scene.lines(job) for job in jobs), Counter())
    lost = (written - last.lines).total()
    twice = sum((outcome.lines - written).total() for outcome in outcomes)
    left = sum(not job.ended for job in jobs)
    reached = [job.created if trouble.cancelled else scene.end_time(job) for job in jobs]
    since = [moment for moment in reached if moment is not None and moment <= last.ended]
    message = next((outcome.message for outcome in outcomes if outcome.message), "")
    wrong = [
        *_wrong_ends(trouble, last, message),
        *wrong_jobs(jobs, trouble.jobs),
        *([f"{lost} lines lost"] if lost and trouble.log and not trouble.cancelled else []),
        *([f"{twice} lines twice"] if twice else []),
    ]
    return Cell(
        outcomes=tuple(outcome.status for outcome in outcomes),
        message=message,
        jobs=len(jobs),
        left=left,
        lost=lost,
        twice=twice,
        told=last.ended - max([play.struck, *since]),
        wrong=tuple(wrong),
    )


def _wrong_ends(trouble: Trouble, last: Outcome, message: str) -> list[str]:
    succeeded = last.status == "SUCCESS"
    if succeeded != trouble.succeeds or last.status == "HUNG":
        return [f"ended as {last.status}: {message}"]
    return [] if trouble.says in message else [f"does not say {trouble.says!r}: {message}"]


def wrong_jobs(jobs: list[Job], wanted: int) -> list[str]:
    """What is wrong with the jobs of one piece of work, oldest first."""
    wrong = []
    if len(jobs) != wanted:
        wrong.append(f"{len(jobs)} jobs instead of {wanted}")
    if any(not job.ended for job in jobs):
        wrong.append("a job still runs")
    if any(earlier.modified > later.created for earlier, later in pairwise(jobs)):
        wrong.append("two jobs at once")
    if sum(job.status == "Completed" for job in jobs) > 1:
        wrong.append("two jobs completed")
    return wrong
