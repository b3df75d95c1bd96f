"""What a request may ask of SageMaker that the local one does not do yet.

A job that asks for it is refused when it is created. Members that are not listed here, and change
nothing that could be seen on one machine (VPC, KMS keys, network isolation, experiments, the
profiler), are accepted and given back by Describe.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ml_pipeline.local_sagemaker.api.errors import invalid
from ml_pipeline.local_sagemaker.api.validation import Json
from ml_pipeline.local_sagemaker.home import JobKind


@dataclass(frozen=True)
class Limit:
    """A member, and what of it is supported.

    Args:
        path: The member; ``[]`` behind a name means every element of that list.
        only: The values it may have; none at all if it is not supported.
    """

    path: str
    only: tuple[Any, ...] = ()


_NOT_YET: Mapping[JobKind, tuple[Limit, ...]] = {
    "processing": (
        Limit("ProcessingResources.ClusterConfig.InstanceCount", (1,)),
        Limit("ProcessingResources.ClusterConfig.InstancePreferences"),
        Limit("ProcessingResources.ClusterConfig.SelectedInstanceType"),
        Limit("ProcessingResources.ClusterConfig.SelectedInstanceCount"),
        Limit("ProcessingInputs[].AppManaged", (False,)),
        Limit("ProcessingInputs[].DatasetDefinition"),
        Limit("ProcessingInputs[].S3Input.S3InputMode", ("File",)),
        Limit("ProcessingInputs[].S3Input.S3CompressionType", ("None",)),
        Limit("ProcessingOutputConfig.Outputs[].AppManaged", (False,)),
        Limit("ProcessingOutputConfig.Outputs[].FeatureStoreOutput"),
        Limit("ProcessingOutputConfig.Outputs[].S3Output.S3UploadMode", ("EndOfJob",)),
    ),
    "training": (
        Limit("AlgorithmSpecification.AlgorithmName"),
        Limit("AlgorithmSpecification.TrainingInputMode", ("File",)),
        Limit("InputDataConfig[].CompressionType", ("None",)),
        Limit("InputDataConfig[].DataSource.DatasetSource"),
        Limit("InputDataConfig[].DataSource.FileSystemDataSource"),
        Limit("InputDataConfig[].DataSource.S3DataSource.AttributeNames"),
        Limit("InputDataConfig[].DataSource.S3DataSource.HubAccessConfig"),
        Limit("InputDataConfig[].DataSource.S3DataSource.InstanceGroupNames"),
        Limit("InputDataConfig[].DataSource.S3DataSource.ModelAccessConfig"),
        Limit("InputDataConfig[].DataSource.S3DataSource.S3DataType", ("S3Prefix", "ManifestFile")),
        Limit("InputDataConfig[].InputMode", ("File",)),
        Limit("InputDataConfig[].RecordWrapperType", ("None",)),
        Limit("InputDataConfig[].ShuffleConfig"),
        Limit("OutputDataConfig.CompressionType", ("GZIP",)),
        Limit("ResourceConfig.InstanceCount", (1,)),
        Limit("ResourceConfig.InstanceGroups"),
        Limit("ResourceConfig.InstancePlacementConfig"),
        Limit("ResourceConfig.InstancePreferences"),
        Limit("ResourceConfig.KeepAlivePeriodInSeconds", (0,)),
        Limit("ResourceConfig.SelectedInstanceCount"),
        Limit("ResourceConfig.SelectedInstanceType"),
        Limit("ResourceConfig.TrainingPlanArn"),
        Limit("CheckpointConfig"),
        Limit("DebugRuleConfigurations"),
        Limit("EnableManagedSpotTraining", (False,)),
        Limit("MlflowConfig"),
        Limit("ModelPackageConfig"),
        Limit("ProfilerRuleConfigurations"),
        Limit("RemoteDebugConfig.EnableRemoteDebug", (False,)),
        Limit("RetryStrategy"),
        Limit("ServerlessJobConfig"),
        Limit("SessionChainingConfig.EnableSessionTagChaining", (False,)),
        Limit("StoppingCondition.MaxWaitTimeInSeconds"),
        Limit("TensorBoardOutputConfig"),
    ),
}


def refuse_unsupported(kind: JobKind, request: Mapping[str, Any]) -> None:
    """Refuse a job that asks for what is not done here.

    Raises:
        ServiceError: It names the member, its value, and what is supported.
    """
    for limit in _NOT_YET[kind]:
        for path, value in _find(request, limit.path, ""):
            if value in limit.only:
                continue
            if not limit.only:
                raise invalid(f"{path} is not supported by the local SageMaker")
            only = " or ".join(str(allowed) for allowed in limit.only)
            raise invalid(f"{path} is {value}; the local SageMaker supports only {only}")


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
