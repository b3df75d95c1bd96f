"""Names of jobs: the same work in the same run and attempt always gets the same name."""

import hashlib
import json
import re

from dagster_sagemaker.identity import StepIdentity

MAX_LENGTH = 63
"""Longest job name that SageMaker takes; characters are letters, digits and inner hyphens."""

_HASH_LENGTH = 10


def job_name(step: StepIdentity, attempt: int, base: str | None = None) -> str:
    """Name of the job that does a step's work.

    A retry or a re-execution computes the same name and so finds the job of its predecessor. What
    does not fit is cut from the readable part; the hash keeps names apart.

    Args:
        step: The work.
        attempt: 1 for the first; the next one after a job of the last name has failed.
        base: Readable part, instead of the asset's name and partition.
    """
    digest = _digest([base, step.work, step.partition, step.root_run_id])
    return _joined(base if base is not None else _readable(step), f"{digest}-{attempt}")


def name_for_all_runs(
    step: StepIdentity, number: int, base: str | None = None, created: int | None = None
) -> str:
    """Name of the job that does a step's work, the same in every run.

    Args:
        step: The work.
        number: 1 for the first; the next one while the last name is taken.
        base: The name, instead of one from the asset's name and partition.
        created: Second at which the run was made, to set names apart after the first.
    """
    readable, suffixes = (_readable(step), [_digest([step.work, step.partition])])
    if base is not None:
        readable, suffixes = base, []
    if number > 1 and created is not None:
        suffixes.append(str(created))
        number -= 1
    if number > 1:
        suffixes.append(str(number))
    return _joined(readable, "-".join(suffixes))


def claim_name(step: StepIdentity, kind: str, base: str | None = None) -> str:
    """Name of the claim on a step's work: the same in every run and attempt.

    Args:
        step: The work.
        kind: Kind of its job.
        base: The name in the request, if there is one.
    """
    return _joined(_readable(step), _digest([kind, base, step.work, step.partition]))


def _readable(step: StepIdentity) -> str:
    return "-".join((*step.work, step.partition or ""))


def _digest(key: list[object]) -> str:
    return hashlib.sha256(json.dumps(key).encode()).hexdigest()[:_HASH_LENGTH]


def _joined(readable: str, suffix: str) -> str:
    slug = re.sub(r"[^a-zA-Z0-9]+", "-", readable)
    slug = slug[: MAX_LENGTH - len(suffix) - bool(suffix)].strip("-") or "job"
    return f"{slug}-{suffix}" if suffix else slug
