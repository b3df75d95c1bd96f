"""The processors that the settings describe."""

from dagster_sagemaker import SKLearnProcessor
from ml_pipeline.settings import Settings


def sklearn_processor(settings: Settings) -> SKLearnProcessor:
    """What runs the processing jobs of this pipeline."""
    return SKLearnProcessor(
        region=settings.region,
        role_arn=settings.job_role_arn,
        instance_type=settings.processing_instance_type,
        max_runtime_seconds=settings.max_runtime_seconds,
    )
