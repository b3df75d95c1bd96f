"""The table of job kinds: all that differs between them on the wire, a row for each.

What differs in behaviour is in a package for each kind (``jobs/kinds/<kind>``), to which its row
points. Nothing else asks which kind a job is: a new kind is a row here and a package there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local_sagemaker.instance_preferences import has_preferences, selected

if TYPE_CHECKING:
    from local_sagemaker.jobs.data.uploads import Uploader
    from local_sagemaker.jobs.kinds.rules import Rules
    from local_sagemaker.jobs.record import Record
    from local_sagemaker.jobs.supervised_job import SupervisedJob

Default = tuple[str, Any]
"""A member's path (``[]`` behind a name means every element of that list) and its value; one whose
holder is not there is left out."""


@dataclass(frozen=True, eq=False, repr=False)
class JobKind:
    """A kind of job; there is one object for each.

    Args:
        name: As ARNs, paths and people have it.
        label: How the names of its operations and members begin.
        resources_path: The request's member that says which instances the job runs on.
        duplicate: The service's text for a name that is taken; ``{arn}`` is the job's that has it.
        not_found: The service's text for a name that no job has; ``{name}`` is that name.
        rules: What the daemon does for this kind alone; its package is imported when it is called.
        supervised: Makes of a job's record what its supervisor runs; likewise.
        needed: What the service fills into a request that leaves it out, as the job needs it.
        defaults: What it fills in only where Describe gives the request back.
        summary: Members of the state that List answers with.
        summary_resources: Members of the request's resources that List answers with.
        list_filters: Members of List that select by a member of the request, and its path.
        bulky: Members of Describe that an event does without if it is too big.
        last_members: Members of the state that come only with the last secondary status.
        selects_pages: Whether List takes a page of the size that was asked for first, and then what
            of it has the status, as the service says of training jobs.
        cache_key: Members of the request that have to be equal for a step of a pipeline to use the
            result of an earlier job; a kind that has none is no step.
        named_outputs: The member that has outputs with names, of which a step can read files.
        deletable: Whether there is a ``Delete`` operation.
        warm_pools: Whether its instances may stay for a later job.
    """

    name: str
    label: str
    resources_path: str
    duplicate: str
    not_found: str
    rules: "Callable[[], Rules]"
    supervised: "Callable[[Record, Uploader], SupervisedJob]"
    needed: tuple[Default, ...] = ()
    defaults: tuple[Default, ...] = ()
    summary: tuple[str, ...] = ()
    summary_resources: tuple[str, ...] = ()
    list_filters: Mapping[str, str] = field(default_factory=dict)
    bulky: tuple[str, ...] = ()
    last_members: frozenset[str] = frozenset()
    selects_pages: bool = False
    cache_key: tuple[str, ...] = ()
    named_outputs: str = ""
    deletable: bool = True
    warm_pools: bool = False

    def __str__(self) -> str:
        return self.name

    def operation(self, verb: str) -> str:
        """An operation's name, such as ``CreateProcessingJob`` for ``Create``."""
        return f"{verb}{self.label}Job{'s' if verb == 'List' else ''}"

    def member(self, suffix: str) -> str:
        """A member's name, such as ``ProcessingJobArn`` for ``Arn``."""
        return f"{self.label}Job{suffix}"

    @property
    def status(self) -> str:
        """The member that has the status."""
        return self.member("Status")

    @property
    def start_time(self) -> str:
        """The member that has the time at which a job's instances were there."""
        return f"{self.label}StartTime"

    @property
    def end_time(self) -> str:
        """The member that has the time of a job's end."""
        return f"{self.label}EndTime"

    @property
    def log_group(self) -> str:
        """The log group of its jobs."""
        return f"/aws/sagemaker/{self.label}Jobs"

    @property
    def metric_namespace(self) -> str:
        """CloudWatch's namespace of its jobs' instance metrics."""
        return f"/aws/sagemaker/{self.label}Jobs"

    @property
    def arn_resource(self) -> str:
        """What ARNs of its jobs have before the job's name."""
        return f"{self.name}-job"

    @property
    def event_type(self) -> str:
        """The ``detail-type`` of events about its jobs."""
        return f"SageMaker {self.label} Job State Change"

    def resources(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a request says of the instances that its job runs on."""
        found: Any = request
        for name in self.resources_path.split("."):
            found = found.get(name, {})
        return found  # type: ignore[no-any-return]

    def with_resources(
        self, request: Mapping[str, Any], members: Mapping[str, Any]
    ) -> dict[str, Any]:
        """A copy of a request with members added to what it says of its instances."""
        return _with_members(request, self.resources_path.split("."), members)

    def instance_groups(self, request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The groups of instances of a request; one that names no groups has one all the same.

        One that has preferences has the selected one.
        """
        resources = self.resources(request)
        if has_preferences(resources):
            return [selected(resources)]
        return list(resources.get("InstanceGroups") or [resources])


def _with_members(
    holder: Mapping[str, Any], path: Sequence[str], members: Mapping[str, Any]
) -> dict[str, Any]:
    if not path:
        return {**holder, **members}
    return {**holder, path[0]: _with_members(holder[path[0]], path[1:], members)}


def _processing_rules() -> "Rules":
    from local_sagemaker.jobs.kinds.processing.rules import RULES

    return RULES


def _processing_job(record: "Record", uploader: "Uploader") -> "SupervisedJob":
    from local_sagemaker.jobs.kinds.processing.job import ProcessingJob

    return ProcessingJob(record, uploader)


def _training_rules() -> "Rules":
    from local_sagemaker.jobs.kinds.training.rules import RULES

    return RULES


def _training_job(record: "Record", uploader: "Uploader") -> "SupervisedJob":
    from local_sagemaker.jobs.kinds.training.job import TrainingJob

    return TrainingJob(record, uploader)


PROCESSING = JobKind(
    name="processing",
    label="Processing",
    resources_path="ProcessingResources.ClusterConfig",
    duplicate="Job name must be unique within an AWS account and region, and a job with this name "
    "already exists ({arn})",
    not_found="Could not find requested job with name: {name}",
    rules=_processing_rules,
    supervised=_processing_job,
    needed=(("ProcessingResources.ClusterConfig.InstanceCount", 1),),
    defaults=(
        ("StoppingCondition", {"MaxRuntimeInSeconds": 86400}),
        ("ProcessingInputs[].AppManaged", False),
        ("ProcessingInputs[].S3Input.S3DataDistributionType", "FullyReplicated"),
        ("ProcessingInputs[].S3Input.S3CompressionType", "None"),
        ("ProcessingOutputConfig.Outputs[].AppManaged", False),
    ),
    summary=("ProcessingJobStatus", "ProcessingEndTime", "FailureReason", "ExitMessage"),
    bulky=("Environment", "ProcessingInputs"),
    cache_key=("AppSpecification", "Environment", "ProcessingInputs"),
    named_outputs="ProcessingOutputConfig.Outputs",
)

TRAINING = JobKind(
    name="training",
    label="Training",
    resources_path="ResourceConfig",
    duplicate="Training job names must be unique within an AWS account and region, and a training "
    "job with this name already exists ({arn})",
    not_found="Requested resource not found.",
    rules=_training_rules,
    supervised=_training_job,
    defaults=(
        ("StoppingCondition", {}),
        ("StoppingCondition.MaxRuntimeInSeconds", 86400),
        ("AlgorithmSpecification.EnableSageMakerMetricsTimeSeries", False),
        ("InputDataConfig[].CompressionType", "None"),
        ("InputDataConfig[].RecordWrapperType", "None"),
        ("InputDataConfig[].DataSource.S3DataSource.S3DataDistributionType", "FullyReplicated"),
        ("OutputDataConfig.KmsKeyId", ""),
        ("OutputDataConfig.CompressionType", "GZIP"),
        ("EnableNetworkIsolation", False),
        ("EnableInterContainerTrafficEncryption", False),
        ("EnableManagedSpotTraining", False),
        ("ProfilerConfig.DisableProfiler", False),
    ),
    summary=("TrainingJobStatus", "SecondaryStatus", "TrainingEndTime"),
    summary_resources=("TrainingPlanArn",),
    list_filters={"TrainingPlanArnEquals": "ResourceConfig.TrainingPlanArn"},
    bulky=("Environment", "HyperParameters", "InputDataConfig"),
    last_members=frozenset(
        {
            "FailureReason",
            "FinalMetricDataList",
            "TrainingEndTime",
            "TrainingTimeInSeconds",
            "BillableTimeInSeconds",
        }
    ),
    selects_pages=True,
    cache_key=(
        "AlgorithmSpecification",
        "CheckpointConfig",
        "DebugHookConfig",
        "DebugRuleConfigurations",
        "Environment",
        "HyperParameters",
        "InputDataConfig",
    ),
    warm_pools=True,
)

KINDS: dict[str, JobKind] = {kind.name: kind for kind in (PROCESSING, TRAINING)}
"""The table, by name."""
