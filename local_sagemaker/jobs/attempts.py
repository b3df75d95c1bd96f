"""The attempts of a job: a spot interruption, or a fault of the service's own, begins another."""

import sys
import traceback
from collections.abc import Callable

from local_sagemaker.jobs.ending import Ending
from local_sagemaker.jobs.reasons import (
    JobFault,
    JobInterruptedError,
    JobStoppedError,
)
from local_sagemaker.jobs.stopping import StopRequest
from local_sagemaker.jobs.supervised_job import SupervisedJob


def run_attempts(
    attempt: Callable[[], Ending], job: SupervisedJob, stop: StopRequest, clear: Callable[[], None]
) -> Ending:
    """Run attempts until one is the last.

    Args:
        attempt: Takes the job from its inputs to its outputs.
        job: The job; its state is told of what goes on between two attempts.
        stop: Ends the wait for new instances.
        clear: Makes room for the next attempt; nothing of an attempt is left to the next.

    Returns:
        How the last one ended.

    Raises:
        JobFault: The job failed for a known reason.
        JobStoppedError: A stop was asked for, or the time was up, while no container ran.
        Exception: The service's own fault, when there are no retries left.
    """
    retries = job.retries
    while True:
        try:
            return attempt()
        except JobInterruptedError:  # noqa: PERF203 - attempts are few
            clear()
            wait = job.on_interruption()
            stop.forget_interruption()
            stop.wait(wait)
        except (JobFault, JobStoppedError):
            raise
        except Exception:
            if not retries:
                raise
            retries -= 1
            traceback.print_exc(file=sys.stderr)
            clear()
            job.on_retry()
            stop.check_stop()
