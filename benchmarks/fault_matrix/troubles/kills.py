"""Processes that are killed at each phase."""

import signal
import time

from benchmarks.fault_matrix.play import Play
from benchmarks.fault_matrix.trouble import Trouble

_FLIGHT = {"fault": "slow", "operation": "Create*Job", "seconds": 1.0}


def _in_flight(play: Play) -> None:
    play.in_flight()
    time.sleep(0.3)
    play.signal(signal.SIGKILL)


def _waiting(play: Play) -> None:
    play.running()
    play.signal(signal.SIGKILL)


def _over(play: Play) -> None:
    play.over()
    play.signal(signal.SIGKILL)


KILLS = (
    Trouble("before it claims the work", hurt_on="before-send.s3.PutObject", again=True),
    Trouble("before submit", hurt_on="before-send.sagemaker.Create{kind}Job", again=True),
    Trouble("during submit", faults=(_FLIGHT,), during=_in_flight, again=True),
    Trouble("after submit", hurt_on="after-call.sagemaker.Create{kind}Job", again=True),
    Trouble("while waiting", during=_waiting, again=True),
    Trouble("after the job's end, before the result is committed", during=_over, again=True),
)
