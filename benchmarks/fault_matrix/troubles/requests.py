"""Requests that are throttled, fail, or get no answer.

More in a row fail than boto3 itself makes attempts, so that it is the library's turn.
"""

import signal
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.fault_matrix.job import INSTANCE_TYPE, RUN_ON
from benchmarks.fault_matrix.play import Play
from benchmarks.fault_matrix.trouble import Trouble

_IN_A_ROW = 7
_LOGS_IN_A_ROW = 2  # boto3 makes one attempt: a log can be read later
_TYPES = {"throttling": "throttled", "error": "answered 500", "drop": "cut off"}

Fault = Mapping[str, Any]


def _while_running(fault: Fault) -> Callable[[Play], None]:
    def during(play: Play) -> None:
        play.running()
        play.strike()
        play.scene.faults.add(**fault)

    return during


def _when_over(fault: Fault) -> Callable[[Play], None]:
    def during(play: Play) -> None:
        play.over()
        play.scene.faults.add(**fault)

    return during


def _interrupted(play: Play) -> None:
    play.running()
    play.signal(signal.SIGINT)


def _rows(fault_type: str) -> list[Trouble]:
    how = _TYPES[fault_type]

    def fault(operation: str, times: int = _IN_A_ROW) -> Fault:
        return {"fault": fault_type, "operation": operation, "times": times}

    return [
        Trouble(f"Create {how}", faults=(fault("Create*Job"),)),
        Trouble(f"Describe {how}, looking for an earlier job", faults=(fault("Describe*Job"),)),
        Trouble(
            f"Describe {how}, while the job runs", during=_while_running(fault("Describe*Job"))
        ),
        Trouble(
            f"Stop {how}, after SIGINT",
            succeeds=False,
            faults=(fault("Stop*Job"),),
            during=_interrupted,
            script=RUN_ON,
            cancelled=True,
        ),
        Trouble(
            f"Logs {how}, while the job runs",
            during=_while_running(fault("logs:*", _LOGS_IN_A_ROW)),
        ),
        Trouble(
            f"S3 {how}, before the job is made, and a retry policy",
            faults=(fault("s3:*"),),
            retries=1,
        ),
        Trouble(f"S3 {how}, once the job is over", during=_when_over(fault("s3:*"))),
    ]


def _lost_answer(fault_type: str) -> Fault:
    return {"fault": fault_type, "operation": "Create*Job", "after": True, "times": 1}


_LOST_ANSWERS = (
    Trouble("Create done, and answered 500", faults=(_lost_answer("error"),)),
    Trouble("Create done, and its answer cut off", faults=(_lost_answer("drop"),)),
    Trouble(
        "Create done, its answer cut off, and the job uses the quota up",
        faults=(
            _lost_answer("drop"),
            {"fault": "quota", "instance_type": INSTANCE_TYPE, "limit": 1},
        ),
    ),
)

REQUESTS = (*(row for one in _TYPES for row in _rows(one)), *_LOST_ANSWERS)
