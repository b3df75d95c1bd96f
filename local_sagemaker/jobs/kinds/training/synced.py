"""The directories of a training job that are kept in S3 while it runs."""

from collections.abc import Mapping
from typing import Any

from local_sagemaker.jobs.data.directory_sync import Synced

CHECKPOINTS = "/opt/ml/checkpoints"
"""Where a script finds and leaves checkpoints if the request does not say."""

TENSORBOARD = "/opt/ml/output/tensorboard"
"""Where a script leaves TensorBoard files, likewise; TensorBoard may read them meanwhile."""


def checkpoints(request: Mapping[str, Any]) -> list[Synced]:
    """The directory of a training job's checkpoints, if it has one."""
    config = request.get("CheckpointConfig")
    if config is None:
        return []
    path = config.get("LocalPath") or CHECKPOINTS
    return [Synced(path, config["S3Uri"], "CheckpointConfig.S3Uri", restored=True)]


def tensorboard(request: Mapping[str, Any]) -> list[Synced]:
    """The directory of a training job's TensorBoard files, if it has one.

    The objects lie where the SageMaker SDK's ``latest_job_tensorboard_artifacts_path`` says.
    """
    config = request.get("TensorBoardOutputConfig")
    if config is None:
        return []
    uri = f"{config['S3OutputPath'].rstrip('/')}/{request['TrainingJobName']}/tensorboard-output"
    path = config.get("LocalPath") or TENSORBOARD
    return [Synced(path, uri, "TensorBoardOutputConfig.S3OutputPath")]
