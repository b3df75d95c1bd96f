"""The two kinds of job, and all that differs between them on the wire."""

from collections.abc import Mapping
from dataclasses import dataclass

from local_sagemaker.home import JobKind


@dataclass(frozen=True)
class KindOfJob:
    """A kind's names and texts.

    Args:
        kind: Processing or training.
        label: How member and operation names of the kind begin.
        duplicate: The service's text for a name that is taken; ``{arn}`` is the job's that has it.
        not_found: The service's text for a name that no job has; ``{name}`` is that name.
        summary: Members of the state that List answers with.
        selects_pages: Whether List takes a page of the size that was asked for first, and then what
            of it has the status, as the service says of training jobs.
    """

    kind: JobKind
    label: str
    duplicate: str
    not_found: str
    summary: tuple[str, ...]
    selects_pages: bool = False

    def member(self, suffix: str) -> str:
        """A member's name, such as ``ProcessingJobArn`` for ``Arn``."""
        return f"{self.label}Job{suffix}"


PROCESSING = KindOfJob(
    kind="processing",
    label="Processing",
    duplicate="Job name must be unique within an AWS account and region, and a job with this name "
    "already exists ({arn})",
    not_found="Could not find requested job with name: {name}",
    summary=("ProcessingJobStatus", "ProcessingEndTime", "FailureReason", "ExitMessage"),
)

TRAINING = KindOfJob(
    kind="training",
    label="Training",
    duplicate="Training job names must be unique within an AWS account and region, and a training "
    "job with this name already exists ({arn})",
    not_found="Requested resource not found.",
    summary=("TrainingJobStatus", "SecondaryStatus", "TrainingEndTime"),
    selects_pages=True,
)

KINDS: Mapping[JobKind, KindOfJob] = {"processing": PROCESSING, "training": TRAINING}
