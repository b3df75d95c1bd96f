"""ARNs and names of pipelines, executions and their jobs."""

import random
import re
import string

from local_sagemaker.account import ACCOUNT, REGION

_LETTERS = string.ascii_lowercase + string.digits
_EXECUTION = re.compile(r"/execution/([^/]+)$")
_LONGEST_JOB_NAME = 63


def pipeline_arn(name: str) -> str:
    """The ARN of a pipeline."""
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/{name}"


def pipeline_name(name_or_arn: str) -> str:
    """The name in what may be an ARN."""
    return name_or_arn.rpartition("/")[2]


def execution_arn(pipeline: str, identity: str) -> str:
    """The ARN of an execution."""
    return f"{pipeline_arn(pipeline)}/execution/{identity}"


def execution_id(arn: str) -> str:
    """The id in an execution's ARN."""
    found = _EXECUTION.search(arn)
    return found[1] if found else ""


def new_execution_id() -> str:
    """An id as the service makes them: 12 small letters and digits."""
    return _random(12)


def new_job_name(execution: str, step: str, prefix: str | None) -> str:
    """The name of a step's job, as the service makes it.

    Args:
        execution: The execution's id.
        step: The step's name.
        prefix: What the step's arguments have for a name, where the definition keeps such ones.
    """
    end = _random(10)
    if prefix:
        room = _LONGEST_JOB_NAME - len(execution) - len(end) - 2
        return f"{prefix[:room].rstrip('-')}-{execution}-{end}"
    middle = re.sub(r"[^A-Za-z0-9]+", "-", step)[:20].strip("-")
    return "-".join(part for part in ("pipelines", execution, middle, end) if part)


def _random(length: int) -> str:
    return "".join(random.SystemRandom().choices(_LETTERS, k=length))
