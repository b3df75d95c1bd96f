"""What a kind of job tells the daemon of itself: its package has a ``Rules`` for its row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local_sagemaker.jobs.kinds.limits import Ignored, Limit
from local_sagemaker.jobs.record import State
from local_sagemaker.records.job import Job
from local_sagemaker.records.warm_pools import WarmPool
from local_sagemaker.s3.store import ObjectStore

Members = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """An input or an output, as a person is shown it.

    Args:
        name: What the request calls it.
        uri: Where it is in S3.
        path: Where it is in the container.
        mode: How it gets from the one to the other.
    """

    name: str
    uri: str
    path: str
    mode: str = ""


@dataclass(frozen=True)
class Shown:
    """What a person is shown of a job's request.

    Args:
        image: What its containers are made of.
        command: What they run, where the request says so.
        inputs: What they get.
        outputs: What they leave.
    """

    image: str
    command: tuple[str, ...]
    inputs: tuple[Place, ...]
    outputs: tuple[Place, ...]


def _nothing(*_: Any) -> State:
    return {}


@dataclass(frozen=True)
class Rules:
    """A kind's behaviour in the daemon.

    Args:
        refused: Members for which a job is refused when it is created.
        without_effect: Members that are accepted and given back by Describe, and change nothing.
        check: Refuses, with a ``ServiceError``, a request that cannot run as it is described.
        shown: What a person is shown of a job.
        begin: Members of a new job's state besides its status.
        enter: Adds to a state what the status that the daemon gives it brings with it.
        extras: What Describe has besides the request, which it may complete, and the state.
        update: The members of a job's request that an update replaces; None if there is no
            ``Update`` operation. It raises a ``ServiceError`` if the job is not where this can be
            changed.
    """

    refused: tuple[Limit, ...]
    without_effect: tuple[Ignored, ...]
    check: Callable[[Members, ObjectStore], None]
    shown: Callable[[Job], Shown]
    begin: Callable[[Members], State] = _nothing
    enter: Callable[[State, str], object] = _nothing
    extras: Callable[[Job, dict[str, Any], WarmPool | None], Members] = _nothing
    update: Callable[[Job, WarmPool | None, Members], Members] | None = None
