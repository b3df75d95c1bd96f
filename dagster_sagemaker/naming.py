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
    readable = base if base is not None else "-".join((*step.work, step.partition or ""))
    key = json.dumps([base, step.work, step.partition, step.root_run_id])
    digest = hashlib.sha256(key.encode()).hexdigest()[:_HASH_LENGTH]
    suffix = f"{digest}-{attempt}"
    slug = re.sub(r"[^a-zA-Z0-9]+", "-", readable)
    slug = slug[: MAX_LENGTH - len(suffix) - 1].strip("-")
    return f"{slug}-{suffix}" if slug else f"job-{suffix}"
