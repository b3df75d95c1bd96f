"""What the service fills in where a request leaves it out, as Describe shows it."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local_sagemaker.home import JobKind

Default = tuple[str, Any]
"""A member's path (``[]`` behind a name means every element of that list) and its value; one whose
holder is not there is left out."""

_DEFAULTS: Mapping[JobKind, Sequence[Default]] = {
    "processing": (
        ("StoppingCondition", {"MaxRuntimeInSeconds": 86400}),
        ("ProcessingInputs[].AppManaged", False),
        ("ProcessingInputs[].S3Input.S3DataDistributionType", "FullyReplicated"),
        ("ProcessingInputs[].S3Input.S3CompressionType", "None"),
        ("ProcessingOutputConfig.Outputs[].AppManaged", False),
    ),
    "training": (
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
}


def completed(kind: JobKind, request: Mapping[str, Any]) -> dict[str, Any]:
    """A request with what a job needs to run, where the service has a default for it."""
    whole = copy.deepcopy(dict(request))
    if kind == "processing":
        whole["ProcessingResources"]["ClusterConfig"].setdefault("InstanceCount", 1)
    return whole


def described(kind: JobKind, request: Mapping[str, Any]) -> dict[str, Any]:
    """A job's request as Describe gives it back."""
    whole = copy.deepcopy(dict(request))
    for path, value in _DEFAULTS[kind]:
        holder, _, name = path.rpartition(".")
        for found in _find(whole, holder):
            found.setdefault(name, copy.deepcopy(value))
    return whole


def _find(value: Any, path: str) -> Iterator[dict[str, Any]]:
    """The structures at a path that a value has."""
    if not path:
        yield value
        return
    name, _, rest = path.partition(".")
    inner = value.get(name.removesuffix("[]"))
    if inner is not None:
        for item in inner if name.endswith("[]") else [inner]:
            yield from _find(item, rest)
