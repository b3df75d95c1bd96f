"""Where a training job's archives go."""

from collections.abc import Mapping
from typing import Any


def output_uri(request: Mapping[str, Any]) -> str:
    """Where a training job's archives go: ``<S3OutputPath>/<job>/output``."""
    path = str(request["OutputDataConfig"]["S3OutputPath"]).rstrip("/")
    return f"{path}/{request['TrainingJobName']}/output"


def model_uri(request: Mapping[str, Any]) -> str:
    """``ModelArtifacts.S3ModelArtifacts`` of a training job, known from its creation on."""
    return f"{output_uri(request)}/{'model.tar.gz' if packed(request) else 'model/'}"


def packed(request: Mapping[str, Any]) -> bool:
    """Whether the model goes into an archive."""
    return bool(request["OutputDataConfig"].get("CompressionType") != "NONE")
