"""Logs that are late, missing, or not to be had."""

from benchmarks.fault_matrix.job import FAIL, LINES
from benchmarks.fault_matrix.trouble import Trouble

_NEVER = {"fault": "late-logs", "seconds": 86400}

LOGS = (
    Trouble("streams 4 s late", faults=({"fault": "late-logs", "seconds": 4},)),
    Trouble(
        "streams 15 s late, of a job that fails",
        succeeds=False,
        says=f"line {LINES}>",
        faults=({"fault": "late-logs", "seconds": 15},),
        script=FAIL,
    ),
    Trouble("streams that never come", faults=(_NEVER,), log=False),
    Trouble(
        "streams that never come, of a job that fails",
        succeeds=False,
        says="exit code: 1",
        faults=(_NEVER,),
        script=FAIL,
        log=False,
    ),
    Trouble(
        "every request to the logs answered 500",
        faults=({"fault": "error", "operation": "logs:*"},),
        log=False,
    ),
    Trouble(
        "every second request to the logs throttled",
        faults=({"fault": "throttling", "operation": "logs:*", "probability": 0.5, "seed": 1},),
    ),
)
