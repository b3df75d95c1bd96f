"""Jobs that end otherwise than they should."""

from benchmarks.fault_matrix.job import FAIL, RUN_ON, USE_UP_MEMORY, WRITE_LINES
from benchmarks.fault_matrix.play import Play
from benchmarks.fault_matrix.trouble import Trouble

_LIMIT = {"StoppingCondition": {"MaxRuntimeInSeconds": 6}}


def _stop(play: Play) -> None:
    job = play.running()
    play.strike()
    stop = getattr(play.scene.client("sagemaker"), f"stop_{play.scene.kind}_job")
    stop(**{f"{play.scene.kind.title()}JobName": job.name})


JOBS = (
    Trouble(
        "stopped from the console",
        succeeds=False,
        says="ended as Stopped: someone stopped it",
        during=_stop,
        script=RUN_ON,
        retries=2,
    ),
    Trouble("exit code 1", succeeds=False, says="exit code: 1", script=FAIL, retries=2),
    Trouble(
        "out of memory",
        succeeds=False,
        says="use an instance type with more memory",
        script=USE_UP_MEMORY,
        retries=2,
    ),
    Trouble(
        "Completed without its outputs",
        succeeds=False,
        says="completed without its outputs",
        script=WRITE_LINES,
    ),
    Trouble(
        "longer than MaxRuntimeInSeconds",
        succeeds=False,
        says="MaxRuntimeInSeconds=6",
        script=RUN_ON,
        request={"processing": _LIMIT, "training": _LIMIT},
        retries=2,
    ),
    Trouble(
        "longer than max_wait_seconds",
        succeeds=False,
        says="max_wait_seconds=8 and was stopped",
        script=RUN_ON,
        options={"max_wait_seconds": 8},
        log=False,
    ),
)
