"""The JSON files by which a container learns what it is to do.

Shapes: "How Amazon SageMaker AI Configures Input and Output For Your Processing Container" and "How
Amazon SageMaker AI Provides Training Information" of the developer guide, and what real containers
were seen to hold (the ``topology`` and ``instance_groups`` of ``resourceconfig.json``).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_GROUP = "homogeneousCluster"


def write_processing_files(
    ml: Path, arn: str, request: Mapping[str, Any], hosts: list[str], current_host: str
) -> None:
    """Write ``/opt/ml/config/*.json`` of a processing job.

    Args:
        ml: The container's ``/opt/ml`` on the host.
        arn: The job's.
        request: The create call's members.
        hosts: The names of all instances.
        current_host: The name of this one.
    """
    config = ml / "config"
    config.mkdir(parents=True)
    _write(config / "processingjobconfig.json", _processing_config(arn, request))
    instance_type = request["ProcessingResources"]["ClusterConfig"]["InstanceType"]
    _write(config / "resourceconfig.json", _resources(hosts, current_host, instance_type))


def write_training_files(
    ml: Path, request: Mapping[str, Any], hosts: list[str], current_host: str
) -> None:
    """Write ``/opt/ml/input/config/*.json`` of a training job; arguments as above."""
    config = ml / "input" / "config"
    config.mkdir(parents=True)
    default_mode = request["AlgorithmSpecification"]["TrainingInputMode"]
    channels = {
        channel["ChannelName"]: _channel(channel, default_mode)
        for channel in request.get("InputDataConfig", [])
    }
    instance_type = request["ResourceConfig"].get("InstanceType", "")
    _write(config / "hyperparameters.json", request.get("HyperParameters", {}))
    _write(config / "inputdataconfig.json", channels)
    _write(config / "resourceconfig.json", _resources(hosts, current_host, instance_type))


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


def _resources(hosts: list[str], current_host: str, instance_type: str) -> dict[str, Any]:
    group = {"hosts": hosts, "instance_group_name": _GROUP, "instance_type": instance_type}
    return {
        "current_group_name": _GROUP,
        "current_host": current_host,
        "current_instance_type": instance_type,
        "hosts": hosts,
        "instance_groups": [group],
        "network_interface_name": "eth0",
        "topology": None,
    }


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
