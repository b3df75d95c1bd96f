"""The processors that the settings describe."""

import shlex

from dagster_sagemaker import (
    PySparkProcessor,
    PyTorchProcessor,
    ScriptProcessor,
    SKLearnProcessor,
    TensorFlowProcessor,
    image_uri,
)
from ml_pipeline.settings import Settings


def sklearn_processor(settings: Settings) -> SKLearnProcessor:
    """What runs the processing jobs of this pipeline."""
    return SKLearnProcessor(
        region=settings.region,
        role_arn=settings.job_role_arn,
        instance_type=settings.processing_instance_type,
        max_runtime_seconds=settings.max_runtime_seconds,
    )


def spark_processor(settings: Settings) -> PySparkProcessor:
    """What runs a job on a Spark cluster of its own instances."""
    return PySparkProcessor(
        region=settings.region,
        role_arn=settings.job_role_arn,
        image_uri=settings.spark_image_uri or None,
        instance_type=settings.processing_instance_type,
        instance_count=settings.spark_instance_count,
        max_runtime_seconds=settings.max_runtime_seconds,
    )


def custom_processor(settings: Settings) -> ScriptProcessor:
    """What runs a job in the user's own image; without one, in AWS's for scikit-learn."""
    image = settings.custom_image_uri or image_uri(
        "sklearn", region=settings.region, version="1.4-2"
    )
    return ScriptProcessor(
        image_uri=image,
        command=tuple(shlex.split(settings.custom_command)),
        role_arn=settings.job_role_arn,
        instance_type=settings.processing_instance_type,
        max_runtime_seconds=settings.max_runtime_seconds,
    )


def pytorch_processor(settings: Settings) -> PyTorchProcessor:
    """What runs the job of ``image_features``; on a type with GPUs, in the image for them."""
    return PyTorchProcessor(
        framework_version="2.10",
        image_uri=settings.image_features_image_uri or None,
        region=settings.region,
        role_arn=settings.job_role_arn,
        instance_type=settings.image_features_instance_type,
        instance_count=settings.image_features_instance_count,
        max_runtime_seconds=settings.max_runtime_seconds,
    )


def tensorflow_processor(settings: Settings) -> TensorFlowProcessor:
    """What runs the job of ``text_sequences``."""
    return TensorFlowProcessor(
        framework_version="2.21",
        image_uri=settings.text_sequences_image_uri or None,
        region=settings.region,
        role_arn=settings.job_role_arn,
        instance_type=settings.text_sequences_instance_type,
        max_runtime_seconds=settings.max_runtime_seconds,
    )
