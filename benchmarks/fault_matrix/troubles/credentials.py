"""Credentials that run out."""

import time
from typing import Any

from benchmarks.fault_matrix.play import Play
from benchmarks.fault_matrix.trouble import Trouble

_RENEWED_AFTER = 5.0
_PATIENCE = 3.0


def _expire(operation: str, **when: int) -> dict[str, Any]:
    return {
        "fault": "error",
        "operation": operation,
        "code": "ExpiredTokenException",
        "message": "The security token included in the request is expired",
        "status": 400,
        **when,
    }


def _renewed(play: Play) -> None:
    play.running()
    play.scene.faults.add(**_expire("sagemaker:*"))
    play.scene.faults.add(**_expire("logs:*"))
    time.sleep(_RENEWED_AFTER)
    play.scene.faults.clear()


def _not_renewed(play: Play) -> None:
    play.running()
    play.strike()
    play.scene.faults.add(**_expire("sagemaker:*"))


CREDENTIALS = (
    Trouble("expired while the job runs, renewed after 5 s", during=_renewed),
    Trouble(
        "expired while the job runs, not renewed; executed again with others",
        says="runs on in SageMaker. Renew them, then re-execute this run",
        during=_not_renewed,
        again=True,
        options={"max_credentials_wait_seconds": _PATIENCE},
    ),
    Trouble(
        "expired before the job is made, renewed in time",
        faults=(_expire("sagemaker:*", times=3),),
    ),
    Trouble(
        "expired before the job is made, and not renewed",
        succeeds=False,
        says="The security token included in the request is expired",
        jobs=0,
        faults=(_expire("sagemaker:*"),),
        options={"max_credentials_wait_seconds": _PATIENCE},
    ),
)
