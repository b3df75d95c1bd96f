"""What the local SageMaker does not do of what a request may ask, and why."""

from dataclasses import dataclass
from typing import Any

CHOSEN_BY_THE_SERVICE = "it is read-only: only Describe answers with it"
ANY_TYPE = "jobs get this machine, whichever type is named"
NO_ROLES = "there are no permissions here"
NO_KEYS = "nothing is encrypted"
NO_VPC = "jobs have this machine's network"
NO_VOLUME = "jobs share this machine's disk, unless ML_PIPELINE_LOCAL_JOB_DISK_MB is volume"
NO_EXPERIMENTS = "no experiment is recorded"


@dataclass(frozen=True)
class Limit:
    """A member, and what of it is supported.

    Args:
        path: The member; ``[]`` behind a name means every element of that list.
        only: The values it may have; none at all if it is not supported.
        why: What there is instead, or why there is nothing; a clause.
    """

    path: str
    only: tuple[Any, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Ignored:
    """A member that changes nothing here.

    Args:
        path: The member; see ``Limit``.
        why: What is so instead; a clause.
    """

    path: str
    why: str
