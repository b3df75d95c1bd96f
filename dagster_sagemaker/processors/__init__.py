"""Processors: typed descriptions of processing jobs that build the request boto3 takes."""

from dagster_sagemaker.processors.framework import (
    FrameworkProcessor,
    PyTorchProcessor,
    TensorFlowProcessor,
)
from dagster_sagemaker.processors.script import ScriptProcessor, SKLearnProcessor
from dagster_sagemaker.processors.spark import PySparkProcessor

__all__ = [
    "FrameworkProcessor",
    "PySparkProcessor",
    "PyTorchProcessor",
    "SKLearnProcessor",
    "ScriptProcessor",
    "TensorFlowProcessor",
]
