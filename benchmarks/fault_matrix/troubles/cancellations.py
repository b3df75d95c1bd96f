"""Runs that are cancelled at each phase."""

import signal
import time
from collections.abc import Callable

from benchmarks.fault_matrix.job import RUN_ON
from benchmarks.fault_matrix.play import Play
from benchmarks.fault_matrix.trouble import Trouble

_FLIGHT = {"fault": "slow", "operation": "Create*Job", "seconds": 0.8}


def _in_flight(number: signal.Signals) -> Callable[[Play], None]:
    def during(play: Play) -> None:
        play.in_flight()
        time.sleep(0.3)
        play.signal(number)

    return during


def _waiting(number: signal.Signals) -> Callable[[Play], None]:
    def during(play: Play) -> None:
        play.running()
        play.signal(number)

    return during


def _over(number: signal.Signals) -> Callable[[Play], None]:
    def during(play: Play) -> None:
        play.over()
        play.signal(number)

    return during


def _rows(number: signal.Signals) -> list[Trouble]:
    name = number.name
    return [
        Trouble(
            f"{name} before submit",
            succeeds=False,
            jobs=0,
            hurt_on="before-send.s3.PutObject",
            hurt_with=number,
            cancelled=True,
        ),
        Trouble(
            f"{name} during submit",
            succeeds=False,
            faults=(_FLIGHT,),
            during=_in_flight(number),
            script=RUN_ON,
            cancelled=True,
        ),
        Trouble(
            f"{name} after submit",
            succeeds=False,
            hurt_on="after-call.sagemaker.Create{kind}Job",
            hurt_with=number,
            script=RUN_ON,
            cancelled=True,
        ),
        Trouble(
            f"{name} while waiting",
            succeeds=False,
            during=_waiting(number),
            script=RUN_ON,
            cancelled=True,
        ),
        Trouble(f"{name} after the job's end; executed again", during=_over(number), again=True),
    ]


CANCELLATIONS = tuple(row for number in (signal.SIGINT, signal.SIGTERM) for row in _rows(number))
