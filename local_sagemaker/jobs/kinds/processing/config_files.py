"""The JSON files by which a processing container learns what it is to do.

Shape: "How Amazon SageMaker AI Configures Input and Output For Your Processing Container" of the
developer guide.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_sagemaker.jobs.cluster import Cluster
from local_sagemaker.jobs.kinds.resource_config import resource_config, write_json


def write_config_files(
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
    write_json(config / "processingjobconfig.json", _processing_config(arn, request, cluster))
    write_json(config / "resourceconfig.json", resource_config(cluster, host))


def _processing_config(arn: str, request: Mapping[str, Any], cluster: Cluster) -> dict[str, Any]:
    application = request["AppSpecification"]
    outputs = request.get("ProcessingOutputConfig", {})
    resources = request["ProcessingResources"]["ClusterConfig"]
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
                "InstanceCount": len(cluster.hosts),
                "InstanceType": cluster.groups[0].instance_type,
                "VolumeSizeInGB": resources["VolumeSizeInGB"],
                "VolumeKmsKeyId": resources.get("VolumeKmsKeyId"),
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
