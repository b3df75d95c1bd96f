"""What a request may ask of SageMaker that the local one does not do, or does nothing about.

A job that asks for what is ``REFUSED`` is refused when it is created. What is ``WITHOUT_EFFECT`` is
accepted and given back by Describe, as nothing of it could be seen on one machine.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local_sagemaker.api.validation import Json
from local_sagemaker.home import JobKind
from local_sagemaker.service_errors import invalid


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


_CHOSEN_BY_THE_SERVICE = "it is read-only: only Describe answers with it"
_ONE_TYPE = "there is no capacity to choose by: name one InstanceType"
_NO_FEATURE_STORE = "there is no Feature Store here"
_MODEL_CUSTOMIZATION = "serverless model customization needs AWS"

REFUSED: Mapping[JobKind, tuple[Limit, ...]] = {
    "processing": (
        Limit("ProcessingResources.ClusterConfig.InstancePreferences", why=_ONE_TYPE),
        Limit("ProcessingResources.ClusterConfig.SelectedInstanceType", why=_CHOSEN_BY_THE_SERVICE),
        Limit(
            "ProcessingResources.ClusterConfig.SelectedInstanceCount", why=_CHOSEN_BY_THE_SERVICE
        ),
        Limit(
            "ProcessingInputs[].DatasetDefinition",
            why="there is no Athena and no Redshift here: put their result into S3, and name that",
        ),
        Limit("ProcessingOutputConfig.Outputs[].FeatureStoreOutput", why=_NO_FEATURE_STORE),
    ),
    "training": (
        Limit(
            "AlgorithmSpecification.AlgorithmName",
            why="algorithm resources are not kept here: name a TrainingImage",
        ),
        Limit(
            "InputDataConfig[].DataSource.DatasetSource",
            why="there is no SageMaker hub here: put the data set into S3",
        ),
        Limit(
            "InputDataConfig[].DataSource.FileSystemDataSource",
            why="there is no EFS and no FSx here: put the files into S3",
        ),
        Limit(
            "InputDataConfig[].DataSource.S3DataSource.HubAccessConfig",
            why="there is no SageMaker hub here: put the model into S3",
        ),
        Limit(
            "InputDataConfig[].DataSource.S3DataSource.S3DataType",
            ("S3Prefix", "ManifestFile", "AugmentedManifestFile"),
            _MODEL_CUSTOMIZATION,
        ),
        Limit("ResourceConfig.InstancePreferences", why=_ONE_TYPE),
        Limit("ResourceConfig.SelectedInstanceCount", why=_CHOSEN_BY_THE_SERVICE),
        Limit("ResourceConfig.SelectedInstanceType", why=_CHOSEN_BY_THE_SERVICE),
        Limit("MlflowConfig", why="set MLFLOW_TRACKING_URI in Environment instead"),
        Limit("ModelPackageConfig", why=_MODEL_CUSTOMIZATION),
        Limit("ServerlessJobConfig", why=_MODEL_CUSTOMIZATION),
    ),
}

_ANY_TYPE = "jobs get this machine, whichever type is named"
_NO_ROLES = "there are no permissions here"
_NO_KEYS = "nothing is encrypted"
_NO_VPC = "jobs have this machine's network"
_NO_VOLUME = "jobs share this machine's disk, unless ML_PIPELINE_LOCAL_JOB_DISK_MB is volume"
_NO_EXPERIMENTS = "no experiment is recorded"
_NO_RULES = "no rule is evaluated: its evaluation is Stopped from the start"

WITHOUT_EFFECT: Mapping[JobKind, tuple[Ignored, ...]] = {
    "processing": (
        Ignored("ProcessingResources.ClusterConfig.InstanceType", _ANY_TYPE),
        Ignored("ProcessingResources.ClusterConfig.VolumeSizeInGB", _NO_VOLUME),
        Ignored("ProcessingResources.ClusterConfig.VolumeKmsKeyId", _NO_KEYS),
        Ignored("ProcessingOutputConfig.KmsKeyId", _NO_KEYS),
        Ignored("RoleArn", _NO_ROLES),
        Ignored("NetworkConfig", _NO_VPC),
        Ignored("ExperimentConfig", _NO_EXPERIMENTS),
    ),
    "training": (
        Ignored("AlgorithmSpecification.EnableSageMakerMetricsTimeSeries", "no series is kept"),
        Ignored("AlgorithmSpecification.TrainingImageConfig", "no image is pulled"),
        Ignored("InputDataConfig[].DataSource.S3DataSource.ModelAccessConfig", _NO_ROLES),
        Ignored("OutputDataConfig.KmsKeyId", _NO_KEYS),
        Ignored("ResourceConfig.InstanceType", _ANY_TYPE),
        Ignored("ResourceConfig.VolumeSizeInGB", _NO_VOLUME),
        Ignored("ResourceConfig.VolumeKmsKeyId", _NO_KEYS),
        Ignored("ResourceConfig.InstancePlacementConfig", _ANY_TYPE),
        Ignored("ResourceConfig.TrainingPlanArn", _ANY_TYPE),
        Ignored(
            "ResourceConfig.KeepAlivePeriodInSeconds",
            "no instance is kept warm, though WarmPoolStatus says what it would say",
        ),
        Ignored("RoleArn", _NO_ROLES),
        Ignored("SessionChainingConfig", _NO_ROLES),
        Ignored("VpcConfig", _NO_VPC),
        Ignored("EnableNetworkIsolation", _NO_VPC),
        Ignored("EnableInterContainerTrafficEncryption", _NO_KEYS),
        Ignored("StoppingCondition.MaxPendingTimeInSeconds", "jobs do not wait for capacity"),
        Ignored("DebugHookConfig", "what a debugger's hook writes stays in the container"),
        Ignored("DebugRuleConfigurations", _NO_RULES),
        Ignored("ProfilerConfig", "nothing is profiled"),
        Ignored("ProfilerRuleConfigurations", _NO_RULES),
        Ignored("RemoteDebugConfig", "a job's processes are this machine's: use its debuggers"),
        Ignored("InfraCheckConfig", "there is no infrastructure to check"),
        Ignored("ExperimentConfig", _NO_EXPERIMENTS),
    ),
}


def refuse_unsupported(kind: JobKind, request: Mapping[str, Any]) -> None:
    """Refuse a job that asks for what is not done here.

    Raises:
        ServiceError: It names the member, its value, and what is supported.
    """
    for limit in REFUSED[kind]:
        reason = f": {limit.why}" if limit.why else ""
        for path, value in _find(request, limit.path, ""):
            if value in limit.only:
                continue
            if not limit.only:
                raise invalid(f"{path} is not supported by the local SageMaker{reason}")
            only = " or ".join(str(allowed) for allowed in limit.only)
            raise invalid(f"{path} is {value}; the local SageMaker supports only {only}{reason}")


def _find(value: Json, path: str, above: str) -> Iterator[tuple[str, Any]]:
    """The members at a path that a request has, each with its own, numbered path."""
    if not path:
        yield above, value
        return
    name, _, rest = path.partition(".")
    member = name.removesuffix("[]")
    inner = value.get(member)
    if inner is None:
        return
    here = f"{above}.{member}" if above else member
    if name == member:
        yield from _find(inner, rest, here)
        return
    for number, item in enumerate(inner):
        yield from _find(item, rest, f"{here}[{number}]")
