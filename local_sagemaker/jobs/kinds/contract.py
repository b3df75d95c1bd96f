"""The JSON files by which a container learns what it is to do.

Shapes: "How Amazon SageMaker AI Configures Input and Output For Your Processing Container" and "How
Amazon SageMaker AI Provides Training Information" of the developer guide, and what real containers
were seen to hold (the ``topology`` and ``instance_groups`` of ``resourceconfig.json``).
"""

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_sagemaker.jobs.cluster import Cluster
from local_sagemaker.jobs.data.checkpoints import checkpoints

_AS_REQUESTED = {
    "debughookconfig.json": "DebugHookConfig",
    "profilerconfig.json": "ProfilerConfig",
}
_INTERFACE = "eth0"
_LOOPBACK = "lo"


def write_processing_files(
    ml: Path, arn: str, request: Mapping[str, Any], cluster: Cluster, host: str
) -> None:
    """Write ``/opt/ml/config/*.json`` of a processing job.

    Args:
        ml: The container's ``/opt/ml`` on the host.
        arn: The job's.
        request: The create call's members.
        cluster: All instances.
        host: The name of this one.
    """
    config = ml / "config"
    config.mkdir(parents=True)
    _write(config / "processingjobconfig.json", _processing_config(arn, request))
    _write(config / "resourceconfig.json", _resources(cluster, host))


def write_training_files(ml: Path, request: Mapping[str, Any], cluster: Cluster, host: str) -> None:
    """Write ``/opt/ml/input/config/*.json`` of a training job; arguments as above."""
    config = ml / "input" / "config"
    config.mkdir(parents=True)
    default_mode = request["AlgorithmSpecification"]["TrainingInputMode"]
    group = cluster.group_of(host).name
    channels = {
        channel["ChannelName"]: _channel(channel, default_mode)
        for channel in request.get("InputDataConfig", [])
        if group in (_groups(channel) or [group])
    }
    _write(config / "hyperparameters.json", request.get("HyperParameters", {}))
    _write(config / "inputdataconfig.json", channels)
    for checkpoint in checkpoints(request):
        content = {"LocalPath": checkpoint.path, "S3Uri": checkpoint.uri}
        _write(config / "checkpointconfig.json", content)
    _write(config / "resourceconfig.json", _resources(cluster, host))
    _write(config / "trainingjobconfig.json", request)
    for name, member in _AS_REQUESTED.items():
        if member in request:
            _write(config / name, request[member])


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


def _resources(cluster: Cluster, host: str) -> dict[str, Any]:
    own = cluster.group_of(host)
    return {
        "current_group_name": own.name,
        "current_host": host,
        "current_instance_type": own.instance_type,
        "hosts": cluster.hosts,
        "instance_groups": [
            {
                "hosts": list(group.hosts),
                "instance_group_name": group.name,
                "instance_type": group.instance_type,
            }
            for group in cluster.groups
        ],
        "network_interface_name": _interface(),
        "topology": None,
    }


def _interface() -> str:
    # SageMaker's name for it; else the one that the hosts' addresses belong to, as libraries that
    # are told of an interface which is not there refuse to start.
    names = {name for _, name in socket.if_nameindex()}
    return _INTERFACE if _INTERFACE in names or _LOOPBACK not in names else _LOOPBACK


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


def _processing_config(arn: str, request: Mapping[str, Any]) -> dict[str, Any]:
    application = request["AppSpecification"]
    outputs = request.get("ProcessingOutputConfig", {})
    cluster = request["ProcessingResources"]["ClusterConfig"]
    stopping = request.get("StoppingCondition", {})
    return {
        "ProcessingJobArn": arn,
        "ProcessingJobName": request["ProcessingJobName"],
        "AppSpecification": {
            "ImageUri": application["ImageUri"],
            "ContainerEntrypoint": application.get("ContainerEntrypoint"),
            "ContainerArguments": application.get("ContainerArguments"),
        },
        "Environment": request.get("Environment", {}),
        "ProcessingInputs": [_input(one) for one in request.get("ProcessingInputs", [])],
        "ProcessingOutputConfig": {
            "Outputs": [_output(one) for one in outputs.get("Outputs", [])],
            "KmsKeyId": outputs.get("KmsKeyId"),
        },
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": cluster["InstanceCount"],
                "InstanceType": cluster["InstanceType"],
                "VolumeSizeInGB": cluster["VolumeSizeInGB"],
                "VolumeKmsKeyId": cluster.get("VolumeKmsKeyId"),
            }
        },
        "RoleArn": request["RoleArn"],
        "StoppingCondition": {"MaxRuntimeInSeconds": stopping.get("MaxRuntimeInSeconds", 86400)},
    }


def _input(one: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {
        "S3DataDistributionType": "FullyReplicated",
        "S3InputMode": "File",
        "S3CompressionType": "None",
        "S3DownloadMode": "StartOfJob",
    }
    return {"InputName": one["InputName"], "S3Input": {**defaults, **one.get("S3Input", {})}}


def _output(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"OutputName": one["OutputName"], "S3Output": one.get("S3Output")}
