"""The processors that the settings describe."""

import shlex

from dagster_sagemaker import ScriptProcessor, SKLearnProcessor, image_uri
from ml_pipeline.settings import Settings


def sklearn_processor(settings: Settings) -> SKLearnProcessor:
    """What runs the processing jobs of this pipeline."""
    return SKLearnProcessor(
        region=settings.region,
        role_arn=settings.job_role_arn,
        instance_type=settings.processing_instance_type,
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
