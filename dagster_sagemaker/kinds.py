"""The two kinds of job, as data: everything that differs between them on the wire."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

KindName = Literal["processing", "training"]

TERMINAL_STATUSES = frozenset({"Completed", "Failed", "Stopped"})

_BEGUN_AGAIN = frozenset({"Interrupted", "Restarting"})


@dataclass(frozen=True)
class JobKind:
    """Names of one kind's operations and fields.

    Args:
        name: Short name of the kind.
        operation: Create operation in the service model.
        create, describe, stop: Method names of the boto3 client.
        name_field, arn_field, status_field: Members of request and description.
        start_field, end_field: Times of the job itself, without waiting for capacity.
        resources: Path to the members InstanceType and InstanceCount.
        image: Path to the image's address.
        inputs: Member with the inputs.
        input_name: Member of an input with its name.
        input_uri: Path in an input to its address in S3.
        log_group: Log group of the kind's jobs.
        metric_namespace: CloudWatch's namespace of their instance metrics.
        console_path: Where the AWS console shows such a job.
    """

    name: KindName
    operation: str
    create: str
    describe: str
    stop: str
    name_field: str
    arn_field: str
    status_field: str
    start_field: str
    end_field: str
    resources: tuple[str, ...]
    image: tuple[str, ...]
    inputs: str
    input_name: str
    input_uri: tuple[str, ...]
    log_group: str
    metric_namespace: str
    console_path: str

    def create_job(self, client: "SageMakerClient", request: Mapping[str, Any]) -> str:
        """Submit a request; returns the job's ARN."""
        arn: str = getattr(client, self.create)(**request)[self.arn_field]
        return arn

    def describe_job(self, client: "SageMakerClient", name: str) -> dict[str, Any]:
        """The service's description of a job."""
        description: dict[str, Any] = getattr(client, self.describe)(**{self.name_field: name})
        return description

    def stop_job(self, client: "SageMakerClient", name: str) -> None:
        """Ask the service to stop a job; returns at once."""
        getattr(client, self.stop)(**{self.name_field: name})

    def status(self, description: Mapping[str, Any]) -> str:
        """InProgress, Stopping, Completed, Failed or Stopped."""
        status: str = description[self.status_field]
        return status

    def is_over(self, description: Mapping[str, Any]) -> bool:
        """Whether the job has reached its last status."""
        return self.status(description) in TERMINAL_STATUSES

    def has_started(self, description: Mapping[str, Any]) -> bool:
        """Whether the job has, or had, instances to run on."""
        return self.start_field in description

    def seconds_since_end(self, description: Mapping[str, Any]) -> float:
        """How long ago the job ended, by this machine's clock; 0 if that is not known."""
        end = description.get(self.end_field)
        return 0.0 if end is None else max((datetime.now(end.tzinfo) - end).total_seconds(), 0.0)

    def restarts(self, description: Mapping[str, Any]) -> int:
        """How often the job had to begin again: without its spot instances, or as a retry."""
        transitions = description.get("SecondaryStatusTransitions", [])
        return sum(entry["Status"] in _BEGUN_AGAIN for entry in transitions)

    def instance_count(self, description: Mapping[str, Any]) -> int:
        """How many instances a job has, or is to have."""
        machine = self.machine(description)
        groups = machine.get("InstanceGroups")
        if groups:
            return sum(group["InstanceCount"] for group in groups)
        return int(machine.get("SelectedInstanceCount", machine.get("InstanceCount", 1)))

    def instance_type(self, description: Mapping[str, Any]) -> str | None:
        """The type of a job's instances: of several that would do, the one it got."""
        machine = self.machine(description)
        found: str | None = machine.get("SelectedInstanceType", machine.get("InstanceType"))
        return found

    def machine(self, description: Mapping[str, Any]) -> Mapping[str, Any]:
        """The part with InstanceType and InstanceCount."""
        return _at(description, self.resources) or {}

    def image_uri(self, description: Mapping[str, Any]) -> str | None:
        """Address of the job's image; None for an algorithm from the marketplace."""
        return _at(description, self.image)  # type: ignore[no-any-return]

    def inputs_by_uri(self, request: Mapping[str, Any]) -> dict[str, list[str]]:
        """Addresses in S3 that a job reads, each with the names of the inputs that do."""
        found: dict[str, list[str]] = {}
        for part in request.get(self.inputs, []):
            if (uri := _at(part, self.input_uri)) is not None:
                found.setdefault(uri, []).append(part[self.input_name])
        return found


def _at(part: Any, path: tuple[str, ...]) -> Any:
    """The member at a path; None if it is not there."""
    for step in path:
        if part is None:
            return None
        part = part.get(step)
    return part


PROCESSING = JobKind(
    name="processing",
    operation="CreateProcessingJob",
    create="create_processing_job",
    describe="describe_processing_job",
    stop="stop_processing_job",
    name_field="ProcessingJobName",
    arn_field="ProcessingJobArn",
    status_field="ProcessingJobStatus",
    start_field="ProcessingStartTime",
    end_field="ProcessingEndTime",
    resources=("ProcessingResources", "ClusterConfig"),
    image=("AppSpecification", "ImageUri"),
    inputs="ProcessingInputs",
    input_name="InputName",
    input_uri=("S3Input", "S3Uri"),
    log_group="/aws/sagemaker/ProcessingJobs",
    metric_namespace="/aws/sagemaker/ProcessingJobs",
    console_path="processing-jobs",
)

TRAINING = JobKind(
    name="training",
    operation="CreateTrainingJob",
    create="create_training_job",
    describe="describe_training_job",
    stop="stop_training_job",
    name_field="TrainingJobName",
    arn_field="TrainingJobArn",
    status_field="TrainingJobStatus",
    start_field="TrainingStartTime",
    end_field="TrainingEndTime",
    resources=("ResourceConfig",),
    image=("AlgorithmSpecification", "TrainingImage"),
    inputs="InputDataConfig",
    input_name="ChannelName",
    input_uri=("DataSource", "S3DataSource", "S3Uri"),
    log_group="/aws/sagemaker/TrainingJobs",
    metric_namespace="/aws/sagemaker/TrainingJobs",
    console_path="jobs",
)

KINDS: Mapping[KindName, JobKind] = {kind.name: kind for kind in (PROCESSING, TRAINING)}
"""Both kinds by name."""
