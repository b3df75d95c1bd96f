"""The two kinds of job, and all that differs between them on the wire."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ml_pipeline.local_sagemaker.home import JobKind

_DEFAULT_RUNTIME = {"MaxRuntimeInSeconds": 86400}


@dataclass(frozen=True)
class KindOfJob:
    """A kind's names, texts and defaults.

    Args:
        kind: Processing or training.
        label: How member and operation names of the kind begin.
        duplicate: The service's text for a name that is taken; ``{arn}`` is the job's that has it.
        not_found: The service's text for a name that no job has; ``{name}`` is that name.
        defaults: Members that Describe answers with where the request has none.
        summary: Members of the state that List answers with.
    """

    kind: JobKind
    label: str
    duplicate: str
    not_found: str
    defaults: Mapping[str, Any]
    summary: tuple[str, ...]

    def member(self, suffix: str) -> str:
        """A member's name, such as ``ProcessingJobArn`` for ``Arn``."""
        return f"{self.label}Job{suffix}"


PROCESSING = KindOfJob(
    kind="processing",
    label="Processing",
    duplicate="Job name must be unique within an AWS account and region, and a job with this name "
    "already exists ({arn})",
    not_found="Could not find requested job with name: {name}",
    defaults={"StoppingCondition": _DEFAULT_RUNTIME},
    summary=("ProcessingJobStatus", "ProcessingEndTime", "FailureReason", "ExitMessage"),
)

TRAINING = KindOfJob(
    kind="training",
    label="Training",
    duplicate="Training job names must be unique within an AWS account and region, and a training "
    "job with this name already exists ({arn})",
    not_found="Requested resource not found.",
    defaults={
        "StoppingCondition": _DEFAULT_RUNTIME,
        "EnableNetworkIsolation": False,
        "EnableInterContainerTrafficEncryption": False,
        "EnableManagedSpotTraining": False,
    },
    summary=("TrainingJobStatus", "SecondaryStatus", "TrainingEndTime"),
)

KINDS: Mapping[JobKind, KindOfJob] = {"processing": PROCESSING, "training": TRAINING}
