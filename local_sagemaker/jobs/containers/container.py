"""Containers without Docker: process trees, each with an ``/opt/ml`` of its own."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from local_sagemaker.jobs.ending import Run
from local_sagemaker.jobs.stopping import LOOK_SECONDS, StopRequest
from local_sagemaker.jobs.watching import LoggedProcess, Outcome, watch


class Container(Protocol):
    """One instance's processes."""

    process: LoggedProcess

    def terminate(self) -> bool:
        """Send SIGTERM to the main process; False if it would not notice."""

    def kill(self) -> None:
        """End everything at once."""

    def processes(self) -> list[int]:
        """Those that run now, the program among them."""

    def exit_code(self) -> int:
        """The job's program's, as shells and Docker count it; for a container that has ended."""


def run(
    containers: Sequence[Container],
    stop: StopRequest,
    limit: float,
    grace: float,
    on_cut: Callable[[Outcome], None],
    look: Callable[[], float] = lambda: LOOK_SECONDS,
) -> Run:
    """Run containers to their end, and leave nothing of them behind.

    One that fails ends them all.

    Args:
        containers: Already started.
        stop: Ends them before their time.
        limit: Seconds they may run.
        grace: Seconds between SIGTERM and SIGKILL. Not waited for if nobody caught SIGTERM: what no
            process noticed gives none the time to tidy up.
        on_cut: Told why, just before they are asked to end before their time.
        look: Called now and then while they run; see ``watch``.

    Returns:
        Why they ended.
    """
    try:
        outcome = watch([container.process for container in containers], stop, limit, look=look)
        ended = [one for one in containers if one.process.exit_code is not None]
        if outcome != "exited":
            on_cut(outcome)
        _end(containers, stop, grace)
    finally:
        kill(containers, stop)
    if outcome != "exited":
        return Run(outcome, 0)
    failed = next((one for one in ended if one.exit_code()), None)
    return Run(outcome, failed.exit_code(), containers.index(failed)) if failed else Run(outcome, 0)


def kill_running(containers: Sequence[Container]) -> None:
    """Have the containers that still run end at once; whoever watches them sees them end."""
    for container in _running(containers):
        container.kill()


def kill(containers: Sequence[Container], stop: StopRequest) -> None:
    """End containers at once, those that still run, and see them off."""
    kill_running(containers)
    for container in containers:
        while container.process.exit_code is None:
            watch([container.process], stop, None, heed_stop=False)


def _end(containers: Sequence[Container], stop: StopRequest, grace: float) -> None:
    """Give those that still run the time to end by themselves, if they care to."""
    asked = [one for one in _running(containers) if one.terminate()]
    deadline = time.monotonic() + grace
    while (left := _running(asked)) and (seconds := deadline - time.monotonic()) > 0:
        watch([container.process for container in left], stop, seconds, heed_stop=False)


def _running(containers: Sequence[Container]) -> list[Container]:
    return [container for container in containers if container.process.exit_code is None]
