"""Addresses of SageMaker's managed images: a dated table, and the function that reads it."""

from dagster_sagemaker.images.address import image_uri
from dagster_sagemaker.images.families import FAMILIES, Framework
from dagster_sagemaker.images.processors import check_processor

__all__ = ["FAMILIES", "Framework", "check_processor", "image_uri"]
