"""What a row of the matrix is."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from benchmarks.fault_matrix.job import SUCCEED
from benchmarks.fault_matrix.play import Play
from benchmarks.fault_matrix.scene import Scene

Kind = Literal["processing", "training"]


def nothing(_: Play | Scene) -> None:
    """Nothing is done."""


@dataclass(frozen=True)
class Trouble:
    """A trouble, and how a run that meets it has to end.

    Args:
        name: For people.
        succeeds: Whether the run, or its re-execution, is to succeed.
        says: What the failure of the run, of the first one if there are two, must say.
        jobs: How many jobs are to be made.
        before: What happens before the run.
        faults: What the service does from the beginning on.
        during: What happens while the run goes on.
        hurt_on: An event of boto3 in the run's process at which ``hurt_with`` comes; ``{kind}``
            stands for ``Processing`` or ``Training``.
        hurt_with: A signal.
        again: Whether the run is executed again afterwards, without the trouble.
        script: Of the job, for bash.
        request: Members of the request, by kind.
        options: Keywords of the client.
        retries: Of the asset.
        cancelled: Whether the run is cancelled: seconds are counted from then, and the last lines
            of the log may be missing.
        log: Whether each line of the job's log must be in the run's, if it is not cancelled.
        kinds: Kinds of jobs that it may strike.
    """

    name: str
    succeeds: bool = True
    says: str = ""
    jobs: int = 1
    before: Callable[[Scene], None] = nothing
    faults: tuple[Mapping[str, Any], ...] = ()
    during: Callable[[Play], None] = nothing
    hurt_on: str | None = None
    hurt_with: signal.Signals = signal.SIGKILL
    again: bool = False
    script: str = SUCCEED
    request: Mapping[Kind, Mapping[str, Any]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    retries: int = 0
    cancelled: bool = False
    log: bool = True
    kinds: tuple[Kind, ...] = ("processing", "training")
