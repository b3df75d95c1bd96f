"""A training job's TensorBoard files, which TensorBoard may read while they are written."""

from collections.abc import Mapping
from typing import Any

from local_sagemaker.jobs.data.directory_sync import Synced

DEFAULT_PATH = "/opt/ml/output/tensorboard"
"""Where a script leaves them if the request does not say."""


def tensorboard(request: Mapping[str, Any]) -> list[Synced]:
    """The directory of a training job's TensorBoard files, if it has one.

    The objects lie where the SageMaker SDK's ``latest_job_tensorboard_artifacts_path`` says.
    """
    config = request.get("TensorBoardOutputConfig")
    if config is None:
        return []
    uri = f"{config['S3OutputPath'].rstrip('/')}/{request['TrainingJobName']}/tensorboard-output"
    path = config.get("LocalPath") or DEFAULT_PATH
    return [Synced(path, uri, "TensorBoardOutputConfig.S3OutputPath")]
