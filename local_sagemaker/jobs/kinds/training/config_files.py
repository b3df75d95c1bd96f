"""The JSON files by which a training container learns what it is to do.

Shapes: "How Amazon SageMaker AI Provides Training Information" of the developer guide, and what
real containers were seen to hold.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_sagemaker.jobs.cluster import Cluster
from local_sagemaker.jobs.kinds.resource_config import resource_config, write_json
from local_sagemaker.jobs.kinds.training.synced import checkpoints

_AS_REQUESTED = {
    "debughookconfig.json": "DebugHookConfig",
    "profilerconfig.json": "ProfilerConfig",
}


def write_config_files(ml: Path, request: Mapping[str, Any], cluster: Cluster, host: str) -> None:
    """Write ``/opt/ml/input/config/*.json`` of a training job.

    Args:
        ml: The container's ``/opt/ml`` on the host.
        request: The create call's members.
        cluster: All instances.
        host: The name of this one.
    """
    config = ml / "input" / "config"
    config.mkdir(parents=True)
    default_mode = request["AlgorithmSpecification"]["TrainingInputMode"]
    group = cluster.group_of(host).name
    channels = {
        channel["ChannelName"]: _channel(channel, default_mode)
        for channel in request.get("InputDataConfig", [])
        if group in (_groups(channel) or [group])
    }
    write_json(config / "hyperparameters.json", request.get("HyperParameters", {}))
    write_json(config / "inputdataconfig.json", channels)
    for checkpoint in checkpoints(request):
        content = {"LocalPath": checkpoint.path, "S3Uri": checkpoint.uri}
        write_json(config / "checkpointconfig.json", content)
    write_json(config / "resourceconfig.json", resource_config(cluster, host))
    write_json(config / "trainingjobconfig.json", request)
    for name, member in _AS_REQUESTED.items():
        if member in request:
            write_json(config / name, request[member])


def _groups(channel: Mapping[str, Any]) -> list[str]:
    source = channel["DataSource"].get("S3DataSource", {})
    names: list[str] = source.get("InstanceGroupNames", [])
    return names


def _channel(channel: Mapping[str, Any], default_mode: str) -> dict[str, str]:
    source = channel["DataSource"].get("S3DataSource", {})
    content_type = channel.get("ContentType")
    return {
        **({"ContentType": content_type} if content_type else {}),
        "TrainingInputMode": channel.get("InputMode", default_mode),
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }
